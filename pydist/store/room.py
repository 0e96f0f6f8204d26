"""How much room files take, and when they were last used.

Others may be at work in the same folders: what goes away meanwhile does not count.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

__all__ = ["room"]


def room(root: Path) -> tuple[int, float]:
    """Bytes of all files below `root` (or of that file), and when the newest of them or of the folders was used."""
    size, newest = 0, 0.0
    with contextlib.suppress(OSError):
        facts = root.lstat()
        if not stat.S_ISDIR(facts.st_mode):
            return facts.st_size, _used(facts)
        newest = facts.st_mtime
    # Entries and plain strings: with paths, the 270,000 files of a compiler's cache took twice as long.
    waiting = [str(root)]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    facts = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                        newest = max(newest, facts.st_mtime)
                    else:
                        size, newest = size + facts.st_size, max(newest, _used(facts))
    return size, newest


def _used(facts: os.stat_result) -> float:
    # Reading a file is using it, where the file system notes that.
    return max(facts.st_mtime, facts.st_atime)
