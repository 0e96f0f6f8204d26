"""`multiprocessing` in an application whose `sys.executable` is the application and not a Python.

Invariant: a helper process that `multiprocessing` starts (worker, fork server, resource tracker) runs as Python does;
no other process started with `sys.executable` is changed.
"""

from __future__ import annotations

import os
import sys

import _pydist_image

__all__ = ["install"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def install() -> None:
    """Mark the command lines of helper processes for the run time; called when `multiprocessing.util` is imported."""
    # Not above: whoever imports this module first would get here by way of that import, before `install` exists.
    from multiprocessing import util

    spawn = util.spawnv_passfds

    def spawnv_passfds(path: bytes, args: Sequence[Any], passfds: Sequence[int]) -> int:
        if os.fsdecode(path) == sys.executable:
            args = [args[0], _pydist_image.mark, *args[1:]]
        return spawn(path, args, passfds)

    util.spawnv_passfds = spawnv_passfds
