"""A distribution made of an installed CPython that has none: its files, collected, and a manifest that was measured."""

from pydist.adopt.adopt import Request, adopt
from pydist.adopt.report import AdoptReport

__all__ = ["AdoptReport", "Request", "adopt"]
