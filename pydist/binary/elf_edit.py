"""How pydist adds a segment to an ELF file: a spare PT_NOTE becomes the PT_LOAD that maps what is appended to the file.

Invariant: nothing but the program header table changes, the table keeps its size and its place, and its PT_LOAD
entries stay sorted by address (System V ABI, "Program Header"), so no other offset in the file has to move.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pydist.errors import InputError

__all__ = ["EditedStub", "ElfUnfit", "find_segment", "with_segment"]

_PAGE = 4096
# Far from the last segment, so that the heap that grows behind it (brk) and the image cannot meet.
_VADDR_ALIGNMENT = 16 << 20
_END_OF_MEMORY = 1 << 46  # half of what a process can have on x86-64, so that the stack stays where it is
_PT_LOAD, _PT_NOTE, _PF_R = 1, 4, 4
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_NOTE = struct.Struct("<III")


class ElfUnfit(InputError):
    """Not a 64-bit little-endian ELF file with a spare note, so no segment can be added to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedStub:
    """`data`: the file up to where the segment's bytes are to be appended; `vaddr`: where they will be mapped."""

    data: bytes
    vaddr: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    kind: int
    flags: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int
    align: int

    def pack(self) -> bytes:
        return _PROGRAM.pack(
            self.kind, self.flags, self.offset, self.vaddr, self.paddr, self.filesz, self.memsz, self.align
        )


def with_segment(stub: bytes, size: int, note: bytes, page: int = _PAGE) -> EditedStub:
    """`stub` changed so that `size` bytes appended to it are mapped read-only when it is started.

    The PT_NOTE to give up is the first that holds a note of the owner `note`. `page` is the alignment in the file, a
    power of two of at most 16 MiB. Raises `ElfUnfit` when there is no such note.
    """
    table, programs = _programs(stub)
    spare = next((p for p in programs if p.kind == _PT_NOTE and note in _owners(stub, p)), None)
    loads = [number for number, program in enumerate(programs) if program.kind == _PT_LOAD]
    if spare is None or not loads:
        raise ElfUnfit(f"the stub has no note of the owner {note.decode()!r}; it was not linked with pydist's run time")
    offset = _rounded(len(stub), page)
    vaddr = _rounded(max(p.vaddr + p.memsz for p in programs if p.kind == _PT_LOAD), _VADDR_ALIGNMENT)
    if vaddr + size >= _END_OF_MEMORY:
        raise ElfUnfit(f"{size} bytes do not fit into memory above the stub's last segment ({vaddr:#x})")
    image = _Program(kind=_PT_LOAD, flags=_PF_R, offset=offset, vaddr=vaddr, paddr=vaddr, filesz=size, memsz=size,
                     align=page)  # fmt: skip
    programs.insert(loads[-1] + 1, image)
    programs.remove(spare)
    data = bytearray(stub) + bytes(offset - len(stub))
    data[table : table + len(programs) * _PROGRAM.size] = b"".join(program.pack() for program in programs)
    return EditedStub(data=bytes(data), vaddr=vaddr)


def find_segment(data: bytes | memoryview, magic: bytes) -> memoryview | None:
    """The bytes of the read-only segment that begins with `magic`, or None. Raises `ElfUnfit` for what is no ELF."""
    view = memoryview(data)
    for program in _programs(view)[1]:
        if program.kind == _PT_LOAD and program.flags == _PF_R:
            segment = view[program.offset : program.offset + program.filesz]
            if segment[: len(magic)] == magic:
                return segment
    return None


def _programs(data: bytes | memoryview) -> tuple[int, list[_Program]]:
    """The offset of the program header table, and its entries."""
    if len(data) < _HEADER.size:
        raise ElfUnfit(f"an ELF file has at least {_HEADER.size} bytes; found {len(data)}")
    ident, *_, table, _, _, _, entry_size, count, _, _, _ = _HEADER.unpack_from(data)
    if ident[:6] != b"\x7fELF\x02\x01" or entry_size != _PROGRAM.size:
        raise ElfUnfit(f"expected a 64-bit little-endian ELF file, found one that begins with {ident[:6].hex()}")
    if table + count * _PROGRAM.size > len(data):
        raise ElfUnfit(f"the program header table at {table} ({count} entries) lies beyond the end of the file")
    fields = ("kind", "flags", "offset", "vaddr", "paddr", "filesz", "memsz", "align")
    rows = _PROGRAM.iter_unpack(data[table : table + count * _PROGRAM.size])
    return table, [_Program(**dict(zip(fields, row, strict=True))) for row in rows]


def _owners(data: bytes, program: _Program) -> Iterator[bytes]:
    """The owners of the notes in a PT_NOTE segment."""
    at, end = program.offset, min(program.offset + program.filesz, len(data))
    while at + _NOTE.size <= end:
        name_size, description_size, _ = _NOTE.unpack_from(data, at)
        at += _NOTE.size
        yield data[at : min(at + name_size, end)].rstrip(b"\0")
        at += _rounded(name_size, 4) + _rounded(description_size, 4)


def _rounded(value: int, unit: int) -> int:
    return -(-value // unit) * unit
