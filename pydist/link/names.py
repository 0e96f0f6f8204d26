"""Names of packages."""

from __future__ import annotations

import re

__all__ = ["normalise"]


def normalise(name: str) -> str:
    """A package name as PEP 503 compares it.

    >>> normalise("Foo.Bar__baz")
    'foo-bar-baz'
    """
    return re.sub(r"[-_.]+", "-", name).lower()
