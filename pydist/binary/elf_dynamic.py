"""The dynamic section of a linked file and its string table, as bytes, for those that change them.

Invariant: nothing outside the given bytes is touched. Source: System V gABI, chapter 5, "Dynamic Section".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pydist.binary.elf import DT_STRSZ, DT_STRTAB, PT_DYNAMIC, PT_LOAD, ElfFile, Segment
from pydist.binary.elf_edit import ElfUnfit

__all__ = ["ENTRY", "Dynamic", "largest_page", "offset_of"]

ENTRY = struct.Struct("<QQ")
_SECTIONS = struct.Struct("<Q10xHH")  # e_shoff at 40; e_shentsize and e_shnum at 58
_PLACE = struct.Struct("<QQQ")  # sh_addr, sh_offset, sh_size at 16 of a section header
_LARGEST_PAGE = 2 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynamic:
    """The dynamic section in `segment`: its `entries` before DT_NULL, how many there is room for, and `strings`, the
    bytes of the string table, which is at `address`."""

    segment: Segment
    entries: tuple[tuple[int, int], ...]
    slots: int
    strings: bytes
    address: int

    @classmethod
    def of(cls, data: bytes | memoryview, file: ElfFile) -> Dynamic:
        """That of `data`, which was read as `file`. Raises `ElfUnfit` when there is none, or none that we change."""
        segment = next((item for item in file.segments if item.type == PT_DYNAMIC), None)
        if segment is None or file.bits != 64 or not file.little_endian:
            raise ElfUnfit("expected a 64-bit little-endian ELF file with a dynamic section")
        slots = min(segment.filesz, len(data) - segment.offset) // ENTRY.size
        entries = []
        for tag, value in ENTRY.iter_unpack(data[segment.offset : segment.offset + slots * ENTRY.size]):
            if tag == 0:
                break
            entries.append((tag, value))
        values = dict(reversed(entries))
        address, size = values.get(DT_STRTAB), values.get(DT_STRSZ)
        if not address or not size:
            raise ElfUnfit("the dynamic section names no string table")
        offset = offset_of(file, address, size)
        strings = bytes(data[offset : offset + size])
        return cls(segment=segment, entries=tuple(entries), slots=slots, strings=strings, address=address)

    def name_section(self, data: bytearray, file: ElfFile, place: tuple[int, int, int]) -> None:
        """Let the section of the string table in `data` be at `place` (address, offset, size): what reads sections
        looks for names there."""
        start, size, count = _SECTIONS.unpack_from(data, 40)
        for number, section in enumerate(file.sections[:count]):
            if section.addr == self.address and section.name == ".dynstr":
                _PLACE.pack_into(data, start + number * size + 16, *place)


def offset_of(file: ElfFile, address: int, size: int) -> int:
    """Where the `size` bytes that are mapped at `address` stand. Raises `ElfUnfit`."""
    for item in file.segments:
        if item.type == PT_LOAD and item.vaddr <= address and address + size <= item.vaddr + item.filesz:
            return address - item.vaddr + item.offset
    raise ElfUnfit("its string table is in no loaded segment")


def largest_page(file: ElfFile) -> int:
    """What new segments are to be aligned to. Raises `ElfUnfit`."""
    page = max(4096, *(item.align for item in file.segments if item.type == PT_LOAD))
    if page > _LARGEST_PAGE or page & (page - 1):
        raise ElfUnfit(f"its segments are aligned to {page:,} bytes, expected a power of two up to {_LARGEST_PAGE:,}")
    return page
