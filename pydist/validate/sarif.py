"""Reports as SARIF 2.1.0 (OASIS standard), which code hosts and editors show.

Invariant: the document has nothing of this machine but the inputs as they were given, and the same reports give the
same document.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pydist
from pydist.validate.report import Finding, Report, Waived
from pydist.validate.rules import Rule, Severity, load_rules

__all__ = ["sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def sarif(reports: Sequence[Report]) -> dict[str, Any]:
    """One run with a result for each finding of all reports. Waived ones are suppressed, with the reason."""
    rules = list(load_rules().values())
    numbers = {rule.id: number for number, rule in enumerate(rules)}
    results = [
        _result(report.input, finding, numbers[finding.rule], waived)
        for report in reports
        for finding, waived in (*((item, None) for item in report.findings),
                                *((item.finding, item) for item in report.waived))
    ]  # fmt: skip
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "pydist validate",
                        "semanticVersion": pydist.__version__,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "artifacts": [{"location": {"uri": _uri(report.input)}} for report in reports],
                "invocations": [_invocation(reports)],
                "results": results,
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.meaning},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.family]},
    }


def _result(source: str, finding: Finding, number: int, waived: Waived | None) -> dict[str, Any]:
    where = f"{finding.where}: " if finding.where else ""
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{where}{finding.message}. {finding.fix}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _uri(source)}},
                # A key of the manifest, or a file in the archive: neither has a line of text.
                **({"logicalLocations": [{"fullyQualifiedName": finding.where}]} if finding.where else {}),
            }
        ],
        # Not the message: numbers in it change where the fault does not.
        "partialFingerprints": {"pydistFinding/v1": f"{finding.rule}|{finding.where}"},
    }
    if waived is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": waived.reason}]
    return result


def _invocation(reports: Sequence[Report]) -> dict[str, Any]:
    unreadable = [report for report in reports if report.verdict == "unreadable"]
    return {
        "executionSuccessful": not unreadable,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": report.error or "cannot be opened"},
             "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(report.input)}}}]}
            for report in unreadable
        ],
    }  # fmt: skip


def _uri(path: str) -> str:
    """A path as a relative or absolute URI reference (RFC 3986)."""
    return quote(path, safe="/+~@,=:", errors="surrogateescape") if not path.startswith("/") else "file://" + quote(
        path, safe="/+~@,=:", errors="surrogateescape"
    )  # fmt: skip
