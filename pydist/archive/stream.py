"""Decompression that cannot be surprised: bounded pieces, every frame complete, every checksum read.

Invariant: `Inflated.read` never holds more than one piece beyond what was asked for; a piece is bounded by the size
of the input chunk times the format's largest expansion.
"""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

__all__ = ["Inflated", "Limits", "StreamBroken", "compression_of"]

_LZMA_MEMORY = 512 << 20  # xz -9 needs 65 MiB
_ZSTD_WINDOW = 1 << 27  # what `zstd` itself accepts without a flag; level 22 uses exactly this
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
    magic: bytes
    chunk: int  # input bytes at a time: times the format's largest expansion stays below 70 MiB
    make: Callable[[], _Decompressor]


def _zstd() -> _Decompressor:
    import zstandard

    made: _Decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
    return made


_FORMATS = (
    _Format("zst", b"\x28\xb5\x2f\xfd", 2 << 10, _zstd),
    _Format("gz", b"\x1f\x8b\x08", 64 << 10, lambda: zlib.decompressobj(31)),
    _Format("xz", b"\xfd7zXZ\0", 4 << 10, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY)),
)


def compression_of(head: bytes) -> str | None:
    """`zst`, `gz` or `xz` by the first bytes, None for anything else."""
    return next((item.name for item in _FORMATS if head.startswith(item.magic)), None)


class Inflated:
    """The decompressed bytes of a file, or the file's own bytes when it is not compressed. Raises `StreamBroken`."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        head = file.read(8)
        file.seek(0)
        self._file = file
        self._limits = limits
        self._format = next((item for item in _FORMATS if head.startswith(item.magic)), None)
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
        """Read to the end, so that the last checksum is verified."""
        self._held, self._at = b"", 0
        while self._more(1 << 20):
            pass

    def _more(self, wanted: int) -> bytes:
        data = self._file.read(min(wanted, 1 << 20)) if self._format is None else self._inflate(self._format)
        self._out += len(data)
        if self._out > self._limits.total:
            raise StreamBroken(f"more than {self._limits.total:,} bytes of content")
        if self._format and self._out > _RATIO_FROM and self._out > self._in * self._limits.ratio:
            raise StreamBroken(f"expands more than {self._limits.ratio} times ({self._in:,} to {self._out:,} bytes)")
        return data

    def _inflate(self, form: _Format) -> bytes:
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
                self._engine = form.make()
            data = self._feed(form, self._engine, chunk)
            if data:
                return data

    def _feed(self, form: _Format, engine: _Decompressor, chunk: bytes) -> bytes:
        try:
            data = engine.decompress(chunk)
        except MemoryError:
            raise StreamBroken(f"the .{form.name} stream needs too much memory") from None
        except Exception as error:
            # zlib.error, lzma.LZMAError and zstandard.ZstdError have no common base but this one.
            raise StreamBroken(f"damaged .{form.name} stream near byte {self._in:,}: {error}") from error
        self._in += len(chunk)
        if engine.eof:
            self._input = engine.unused_data
            self._in -= len(self._input)
            self._engine = None
        return data
