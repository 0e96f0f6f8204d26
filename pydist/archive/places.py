"""Folders that are written to: the private one for the meantime, and the one that a result is to be in.

Invariant: what the operating system refuses in them becomes an error that names the place and what to do.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydist.errors import EnvironmentLacking, InputError

__all__ = ["check_writable", "working_folder"]


@contextmanager
def working_folder(purpose: str) -> Iterator[Path]:
    """A folder of our own that is gone after the block.

    Raises `EnvironmentLacking` where it cannot be made, or nothing can be written any more, and `InputError` for what
    else could not be read or written in the block.
    """
    folder = None
    try:
        with tempfile.TemporaryDirectory(prefix=f"pydist-{purpose}-", ignore_cleanup_errors=True) as made:
            folder = Path(made).resolve()
            yield folder
    except BrokenPipeError:
        raise  # the terminal's, who knows what to do
    except OSError as error:
        reason = error.strerror or error
        # A disk that becomes full while a file is written says no name.
        if folder is None or error.filename is None or Path(os.fsdecode(error.filename)).is_relative_to(folder):
            where = error.filename or folder or "no folder for the meantime"
            raise EnvironmentLacking(f"{where}: {reason}; TMPDIR names another folder to work in") from error
        raise InputError(f"{error.filename}: {reason}") from error


def check_writable(folder: Path, option: str) -> None:
    """Find out that `folder` can be written to, or made; nothing stays of it.

    Raises `InputError`, which says that `option` names another one.
    """
    there = next(item for item in (folder, *folder.parents) if os.path.lexists(item))
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}; name another with {option}") from error
