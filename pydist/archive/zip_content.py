"""The bytes of one member of a zip archive, held against what the directory says of them.

Invariant: never more than a piece beyond what was asked for is in memory; whoever reads to the end knows that size and
checksum are right.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import BinaryIO

from pydist.archive.zip import ZipBroken, ZipMember

__all__ = ["ZipContent"]

_PIECE = 64 << 10


class ZipContent(io.RawIOBase):
    """The content of `member`; `broken` makes the error that is raised while reading."""

    def __init__(self, file: BinaryIO, member: ZipMember, broken: Callable[[Exception], Exception]) -> None:
        super().__init__()
        self._file, self._member, self._broken = file, member, broken
        self._at, self._packed, self._left = member.start, member.packed, member.size
        self._crc, self._held = 0, b""
        self._engine = zlib.decompressobj(-zlib.MAX_WBITS) if member.deflated else None
        self._ended = False

    def buffered(self) -> BinaryIO:
        """A stream that reads it in larger pieces."""
        return io.BufferedReader(self, 256 << 10)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer, /) -> int:  # type: ignore[no-untyped-def]  # typeshed's WriteableBuffer is no real name
        view = memoryview(buffer)
        data = self._take(len(view))
        view[: len(data)] = data
        return len(data)

    def skip(self) -> None:
        """Read what is left, so that size and checksum are verified."""
        while self._take(1 << 20):
            pass

    def _take(self, wanted: int) -> bytes:
        try:
            data = self._more(min(wanted, self._left) if self._left else 1)
        except (ZipBroken, OSError, zlib.error) as error:
            raise self._broken(error) from error
        self._left -= len(data)
        self._crc = zlib.crc32(data, self._crc)
        if not data and not self._ended:
            self._ended = True
            if self._left or self._crc != self._member.crc:
                raise self._broken(self._fault("has another size or checksum than the directory says"))
        return data

    def _more(self, wanted: int) -> bytes:
        if self._engine is None:
            return self._input(wanted)
        while not self._engine.eof:
            given = self._held or self._input(_PIECE)
            data = self._engine.decompress(given, wanted)
            self._held = self._engine.unconsumed_tail
            if len(data) > self._left:
                raise self._fault("is longer than the directory says")
            if data:
                return data
            if not given and not self._engine.eof:
                raise self._fault("ends inside its compressed data")
        if self._engine.unused_data or self._packed:
            raise self._fault("has bytes behind its compressed data")
        return b""

    def _input(self, wanted: int) -> bytes:
        size = min(wanted, self._packed)
        if not size:
            return b""
        self._file.seek(self._at)  # in case that someone else reads the same file
        data = self._file.read(size)
        if len(data) < size:
            raise self._fault("is truncated")
        self._at += size
        self._packed -= size
        return data

    def _fault(self, text: str) -> ZipBroken:
        return ZipBroken(f"{self._member.entry.path[:100]!a} {text}")
