"""Stub and image become one executable file.

Invariant: the output appears complete under its name or not at all, and its bytes depend on stub and image only.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from pydist.binary.elf_edit import with_segment
from pydist.errors import InputError
from pydist.link.image import ImageLayout, ImageSpec
from pydist.link.image_write import write
from pydist.link.stub import NOTE

__all__ = ["Finished", "finish"]

_PAGE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The written file: sizes in bytes."""

    path: Path
    size: int
    stub_size: int
    layout: ImageLayout


def finish(stub: Path, spec: ImageSpec, output: Path) -> Finished:
    """Write `stub` with the image of `spec` to `output`, which is replaced when it is there.

    Raises `InputError` when the output cannot be written.
    """
    program = stub.read_bytes()
    start = -(-len(program) // _PAGE) * _PAGE
    fresh = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("xb") as file:
            # The program header needs the image's size, which is known when the image has been written.
            file.seek(start)
            layout = write(spec, file)
            edited = with_segment(program, layout.size, NOTE).data
            file.seek(0)
            file.write(edited)
            os.fchmod(file.fileno(), 0o777 & ~_umask())
        fresh.replace(output)
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):  # it is not there when all went well
            fresh.unlink()
    return Finished(path=output, size=start + layout.size, stub_size=len(program), layout=layout)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
