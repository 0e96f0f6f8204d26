"""The files of a Debian package: the `data.tar` inside its `ar` archive.

Invariant: what is handed over lies inside the package file; the control part (scripts that a package manager would run)
is never looked at. Source: deb(5), format 2.0.
"""

from __future__ import annotations

import io
import mmap
from typing import BinaryIO

from pydist.binary.ar import ArInvalid, members

__all__ = ["MAGIC", "DebBroken", "data_of"]

MAGIC = b"!<arch>\n"
_VERSION = "debian-binary"
_DATA = ("data.tar", "data.tar.gz", "data.tar.xz", "data.tar.zst")


class DebBroken(Exception):
    """An `ar` archive that is no Debian package. Internal: `pydist.archive.source` adds the file's name."""


def data_of(file: BinaryIO) -> BinaryIO:
    """The tar of the package's files, as a stream that can seek. Raises `DebBroken`."""
    # Mapped, not read: packages of compilers are large. The map lives as long as the view of it.
    view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        parts = list(members(view))
    except ArInvalid as error:
        raise DebBroken(str(error)) from error
    if not parts or parts[0][0] != _VERSION or not bytes(parts[0][1][:2]) == b"2.":
        raise DebBroken(f"an ar archive, but no Debian package: expected {_VERSION} 2.x as its first member")
    data = [content for name, content in parts if name in _DATA]
    if len(data) != 1:
        raise DebBroken(f"a Debian package with {len(data)} members data.tar, expected one of {', '.join(_DATA)}")
    return io.BufferedReader(_View(data[0]))


class _View(io.RawIOBase):
    """A memory view as a file."""

    def __init__(self, view: memoryview) -> None:
        super().__init__()
        self._view, self._at = view, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence]
        return self._at

    def readinto(self, buffer: object) -> int:
        target = memoryview(buffer)  # type: ignore[arg-type]  # typeshed calls it WriteableBuffer, not importable
        data = self._view[self._at : self._at + len(target)]
        target[: len(data)] = data
        self._at += len(data)
        return len(data)
