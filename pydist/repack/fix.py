"""Stub."""

from pathlib import Path

__all__ = ["fix"]


def fix(root: Path) -> tuple[str, ...]:
    """Nothing yet."""
    return ()
