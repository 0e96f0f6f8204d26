"""Tells a linked file where its libraries are: a DT_RUNPATH, for programs and libraries that were not linked with one.

The text needs a place in the string table of the dynamic section, and that table has no room: it is copied, longer by
the text, into a new segment at the end of the file (`pydist.binary.elf_edit`), and the dynamic section names the copy.

Invariant: besides the search path, the file says the same to a loader as before; nothing that is mapped moves.
Source: System V gABI, chapter 5, "Dynamic Section" and "Shared Object Dependencies".
"""

from __future__ import annotations

import struct
from dataclasses import replace

from pydist.binary.elf import (
    DT_RPATH,
    DT_RUNPATH,
    DT_STRSZ,
    DT_STRTAB,
    PT_DYNAMIC,
    PT_GNU_PROPERTY,
    PT_LOAD,
    ElfFile,
    ElfInvalid,
    Segment,
)
from pydist.binary.elf_edit import ElfUnfit, with_segment

__all__ = ["with_search_path"]

_ENTRY = struct.Struct("<QQ")
_SECTIONS = struct.Struct("<Q10xHH")  # e_shoff at 40; e_shentsize and e_shnum at 58
_PLACE = struct.Struct("<QQQ")  # sh_addr, sh_offset, sh_size at 16 of a section header
_LARGEST_PAGE = 2 << 20
_NOTE = b"GNU"
"""Owner of the notes whose program header is given up: they stay in the file, and debuggers find them by section."""


def with_search_path(data: bytes, path: str) -> bytes:
    """The 64-bit little-endian ELF file `data` with `path` as its only search path.

    Raises `ElfUnfit` where there is no room in its tables, and `ElfInvalid` for what is no ELF file.
    """
    before = ElfFile.parse(data)
    dynamic = next((item for item in before.segments if item.type == PT_DYNAMIC), None)
    if dynamic is None or before.bits != 64 or not before.little_endian:
        raise ElfUnfit("expected a 64-bit little-endian ELF file with a dynamic section")
    entries, slots = _entries(data, dynamic)
    values = dict(entries)
    if not values.get(DT_STRTAB) or not values.get(DT_STRSZ):
        raise ElfUnfit("the dynamic section names no string table")
    strings = _mapped(data, before, values[DT_STRTAB], values[DT_STRSZ])
    longer = strings + path.encode() + b"\0"
    page = max(4096, *(item.align for item in before.segments if item.type == PT_LOAD))
    if page > _LARGEST_PAGE or page & (page - 1):
        raise ElfUnfit(f"its segments are aligned to {page:,} bytes, expected a power of two up to {_LARGEST_PAGE:,}")
    made = with_segment(data, len(longer), _NOTE, page)
    changed = {DT_STRTAB: made.vaddr, DT_STRSZ: len(longer)}
    kept = [(tag, changed.get(tag, value)) for tag, value in entries if tag not in (DT_RPATH, DT_RUNPATH)]
    kept.append((DT_RUNPATH, len(strings)))
    if len(kept) >= slots:
        raise ElfUnfit(f"its dynamic section has no room for a search path: {slots} entries, all of them used")
    table = b"".join(_ENTRY.pack(*entry) for entry in kept).ljust(slots * _ENTRY.size, b"\0")
    result = bytearray(made.data)
    result[dynamic.offset : dynamic.offset + len(table)] = table
    _name_section(result, before, values[DT_STRTAB], (made.vaddr, len(made.data), len(longer)))
    result += longer
    _check(before, bytes(result), path)
    return bytes(result)


def _entries(data: bytes, dynamic: Segment) -> tuple[list[tuple[int, int]], int]:
    """The entries before DT_NULL, and how many there is room for."""
    slots = min(dynamic.filesz, len(data) - dynamic.offset) // _ENTRY.size
    rows = _ENTRY.iter_unpack(data[dynamic.offset : dynamic.offset + slots * _ENTRY.size])
    made = []
    for tag, value in rows:
        if tag == 0:
            break
        made.append((tag, value))
    return made, slots


def _mapped(data: bytes, file: ElfFile, address: int, size: int) -> bytes:
    for item in file.segments:
        if item.type == PT_LOAD and item.vaddr <= address and address + size <= item.vaddr + item.filesz:
            offset = address - item.vaddr + item.offset
            return data[offset : offset + size]
    raise ElfUnfit("its string table is in no loaded segment")


def _name_section(data: bytearray, file: ElfFile, address: int, place: tuple[int, int, int]) -> None:
    """Let the section of the string table be the new one: what reads sections looks for names there."""
    start, size, count = _SECTIONS.unpack_from(data, 40)
    for number, section in enumerate(file.sections[:count]):
        if section.addr == address and section.name == ".dynstr":
            _PLACE.pack_into(data, start + number * size + 16, *place)


def _check(before: ElfFile, data: bytes, path: str) -> None:
    try:
        after = ElfFile.parse(data)
    except ElfInvalid as error:
        raise ElfUnfit(f"it would be damaged: {error.message}") from error
    same = replace(after, segments=before.segments, sections=before.sections, rpath=before.rpath,
                   runpath=before.runpath, build_id=before.build_id)  # fmt: skip
    loaded = [item for item in before.segments if item.type in (PT_LOAD, PT_GNU_PROPERTY)]
    if same != before or (after.runpath, after.rpath) != (path, None) or not set(loaded) <= set(after.segments):
        raise ElfUnfit("it would say something else to a loader than before")
