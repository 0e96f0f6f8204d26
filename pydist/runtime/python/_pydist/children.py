"""How `subprocess` starts children: with its own code, which calls the run time's functions (exec.c).

Invariant: nothing but `subprocess` itself imports this.
"""

from __future__ import annotations

__all__ = ["install"]


def install() -> None:
    """Called when `subprocess` is imported. glibc's posix_spawn() closes descriptors that the child is to inherit."""
    import subprocess

    subprocess._USE_POSIX_SPAWN = False  # type: ignore[attr-defined]
