"""Stub and image become one executable file.

Invariant: the output appears complete under its name or not at all, and its bytes depend on stub and image only.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydist.binary.elf_edit import with_segment
from pydist.errors import InputError
from pydist.link.image import ImageLayout, ImageSpec
from pydist.link.image_write import write
from pydist.link.relink import NOTE

__all__ = ["Finished", "finish", "place_of"]

_PAGE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The written file: sizes in bytes."""

    path: Path
    size: int
    stub_size: int
    layout: ImageLayout


def place_of(output: Path) -> Path:
    """Where the file `output` is written: behind its links. Raises `InputError` for what is there and no plain file.

    A device, a pipe or a folder of that name is the user's, and a rename onto it would replace it.
    """
    try:
        place = Path(os.path.realpath(output))
        if output.is_symlink() and place.is_symlink():
            raise InputError(f"{output} is a link that leads to itself; name another file with -o FILE")
        mode = place.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return place
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        raise InputError(f"{output} is a folder; name the file to write with -o FILE")
    if not stat.S_ISREG(mode):
        raise InputError(f"{output} is there and is not a plain file; name another file with -o FILE")
    return place


def finish(stub: Path, spec: ImageSpec, output: Path) -> Finished:
    """Write `stub` with the image of `spec` to `output`; a plain file that is there, also behind a link, is replaced.

    Raises `InputError` when the output cannot be written.
    """
    program = stub.read_bytes()
    start = -(-len(program) // _PAGE) * _PAGE
    place = place_of(output)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _fresh_beside(place) as file:
            # The program header needs the image's size, which is known when the image has been written.
            file.seek(start)
            layout = write(spec, file)
            edited = with_segment(program, layout.size, NOTE).data
            file.seek(0)
            file.write(edited)
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}") from None
    return Finished(path=output, size=start + layout.size, stub_size=len(program), layout=layout)


@contextlib.contextmanager
def _fresh_beside(place: Path) -> Iterator[BinaryIO]:
    """A new file that takes the name `place` when the block ends well, and is removed when not."""
    fresh = place.with_name(f".pydist-{secrets.token_hex(8)}")
    # Created with its final mode: so the kernel applies the umask, and nobody has to change it to know it.
    with os.fdopen(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o777), "w+b") as file:
        try:
            yield file
            file.flush()
            fresh.replace(place)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
