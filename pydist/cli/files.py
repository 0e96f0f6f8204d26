"""Files that commands write beside their output on the terminal, or in its place.

Invariant: a file is there whole, or as it was before.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pydist.cli.options import STANDARD_OUTPUT
from pydist.errors import InputError

__all__ = ["write_whole"]


def write_whole(path: Path, data: bytes) -> None:
    """Write `path`, replacing what is there, or standard output. Raises `InputError` where that cannot be written."""
    if path == STANDARD_OUTPUT:
        sys.stdout.buffer.write(data)
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            fresh.write_bytes(data)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
