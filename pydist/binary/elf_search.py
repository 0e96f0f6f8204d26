"""Tells a linked file where its libraries are: a DT_RUNPATH, for programs and libraries that were not linked with one.

The text needs a place in the string table of the dynamic section, and that table has no room: it is copied, longer by
the text, into a new segment at the end of the file (`pydist.binary.elf_edit`), and the dynamic section names the copy.

Invariant: besides the search path, the file says the same to a loader as before; nothing that is mapped moves.
Source: System V gABI, chapter 5, "Dynamic Section" and "Shared Object Dependencies".
"""

from __future__ import annotations

from dataclasses import replace

from pydist.binary.elf import (
    DT_RPATH,
    DT_RUNPATH,
    DT_STRSZ,
    DT_STRTAB,
    PT_GNU_PROPERTY,
    PT_LOAD,
    ElfFile,
    ElfInvalid,
)
from pydist.binary.elf_dynamic import ENTRY, Dynamic, largest_page
from pydist.binary.elf_edit import ElfUnfit, with_segment

__all__ = ["with_search_path"]

_NOTE = b"GNU"
"""Owner of the notes whose program header is given up: they stay in the file, and debuggers find them by section."""


def with_search_path(data: bytes, path: str) -> bytes:
    """The 64-bit little-endian ELF file `data` with `path` as its only search path.

    Raises `ElfUnfit` where there is no room in its tables, and `ElfInvalid` for what is no ELF file.
    """
    before = ElfFile.parse(data)
    dynamic = Dynamic.of(data, before)
    longer = dynamic.strings + path.encode() + b"\0"
    made = with_segment(data, len(longer), _NOTE, largest_page(before))
    changed = {DT_STRTAB: made.vaddr, DT_STRSZ: len(longer)}
    kept = [(tag, changed.get(tag, value)) for tag, value in dynamic.entries if tag not in (DT_RPATH, DT_RUNPATH)]
    kept.append((DT_RUNPATH, len(dynamic.strings)))
    if len(kept) >= dynamic.slots:
        raise ElfUnfit(f"its dynamic section has no room for a search path: {dynamic.slots} entries, all of them used")
    table = b"".join(ENTRY.pack(*entry) for entry in kept).ljust(dynamic.slots * ENTRY.size, b"\0")
    result = bytearray(made.data)
    result[dynamic.segment.offset : dynamic.segment.offset + len(table)] = table
    dynamic.name_section(result, before, (made.vaddr, len(made.data), len(longer)))
    result += longer
    _check(before, bytes(result), path)
    return bytes(result)


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
