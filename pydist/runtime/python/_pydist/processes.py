"""`multiprocessing` in an application whose `sys.executable` is the application and not a Python.

Invariant: a helper process that `multiprocessing` starts (worker, fork server, resource tracker) runs as Python does;
no other process started with `sys.executable` is changed, and no argument alone makes one of it.
"""

from __future__ import annotations

import fcntl
import os
import sys

import _pydist_image

__all__ = ["install"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def _token() -> int:
    """Sealed memory with the mark in it, what the run time asks of a helper; its descriptor is no standard stream."""
    memory = os.memfd_create("pydist", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.write(memory, _pydist_image.mark.encode())
        seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, seals)
        return fcntl.fcntl(memory, fcntl.F_DUPFD_CLOEXEC, 3)
    finally:
        os.close(memory)


def install() -> None:
    """Mark the command lines of helper processes for the run time; called when `multiprocessing.util` is imported."""
    # Not above: whoever imports this module first would get here by way of that import, before `install` exists.
    from multiprocessing import util

    spawn = util.spawnv_passfds

    def spawnv_passfds(path: bytes, args: Sequence[Any], passfds: Sequence[int]) -> int:
        if os.fsdecode(path) != sys.executable:
            return spawn(path, args, passfds)
        token = _token()
        try:
            return spawn(path, [args[0], f"{_pydist_image.mark}:{token}", *args[1:]], [*passfds, token])
        finally:
            os.close(token)

    util.spawnv_passfds = spawnv_passfds
