"""Judge distributions: facts, rules, findings, a report."""

from pydist.validate.judge import look, validate
from pydist.validate.report import Finding, Report
from pydist.validate.rules import choose

__all__ = ["Finding", "Report", "choose", "look", "validate"]
