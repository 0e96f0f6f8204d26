"""Folders that are written to: the private one for the meantime, and the one that a result is to be in.

Invariant: what the operating system refuses in them becomes an error that names the place and what to do. A
temporary folder that is missing, full or read-only is the machine's lack, and says nothing about what was to be in it.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydist.errors import EnvironmentLacking, InputError

__all__ = ["check_writable", "is_lack_of_room", "working_folder"]

# EFBIG: larger than `ulimit -f` allows.
_LACKING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})


@contextmanager
def working_folder(purpose: str) -> Iterator[Path]:
    """A folder of our own, named after `purpose`, that is gone after the block.

    Raises `EnvironmentLacking` where it cannot be made, or when what is done in the block fails because nothing more
    can be written there, and `InputError` for files elsewhere that could not be read or written.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix=f"pydist-{purpose}-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _lacking(error) from error
    with made:
        folder = Path(made.name).resolve()
        try:
            yield folder
        except (InputError, OSError) as error:
            elsewhere = _names_another(error, folder)
            if is_lack_of_room(error) and not elsewhere:
                raise _lacking(error) from error
            if isinstance(error, OSError) and elsewhere:
                raise InputError(f"{os.fsdecode(error.filename)}: {error.strerror or error}") from error
            raise


def is_lack_of_room(error: BaseException) -> bool:
    """Whether `error`, or what it was raised from, says that nothing more can be written."""
    refusal = _refusal(error)
    if isinstance(refusal, shutil.Error):  # copytree collects what it met, as texts
        return any(os.strerror(number) in str(refusal) for number in _LACKING)
    return refusal is not None and refusal.errno in _LACKING


def _refusal(error: BaseException | None) -> OSError | None:
    """What the operating system said that became `error`."""
    while isinstance(error, InputError) and error.__cause__ is not error:  # it is where one was raised again
        error = error.__cause__
    return error if isinstance(error, OSError) else None


def _names_another(error: BaseException, folder: Path) -> bool:
    """Whether a file is named that is not in `folder`. A disk that becomes full while a file is written names none."""
    name = getattr(_refusal(error), "filename", None)
    return isinstance(name, (str, bytes)) and not Path(os.fsdecode(name)).is_relative_to(folder)


def _lacking(error: Exception) -> EnvironmentLacking:
    return EnvironmentLacking(f"no room for temporary files: {error}; TMPDIR names another folder to work in")


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
