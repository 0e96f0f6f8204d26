"""Takes symbols and debugging information out of linked ELF files, and keeps them in a file of their own.

Invariant: every byte that a loader or the dynamic linker can see stays where it is: what is stripped is the old file up
to the end of its last segment or loaded section, then new section names and a new section table. A file for which that
cannot be done is left alone, with the reason.
Source: System V gABI chapters 4 and 5; GDB manual, "Debugging Information in Separate Files".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pydist.binary.elf import ElfFile, Type
from pydist.binary.elf_read import ElfInvalid, Layout, Reader

__all__ = ["ElfUnstrippable", "Stripped", "debug_name", "strip"]

_NOBITS, _NOTE, _STRTAB, _NULL = 8, 7, 3, 0
_ALLOC = 2
_PT_LOAD = 1
_RELOCATIONS = (4, 9)
_KEPT = (".comment", ".gnu_debuglink", ".gnu_debugaltlink", ".ARM.attributes", ".riscv.attributes")
_LAST_INDEX = 0xFF00  # SHN_LORESERVE: beyond, section numbers stand elsewhere


class ElfUnstrippable(ElfInvalid):
    """Nothing is wrong with the file, but its symbols cannot be taken out without moving something that is loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripped:
    """`data` is what runs, `debug` what a debugger wants; None when there was nothing to take out."""

    data: bytes
    debug: bytes | None
    build_id: str | None


@dataclass(slots=True, kw_only=True)
class _Row:
    """One section header, all numbers as they are in the file."""

    name: int
    type: int
    flags: int
    addr: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entsize: int
    text: str = ""

    def pack(self, form: struct.Struct) -> bytes:
        return form.pack(self.name, self.type, self.flags, self.addr, self.offset, self.size, self.link, self.info,
                         self.align, self.entsize)  # fmt: skip

    @property
    def in_file(self) -> int:
        return 0 if self.type in (_NOBITS, _NULL) else self.size


def debug_name(build_id: str) -> str:
    """Where debuggers look for the debugging information of a build-id, below their folders for it.

    >>> debug_name("abcdef")
    '.build-id/ab/cdef.debug'
    """
    return f".build-id/{build_id[:2]}/{build_id[2:]}.debug"


def strip(data: bytes) -> Stripped:
    """Take what is not loaded out of a program or shared library. What is stripped already is returned as it is.

    Raises `ElfInvalid` for damaged bytes and `ElfUnstrippable` for what has to stay as it is.
    """
    file = ElfFile.parse(data)
    if file.type not in (Type.EXEC, Type.DYN):
        raise ElfUnstrippable("an object: its symbols are what it is linked by")
    reader = Reader.open(data)
    header = reader.header()
    rows = _rows(reader, file)
    if (
        header.phnum == 0xFFFF
        or len(rows) >= _LAST_INDEX
        or any(row.type in _RELOCATIONS and not row.flags & _ALLOC for row in rows)
    ):
        raise ElfUnstrippable("relocations or section numbers that name its symbols are kept in the file")
    kept = [number for number, row in enumerate(rows) if number == 0 or _stays(row)]
    names = header.shstrndx
    if len(kept) >= len(rows) - (names not in kept):
        return Stripped(data=data, debug=None, build_id=file.build_id)
    loaded = [number for number in kept if rows[number].flags & _ALLOC]
    if loaded != list(range(1, len(loaded) + 1)):
        raise ElfUnstrippable("sections that are not loaded stand between those that are")
    end = max((segment.offset + segment.filesz for segment in file.segments), default=0)
    end = max([end, header.phoff + header.phnum * header.phentsize,
               *(rows[number].offset + rows[number].in_file for number in loaded)])  # fmt: skip
    if header.shoff < end or any(rows[number].offset < end for number in range(1, len(rows))
                                 if number not in loaded and rows[number].in_file):  # fmt: skip
        raise ElfUnstrippable("a segment covers what would be taken out")
    return Stripped(
        data=_without(end, [rows[number] for number in kept if number != names], kept, reader),
        debug=_debug(rows, file, reader),
        build_id=file.build_id,
    )


def _form(reader: Reader) -> struct.Struct:
    return reader.layout.structure("IIIIIIIIII", "IIQQQQIIQQ")


