"""Decompression that cannot be surprised: bounded pieces, every frame complete, every checksum read.

Invariant: `Inflated.read` never holds more than one piece beyond what was asked for; a piece is bounded by the size
of the input chunk times the format's largest expansion.
"""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Protocol

__all__ = ["Inflated", "Limits", "StreamBroken"]

_WINDOW = 128 << 20  # what `zstd` itself accepts without a flag, and its level 22 uses; xz -9 takes 64 MiB
_LZMA_MEMORY = _WINDOW + (4 << 20)  # with what liblzma needs besides its dictionary
_RATIO_FROM = 256 << 20  # below this much output nobody is harmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an archive may hold: number of entries, bytes in all, bytes of one member, output per input byte."""

    entries: int = 200_000
    total: int = 8 << 30
    member: int = 2 << 30
    ratio: int = 200

    def unpacked(self, packed: int) -> int:
        """Bytes that an archive of `packed` bytes may fill on disk, where every hard link is a copy."""
        return min(self.total, max(_RATIO_FROM, packed * self.ratio))


class StreamBroken(Exception):
    """The compressed bytes are damaged or a bomb. Internal: `pydist.archive.source` adds the file's name."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Format:
    name: str
    magics: tuple[bytes, ...]
    chunk: int  # input bytes at a time: times the format's largest expansion stays below 70 MiB
    maker: Callable[[], _Make]  # for one file: what makes the engine of each of its frames


_Make = Callable[[], _Decompressor]


def _zstd() -> _Make:
    import zstandard

    # One for all frames: with a new one for each, a million empty frames would take a minute instead of a second.
    make: _Make = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj
    return make


def _gzip() -> _Make:
    return partial(zlib.decompressobj, 31)


def _xz() -> _Make:
    return partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY)


# RFC 8878, 3.1.2: pzstd begins its files with a frame to be skipped.
_SKIPPED = tuple(bytes([number]) + b"\x2a\x4d\x18" for number in range(0x50, 0x60))
_FORMATS = (
    _Format("zst", (b"\x28\xb5\x2f\xfd", *_SKIPPED), 2 << 10, _zstd),
    _Format("gz", (b"\x1f\x8b\x08",), 64 << 10, _gzip),
    _Format("xz", (b"\xfd7zXZ\0",), 4 << 10, _xz),
)


class Inflated:
    """The decompressed bytes of a file, or the file's own bytes when it is not compressed. Raises `StreamBroken`."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        head = file.read(8)
        file.seek(0)
        self._file = file
        self._limits = limits
        self._packed = next(((item, item.maker()) for item in _FORMATS if head.startswith(item.magics)), None)
        self._engine: _Decompressor | None = None
        self._held, self._at = b"", 0
        self._input = b""
        self._in = self._out = 0

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end of the stream."""
        pieces: list[bytes] = []
        while size:
            if self._at == len(self._held):
                self._held, self._at = self._more(size), 0
                if not self._held:
                    break
            piece = self._held[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def drain(self) -> None:
        """Read to the end, so that the last checksum is verified; there is nothing but padding any more."""
        while data := self.read(1 << 20):
            if data.count(0) != len(data):
                raise StreamBroken("more than padding behind the end mark, where some readers find further members")

    def _more(self, wanted: int) -> bytes:
        data = self._file.read(min(wanted, 1 << 20)) if self._packed is None else self._inflate(*self._packed)
        self._out += len(data)
        if self._out > self._limits.total:
            raise StreamBroken(f"more than {self._limits.total:,} bytes of content")
        if self._packed and self._out > _RATIO_FROM and self._out > self._in * self._limits.ratio:
            raise StreamBroken(f"expands more than {self._limits.ratio} times ({self._in:,} to {self._out:,} bytes)")
        return data

    def _inflate(self, form: _Format, make: _Make) -> bytes:
        while True:
            chunk = self._input or self._file.read(form.chunk)
            self._input = b""
            if not chunk:
                if self._engine is not None:
                    raise StreamBroken(f"truncated .{form.name} stream after {self._in:,} bytes")
                return b""
            if self._engine is None:
                # Zero bytes between or after streams are padding (xz by its format, gzip by custom).
                chunk = chunk.lstrip(b"\0")
                if not chunk:
                    continue
                self._engine = make()
            data = self._feed(form, self._engine, chunk)
            if data:
                return data

    def _feed(self, form: _Format, engine: _Decompressor, chunk: bytes) -> bytes:
        try:
            data = engine.decompress(chunk)
        except Exception as error:
            # zlib.error, lzma.LZMAError and zstandard.ZstdError have no common base but this one.
            if isinstance(error, MemoryError) or "memory" in str(error).lower():
                raise StreamBroken(f"the .{form.name} stream needs more memory than {_WINDOW >> 20} MiB") from None
            raise StreamBroken(f"damaged .{form.name} stream near byte {self._in:,}: {error}") from error
        self._in += len(chunk)
        if engine.eof:
            self._input = engine.unused_data
            self._in -= len(self._input)
            self._engine = None
        return data
