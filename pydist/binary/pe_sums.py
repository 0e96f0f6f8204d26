"""Sums over a PE file: the checksum of its header, and the digest that a certificate is made for.

Invariant: a certificate is never trusted; what is told is whether it was made for these bytes.
Source: Microsoft's PE format specification, appendix A ("Calculating Authenticode PE Image Hash"); the checksum is the
one of ImageHlp's CheckSumMappedFile.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pydist.binary.pe_read import PeInvalid
from pydist.binary.span import Span

__all__ = ["PeSums"]

_CHECKSUM = 64  # in the optional header of both sizes
_DIRECTORIES = {0x10B: 96, 0x20B: 112}
_CERTIFICATES = 4
_PIECE = 1 << 20
_ALGORITHMS = ("sha256", "sha1", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class PeSums:
    """Sums over the file that `span` is, whose headers `pydist.binary.pe` has read. Places and sizes in bytes."""

    span: Span
    checksum_at: int
    directory_at: int
    table: tuple[int, int]

    @classmethod
    def of(cls, data: bytes | memoryview) -> PeSums:
        """Raises `PeInvalid`."""
        span = Span.of(data, PeInvalid)
        (start,) = span.unpack(struct.Struct("<I"), 60, "the place of the PE header")
        optional = start + 24
        (magic,) = span.unpack(struct.Struct("<H"), optional, "the optional header")
        if magic not in _DIRECTORIES:
            raise PeInvalid(f"an optional header with magic {magic:#x}")
        counted = optional + _DIRECTORIES[magic]
        (directories,) = span.unpack(struct.Struct("<I"), counted - 4, "the optional header")
        place = counted + 8 * _CERTIFICATES
        there = directories > _CERTIFICATES
        at, size = span.unpack(struct.Struct("<II"), place, "the certificate table") if there else (0, 0)
        span.part(at, size, "the certificate table")
        return cls(span, optional + _CHECKSUM, place, (at, size))

    def checksum(self) -> int:
        """What the header's checksum should be."""
        total, size = 0, len(self.span)
        # Parts start at even places only: the checksum's own place is even in every file that linkers make.
        for start, end in ((0, self.checksum_at), (self.checksum_at + 4, size)):
            for at in range(start, end, _PIECE):
                piece = bytes(self.span.view[at : min(at + _PIECE, end)])
                piece += b"\0" * (len(piece) & 1)
                total += sum(struct.unpack(f"<{len(piece) // 2}H", piece))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        return total + size & 0xFFFFFFFF

    def certified(self) -> bool:
        """Whether a certificate holds the digest of the file, which it does as long as no byte was changed."""
        place, size = self.table
        if not size:
            return False
        certificates = self.span.bytes_at(place, size, "the certificate table")
        return any(self._digest(name) in certificates for name in _ALGORITHMS)

    def _digest(self, algorithm: str) -> bytes:
        made = hashlib.new(algorithm, usedforsecurity=False)
        for start, end in self._signed():
            made.update(self.span.view[start:end])
        return made.digest()

    def _signed(self) -> Iterator[tuple[int, int]]:
        """The parts that are signed: all but the checksum, the place of the certificates, and themselves."""
        yield 0, self.checksum_at
        yield self.checksum_at + 4, self.directory_at
        yield self.directory_at + 8, self.table[0]
        yield self.table[0] + self.table[1], len(self.span)
