"""Tells whether a shared object can be loaded before its code and constants are there.

A dynamic linker that loads a shared object reads its tables (symbols, relocations, versions) and writes to its data.
Whoever lets it load a file with holes in the place of all else, and fills those afterwards, copies next to nothing.
That is so while no code has to run for loading: none that chooses functions (STT_GNU_IFUNC), none to be changed itself.

Source: System V gABI, chapter 5; glibc's elf/dl-load.c and elf/dl-reloc.c.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pydist.binary.elf import DT_STRTAB, ElfFile, Section, Type
from pydist.binary.elf_dynamic import Dynamic
from pydist.binary.elf_edit import ElfUnfit

__all__ = ["loads_in_place"]

_TEXTREL, _FLAGS, _FLAGS_1 = 22, 30, 0x6FFFFFFB
_FLAG_TEXTREL, _FLAG_1_INITFIRST = 4, 0x20
# DT_HASH, SYMTAB, RELA, JMPREL, RELR, GNU_HASH, VERSYM, VERDEF, VERNEED
_TABLES = (DT_STRTAB, 4, 6, 7, 23, 36, 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFE)
_DT_REL = 17
_SHT_RELA, _SHT_DYNSYM = 4, 11
_PROGBITS, _UNWIND = 1, 0x70000001
_WRITE, _ALLOC = 1, 2
_SYMBOL = struct.Struct("<4xB19x")
_RELOCATION = struct.Struct("<8xI12x")
_IFUNC = 10
_IRELATIVE = {62: 37, 183: 1032}  # by machine: x86-64, AArch64
_WORTH = 256 << 10  # bytes that are not copied


def loads_in_place(data: bytes | memoryview, file: ElfFile) -> bool:
    """Whether the shared object `data`, which was read as `file`, is worth to be loaded so, and can be."""
    code = [section for section in file.sections if _is_code(section)]
    if file.bits != 64 or not file.little_endian or file.type != Type.DYN or file.machine not in _IRELATIVE:
        return False
    if sum(section.size for section in code) < _WORTH:
        return False
    try:
        values = dict(reversed(Dynamic.of(data, file).entries))
    except ElfUnfit:
        return False
    if _TEXTREL in values or _DT_REL in values or values.get(_FLAGS, 0) & _FLAG_TEXTREL:
        return False
    if values.get(_FLAGS_1, 0) & _FLAG_1_INITFIRST:
        return False
    # What the linker reads is known to the sections as tables, which are no holes.
    tables = {section.addr for section in file.sections if not _is_code(section)}
    return all(values[tag] in tables for tag in _TABLES if tag in values) and not _chooses(data, file)


def _is_code(section: Section) -> bool:
    return section.type in (_PROGBITS, _UNWIND) and bool(section.flags & _ALLOC) and not section.flags & _WRITE


def _chooses(data: bytes | memoryview, file: ElfFile) -> bool:
    """Whether functions of it are chosen while it is loaded."""
    symbols = (
        info & 15 == _IFUNC for section in file.sections for (info,) in _rows(data, section, _SHT_DYNSYM, _SYMBOL)
    )
    kinds = (kind for section in file.sections for (kind,) in _rows(data, section, _SHT_RELA, _RELOCATION))
    return any(symbols) or _IRELATIVE[file.machine] in kinds


def _rows(data: bytes | memoryview, section: Section, kind: int, row: struct.Struct) -> Iterator[tuple[int]]:
    if section.type == kind:
        size = section.size - section.size % row.size
        yield from row.iter_unpack(data[section.offset : section.offset + size])