def _rows(reader: Reader, file: ElfFile) -> list[_Row]:
    rows = []
    for section, values in zip(file.sections, reader.section_headers(reader.header()), strict=True):
        row = _Row(**dict(zip(_Row.__slots__, values, strict=False)), text=section.name)
        if row.offset + row.in_file > len(reader.view):
            raise ElfInvalid(f"section {section.name!r} ends at {row.offset + row.in_file}, the file at "
                             f"{len(reader.view)}")  # fmt: skip
        rows.append(row)
    if sum(row.in_file for row in rows) > len(reader.view):
        # A thousand sections that all are the whole file would be written out a thousand times.
        raise ElfInvalid("its sections share bytes")
    if rows and (rows[0].type != _NULL or not 0 < reader.header().shstrndx < len(rows)):
        raise ElfUnstrippable("its table of sections has no first row or no names")
    return rows


def _stays(row: _Row) -> bool:
    return bool(row.flags & _ALLOC) or row.text in _KEPT or (row.type == _NOTE and not row.text.startswith(".gnu.lto"))


def _without(end: int, rows: list[_Row], kept: list[int], reader: Reader) -> bytes:
    """The file without the sections that are not in `rows`; `kept` are the old numbers of those that are."""
    data = reader.view
    made, table, names = bytearray(data[:end]), [], bytearray(b"\0")
    numbers = {old: new for new, old in enumerate(number for number in kept if number != reader.header().shstrndx)}
    for row in rows:
        offset = row.offset
        if row.in_file and not row.flags & _ALLOC:
            made += bytes(-len(made) % max(1, min(row.align, 4096)))
            offset = len(made)
            made += data[row.offset : row.offset + row.size]
        # What a section of symbols would have pointed to is gone: nothing loaded points there.
        info = row.info if row.flags & _ALLOC else 0
        table.append(_changed(row, offset=offset, link=numbers.get(row.link, 0), info=info, names=names))
    return _closed(made, table, names, reader)


def _debug(rows: list[_Row], file: ElfFile, reader: Reader) -> bytes:
    """All sections under their old numbers, those that are loaded without content but for notes."""
    header, data = reader.header(), reader.view
    made, table, names = bytearray(data[: header.phoff + header.phnum * header.phentsize]), [], bytearray(b"\0")
    for number, row in enumerate(rows):
        if number == header.shstrndx:
            continue
        empty = bool(row.flags & _ALLOC) and row.type != _NOTE
        offset = row.offset
        if row.in_file:
            made += bytes(-len(made) % max(1, min(row.align, 4096)))
            offset = len(made)
            made += b"" if empty else data[row.offset : row.offset + row.size]
        fresh = _changed(row, offset=offset, link=row.link, info=row.info, names=names)
        fresh.type = _NOBITS if empty and row.type != _NULL else row.type
        table.append(fresh)
    if header.shstrndx != len(rows) - 1:
        table.insert(header.shstrndx, _changed(rows[0], offset=0, link=0, info=0, names=names))
    _empty_segments(made, file, reader)
    return _closed(made, table, names, reader)


def _empty_segments(made: bytearray, file: ElfFile, reader: Reader) -> None:
    """Say of every segment that the file has nothing of it; addresses stay, by which debuggers place everything."""
    header, wide = reader.header(), reader.layout.bits == 64
    for number in range(len(file.segments)):
        at = header.phoff + number * header.phentsize
        reader.layout.structure("I", "Q").pack_into(made, at + (32 if wide else 16), 0)


def _changed(row: _Row, *, offset: int, link: int, info: int, names: bytearray) -> _Row:
    name = 0
    if row.text:
        name = len(names)
        names += row.text.encode("utf-8", "replace") + b"\0"
    return _Row(name=name, type=row.type, flags=row.flags, addr=row.addr, offset=offset, size=row.size, link=link,
                info=info, align=row.align, entsize=row.entsize)  # fmt: skip


def _closed(made: bytearray, table: list[_Row], names: bytearray, reader: Reader) -> bytes:
    """`made` with the names of its sections, their table, and a header that knows both."""
    name = len(names)
    names += b".shstrtab\0"
    own = _Row(name=name, type=_STRTAB, flags=0, addr=0, offset=len(made), size=len(names), link=0, info=0, align=1,
               entsize=0)  # fmt: skip
    made += names
    made += bytes(-len(made) % 8)
    _point(made, reader.layout, len(made), len(table) + 1)
    form = _form(reader)
    made += b"".join(row.pack(form) for row in [*table, own])
    return bytes(made)


def _point(made: bytearray, layout: Layout, offset: int, count: int) -> None:
    """Write where the table of sections is, how long it is, and that its last row is the names."""
    wide = layout.bits == 64
    layout.structure("I", "Q").pack_into(made, 40 if wide else 32, offset)
    layout.structure("HH", "HH").pack_into(made, 60 if wide else 48, count, count - 1)
