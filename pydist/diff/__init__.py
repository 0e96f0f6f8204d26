"""What differs between two distributions."""

from pydist.diff.diff import diff
from pydist.diff.report import DiffReport

__all__ = ["DiffReport", "diff"]
