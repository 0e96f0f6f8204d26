"""The bytes of ELF structures, for both sizes and both byte orders; `pydist.binary.elf` gives them meaning.

Invariant: nothing outside the given bytes is touched, and no table is larger than the file it is in.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydist.errors import InputError

__all__ = ["ElfInvalid", "Header", "Layout", "Reader", "Strings"]

_NAMES_IN_ALL = 64 << 20  # bytes
_ENTRIES = 1 << 18  # segments, sections; an object with a section per function has some ten thousand
_VERSIONS = 1 << 20  # bytes of .gnu.version_r; glibc's own has some hundred


class ElfInvalid(InputError):
    """The bytes are not a well-formed ELF file."""


@dataclass(frozen=True, slots=True)
class Header:
    """The file header, without what only a loader needs."""

    type: int
    machine: int
    entry: int
    phoff: int
    shoff: int
    phentsize: int
    phnum: int
    shentsize: int
    shnum: int
    shstrndx: int


class Strings:
    """A string table. Names may share bytes, but a million symbols that share one long name exist only to make
    readers slow: all names read from one table are bounded together."""

    def __init__(self, table: bytes) -> None:
        self._table = table
        self._budget = 4 * len(table) + _NAMES_IN_ALL

    def at(self, offset: int) -> str:
        """The name at `offset`; an empty table gives an empty name for offset 0."""
        if offset == 0 and not self._table:
            return ""
        end = self._table.find(b"\0", offset) if offset < len(self._table) else -1
        self._budget -= end - offset
        if end < 0 or self._budget < 0:
            raise ElfInvalid(f"no name at offset {offset} of a string table of {len(self._table)} bytes")
        return self._table[offset:end].decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Layout:
    """Size and byte order: which structures a file has."""

    bits: int
    little: bool

    def structure(self, narrow: str, wide: str) -> struct.Struct:
        return struct.Struct(("<" if self.little else ">") + (wide if self.bits == 64 else narrow))


@dataclass(frozen=True, slots=True)
class Reader:
    """Bounds-checked access to the tables of one file."""

    view: memoryview
    layout: Layout

    @classmethod
    def open(cls, data: bytes | memoryview) -> Reader:
        view = memoryview(data)
        identity = bytes(view[:16])
        if len(identity) < 16 or identity[:4] != b"\x7fELF":
            raise ElfInvalid("not an ELF file: it does not begin with \\x7fELF")
        if identity[4] not in (1, 2) or identity[5] not in (1, 2) or identity[6] != 1:
            raise ElfInvalid(f"ELF class {identity[4]}, byte order {identity[5]}, version {identity[6]} are not known")
        return cls(view, Layout(64 if identity[4] == 2 else 32, identity[5] == 1))

    def bytes_at(self, offset: int, size: int) -> bytes:
        if offset + size > len(self.view):
            raise ElfInvalid(f"{size} bytes at offset {offset} are expected in a file of {len(self.view)} bytes")
        return bytes(self.view[offset : offset + size])

    def header(self) -> Header:
        kind, machine, _, entry, phoff, shoff, _, _, phentsize, phnum, shentsize, shnum, shstrndx = self._one(
            16, "HHIIIIIHHHHHH", "HHIQQQIHHHHHH"
        )
        return Header(kind, machine, entry, phoff, shoff, phentsize, phnum, shentsize, shnum, shstrndx)

    def program_headers(self, header: Header) -> Iterator[tuple[int, ...]]:
        """type, flags, offset, vaddr, filesz, memsz, align."""
        count = header.phnum
        if count == 0xFFFF and header.shoff:  # PN_XNUM: the number is in the first section header
            count = self._one(header.shoff, "IIIIIIIIII", "IIQQQQIIQQ")[7]
        rows = self._table(header.phoff, count, header.phentsize, "IIIIIIII", "IIQQQQQQ")
        for row in rows:
            if self.layout.bits == 64:
                kind, flags, offset, vaddr, _, filesz, memsz, align = row
            else:
                kind, offset, vaddr, _, filesz, memsz, flags, align = row
            yield kind, flags, offset, vaddr, filesz, memsz, align

    def section_headers(self, header: Header) -> Iterator[tuple[int, ...]]:
        """name, type, flags, addr, offset, size, link, info, addralign, entsize."""
        if not header.shoff:
            return iter(())
        count = header.shnum or self._one(header.shoff, "IIIIIIIIII", "IIQQQQIIQQ")[5]
        return self._table(header.shoff, count, header.shentsize, "IIIIIIIIII", "IIQQQQIIQQ")

    def dynamic(self, offset: int, size: int) -> Iterator[tuple[int, int]]:
        """Tag and value up to DT_NULL."""
        form = self.layout.structure("II", "QQ")
        size = min(size - size % form.size, _ENTRIES)
        for tag, value in form.iter_unpack(self.bytes_at(offset, size)):
            if tag == 0:
                return
            yield tag, value

    def symbols(self, offset: int, size: int) -> Iterator[tuple[int, ...]]:
        """name, info, other, section, value, size."""
        form = self.layout.structure("IIIBBH", "IBBHQQ")
        for row in form.iter_unpack(self.bytes_at(offset, size - size % form.size)):
            if self.layout.bits == 64:
                yield row
            else:
                name, value, length, info, other, section = row
                yield name, info, other, section, value, length

    def halves(self, offset: int, size: int) -> list[int]:
        """16-bit numbers."""
        form = self.layout.structure("H", "H")
        return [value for (value,) in form.iter_unpack(self.bytes_at(offset, size - size % 2))]

    def version_needs(self, offset: int, size: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """Name of the library, then index and name of each version needed of it; names as string offsets."""
        table = self.bytes_at(offset, min(size, _VERSIONS))
        need, item = self.layout.structure("HHIII", "HHIII"), self.layout.structure("IHHII", "IHHII")
        position, visited = 0, 0
        while True:
            _, count, file, first, step = self._unpack(need, table, position)
            versions = []
            inner = position + first
            for _ in range(count):
                # Chains may not share entries: the work stays within the size of the section.
                visited += item.size
                if visited > len(table):
                    raise ElfInvalid("the list of needed symbol versions is longer than its section")
                _, _, index, name, forward = self._unpack(item, table, inner)
                versions.append((index, name))
                inner += forward
            yield file, versions
            if step == 0:
                return
            position += step

    def _one(self, offset: int, narrow: str, wide: str) -> tuple[Any, ...]:
        form = self.layout.structure(narrow, wide)
        return form.unpack(self.bytes_at(offset, form.size))

    def _table(self, offset: int, count: int, step: int, narrow: str, wide: str) -> Iterator[tuple[int, ...]]:
        form = self.layout.structure(narrow, wide)
        if count and step != form.size:
            raise ElfInvalid(f"table entries of {step} bytes, expected {form.size}")
        if count > _ENTRIES:
            raise ElfInvalid(f"a table of {count} headers, more than {_ENTRIES}")
        return form.iter_unpack(self.bytes_at(offset, count * form.size))

    @staticmethod
    def _unpack(form: struct.Struct, table: bytes, offset: int) -> tuple[Any, ...]:
        if offset + form.size > len(table):
            raise ElfInvalid(f"a symbol version entry at {offset} in a section of {len(table)} bytes")
        return form.unpack_from(table, offset)
