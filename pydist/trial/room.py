"""A folder for what is unpacked and tried out, and whose fault it is when nothing can be written there.

Invariant: a temporary folder that is missing, full or read-only is told apart from a distribution that cannot be
unpacked: it says nothing about the distribution.
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

__all__ = ["is_lack_of_room", "room"]

# EFBIG: larger than `ulimit -f` allows.
_LACKING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})


@contextmanager
def room(prefix: str) -> Iterator[Path]:
    """A temporary folder whose name begins with `prefix`; it is gone afterwards. Raises `EnvironmentLacking` when it
    cannot be made, or when what is done with it fails because nothing more can be written."""
    try:
        folder = tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)
    except OSError as error:
        raise _lacking(error) from error
    with folder:
        try:
            yield Path(folder.name).resolve()
        except (InputError, OSError) as error:
            if not is_lack_of_room(error):
                raise
            raise _lacking(error) from error


def is_lack_of_room(error: BaseException | None) -> bool:
    """Whether `error`, or what it was raised from, says that nothing more can be written."""
    if isinstance(error, shutil.Error):  # copytree collects what it met, as texts
        return any(os.strerror(number) in str(error) for number in _LACKING)
    if isinstance(error, OSError):
        return error.errno in _LACKING
    return isinstance(error, InputError) and is_lack_of_room(error.__cause__)


def _lacking(error: Exception) -> EnvironmentLacking:
    return EnvironmentLacking(f"no room for temporary files: {error}; set TMPDIR to a folder that can be written to")
