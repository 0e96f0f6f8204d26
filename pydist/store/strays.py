"""Processes that outlived the one that started them.

A builder killed with SIGKILL cannot end its children; they go on writing into its work folder. Whoever takes the work
over (and so holds the lock) ends them first, by process id, recognised by where they work.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

__all__ = ["end_strays"]

_PATIENCE = 10.0  # seconds that the kernel may take to let killed processes go


def end_strays(folder: Path) -> None:
    """End every process whose working directory is `folder` or below it, except this one. Linux only, else nothing."""
    if not folder.is_dir() or not Path("/proc/self/cwd").exists():
        return
    deadline = time.monotonic() + _PATIENCE
    while strays := _working_in(folder):
        for process in strays:
            try:
                os.kill(process, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)


def _working_in(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            working = (entry / "cwd").readlink()
            state = (entry / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z" and working.is_relative_to(folder):
            found.append(int(entry.name))
    return found
