"""What tells whether a PDB, Windows' file of debugging information, belongs to a program.

Invariant: `PdbFile.parse` returns facts or raises `PdbInvalid`; nothing but the header, the directory's beginning and
one block is read, however big the file is.
Source: LLVM, docs/PDB/MsfFile.rst and docs/PDB/PdbStream.rst (the format of Microsoft's microsoft-pdb repository).
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass

from pydist.binary.span import Span
from pydist.errors import InputError

__all__ = ["PDB_MAGIC", "PdbFile", "PdbInvalid"]

PDB_MAGIC = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0"
_SUPER_BLOCK = struct.Struct("<IIIIII")
_NUMBER = struct.Struct("<I")
_IDENTITY = struct.Struct("<III16s")
_BLOCKS = (512, 1024, 2048, 4096, 8192, 16384, 32768)
_STREAMS = 1 << 17  # two for each object file of a program, some thousand in a real one
_INFO = 1  # the stream with the identity
_GONE = 0xFFFFFFFF


class PdbInvalid(InputError):
    """The bytes are not a well-formed PDB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdbFile:
    """`guid` is that of the program it was made with (`Pe.debug.pdb.guid`); `age` counts its changes."""

    guid: str
    age: int
    timestamp: int

    @classmethod
    def parse(cls, data: bytes | memoryview) -> PdbFile:
        """Read the facts. Raises `PdbInvalid`."""
        span = Span.of(data, PdbInvalid)
        if bytes(span.view[: len(PDB_MAGIC)]) != PDB_MAGIC:
            raise PdbInvalid("not a PDB of format 7.00")
        size, _, _, length, _, map_at = span.unpack(_SUPER_BLOCK, len(PDB_MAGIC), "the super block")
        if size not in _BLOCKS:
            raise PdbInvalid(f"a PDB of blocks of {size:,} bytes")
        directory = _Directory(span, size, span.part(map_at * size, -(-length // size) * 4, "the directory's blocks"))
        count = directory.number(0)
        if not _INFO < count <= _STREAMS:
            raise PdbInvalid(f"a PDB of {count:,} streams")
        # Behind the number of streams stand their sizes, then the blocks of the first, of the second, ...
        before = [directory.number(1 + stream) for stream in range(_INFO)]
        skipped = sum(-(-item // size) for item in before if item != _GONE)
        block = directory.number(1 + count + skipped)
        _, timestamp, age, guid = span.unpack(_IDENTITY, block * size, "the identity")
        return cls(guid=str(uuid.UUID(bytes_le=guid)), age=age, timestamp=timestamp)


@dataclass(frozen=True, slots=True)
class _Directory:
    """The list of streams, which is itself spread over blocks."""

    span: Span
    size: int
    blocks: Span

    def number(self, index: int) -> int:
        block, inside = divmod(index * _NUMBER.size, self.size)
        what = "the directory of streams"
        (place,) = self.blocks.unpack(_NUMBER, block * _NUMBER.size, what)
        return int(self.span.unpack(_NUMBER, place * self.size + inside, what)[0])
