"""Distributions tested like a product: our own checks of one, and CPython's test-suite with known failures."""

from __future__ import annotations

from pydist.examine.checks import choose
from pydist.examine.examine import examine
from pydist.examine.report import Report

__all__ = ["Report", "choose", "examine"]
