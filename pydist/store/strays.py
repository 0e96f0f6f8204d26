"""Processes that outlived the one that started them.

A builder killed with SIGKILL cannot end its children; those that no guard ends (`build.host_box`) go on writing into
its work folder. Whoever takes the work over (and so holds the lock) ends them first, by process id. They are
recognised by a variable in their environment that only builders set; a shell that somebody left there is none of them.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

__all__ = ["MARK", "end_strays"]

MARK = "PYDIST_WORK"
"""The variable: the folder that a process works in."""

_PATIENCE = 10.0  # seconds that the kernel may take to let killed processes go


def end_strays(folder: Path) -> None:
    """End every process, except this one, that was started to work in or below `folder`. Linux only, else nothing."""
    if not folder.is_dir() or not Path("/proc/self/environ").exists():
        return
    deadline = time.monotonic() + _PATIENCE
    looks_without = 0
    # Twice: a process that is just being started shows an empty environment for a moment (execve fills it in late).
    while looks_without < 2 and time.monotonic() < deadline:
        strays = _working_in(folder.resolve())
        looks_without = 0 if strays else looks_without + 1
        for process in strays:
            try:
                os.kill(process, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        time.sleep(0.05)


def _working_in(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        for variable in environment.split(b"\0"):
            name, _, value = variable.partition(b"=")
            if name == MARK.encode() and Path(os.fsdecode(value)).resolve().is_relative_to(folder):
                found.append(int(entry.name))
    return found
