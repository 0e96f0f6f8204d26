"""Packages of the standard library that hold only tests."""

from __future__ import annotations

from pathlib import Path

__all__ = ["packages_of_tests"]

_FOLDERS = ("test", "tests", "idle_test")


def packages_of_tests(stdlib: Path) -> list[str]:
    """The dotted names of the outermost packages below `stdlib` with names of tests, those of others left out."""
    names = []
    for path in stdlib.rglob("__init__.py"):
        parts = path.parent.relative_to(stdlib).parts
        if parts and parts[-1] in _FOLDERS and not set(_FOLDERS) & set(parts[:-1]):
            names.append(".".join(parts))
    return sorted(name for name in names if not name.startswith(("site-packages", "dist-packages")))
