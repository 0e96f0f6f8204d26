"""Gives the names of needed libraries room in a linked file, so that whoever loads it can write others in their place.

The dynamic linker takes a name with slashes for a path. The names get places of their own in a copy of the string
table, in a new segment at the end of the file; the program headers move there, too, because theirs has no room.

Invariant: the file says the same to a loader as before; nothing that is mapped moves.
Source: System V gABI, chapter 5; LSB Core, "Symbol Versioning" (`vn_file` is the name of DT_NEEDED).
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from dataclasses import replace

from pydist.binary.elf import DT_NEEDED, DT_STRSZ, DT_STRTAB, DT_VERNEED, PT_LOAD, ElfFile, ElfInvalid
from pydist.binary.elf_dynamic import ENTRY, Dynamic, largest_page, offset_of
from pydist.binary.elf_edit import ElfUnfit

__all__ = ["with_room"]

_PROGRAM = struct.Struct("<IIQQQQQQ")
_VERNEED = struct.Struct("<HHIII")  # version, count, file, auxiliary, next
_PHOFF, _PHNUM = struct.Struct("<Q"), struct.Struct("<H")  # at 32 and 56 of the header
_PT_PHDR, _PF_R = 6, 4
_MOST_SEGMENTS = 1000


def with_room(data: bytes | memoryview, names: Collection[str], room: int) -> tuple[bytes, dict[str, int]]:
    """The shared object `data` with `room` bytes for each of the needed libraries `names`, the name among them, and
    where in the file these begin. Raises `ElfUnfit` where that cannot be, and `ElfInvalid` for what is no ELF file."""
    before = ElfFile.parse(data)
    dynamic, page = Dynamic.of(data, before), largest_page(before)
    if len(before.segments) > _MOST_SEGMENTS:
        raise ElfUnfit(f"it has {len(before.segments)} segments")
    strings, places = bytearray(dynamic.strings), dict[str, int]()
    for name in sorted(names):
        if name not in before.needed or len(name.encode()) >= room or "\0" in name:
            raise ElfUnfit(f"it does not need {name!r}, or {room} bytes are too few for it")
        places[name] = len(strings)
        strings += name.encode().ljust(room, b"\0")
    offset = -(-len(data) // page) * page
    vaddr = -(-max(item.vaddr + item.memsz for item in before.segments if item.type == PT_LOAD) // page) * page
    table = (len(before.segments) + 1) * _PROGRAM.size
    size = table + len(strings)
    programs = _programs(data, before, (PT_LOAD, _PF_R, offset, vaddr, vaddr, size, size, page))
    result = bytearray(data) + bytes(offset - len(data)) + programs + strings
    _PHOFF.pack_into(result, 32, offset)
    _PHNUM.pack_into(result, 56, len(before.segments) + 1)
    changed = {DT_STRTAB: vaddr + table, DT_STRSZ: len(strings)}
    for number, (tag, value) in enumerate(dynamic.entries):
        text = _text(dynamic.strings, value) if tag == DT_NEEDED else ""
        row = (tag, places.get(text, value) if tag == DT_NEEDED else changed.get(tag, value))
        ENTRY.pack_into(result, dynamic.segment.offset + number * ENTRY.size, *row)
    _name_in_versions(result, before, dynamic, places)
    dynamic.name_section(result, before, (vaddr + table, offset + table, len(strings)))
    _check(before, bytes(result))
    return bytes(result), {name: offset + table + place for name, place in places.items()}


def _programs(data: bytes | memoryview, file: ElfFile, more: tuple[int, ...]) -> bytes:
    """The program headers of `data` with one `more`, which begins with them."""
    (start,), count = _PHOFF.unpack_from(data, 32), len(file.segments)
    rows = list(_PROGRAM.iter_unpack(data[start : start + count * _PROGRAM.size]))
    size = (count + 1) * _PROGRAM.size
    rows = [(_PT_PHDR, row[1], *more[2:5], size, size, row[7]) if row[0] == _PT_PHDR else row for row in rows]
    rows.insert(max(number for number, row in enumerate(rows) if row[0] == PT_LOAD) + 1, more)
    return b"".join(_PROGRAM.pack(*row) for row in rows)


def _name_in_versions(result: bytearray, file: ElfFile, dynamic: Dynamic, places: dict[str, int]) -> None:
    """Symbol versions are asked of a library by the name that DT_NEEDED has for it."""
    address = dict(reversed(dynamic.entries)).get(DT_VERNEED)
    if address is None:
        return
    at = offset_of(file, address, _VERNEED.size)
    for _ in file.version_needs:
        version, count, name, auxiliary, step = _VERNEED.unpack_from(result, at)
        name = places.get(_text(dynamic.strings, name), name)
        _VERNEED.pack_into(result, at, version, count, name, auxiliary, step)
        at += step


def _text(strings: bytes, offset: int) -> str:
    return strings[offset : strings.index(b"\0", offset)].decode("utf-8", "surrogateescape")


def _check(before: ElfFile, data: bytes) -> None:
    try:
        after = ElfFile.parse(data)
    except ElfInvalid as error:
        raise ElfUnfit(f"it would be damaged: {error.message}") from error
    loaded = [item for item in before.segments if item.type == PT_LOAD]
    same = replace(after, segments=before.segments, sections=before.sections)
    if same != before or [item for item in after.segments if item.type == PT_LOAD][:-1] != loaded:
        raise ElfUnfit("it would say something else to a loader than before")
