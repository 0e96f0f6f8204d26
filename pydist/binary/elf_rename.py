"""Gives what a relocatable object defines other names, so that objects that chose the same ones can be linked together.

Extension modules are written to be loaded apart from each other: helpers of two packages, and their `PyInit_`
functions, may have one name. In one program they would clash, or worse, one would silently serve for both.

Invariant: all that moves is the table of names, which goes to the end of the file with the old one as its beginning;
what the object needs of others keeps its name. Source: System V ABI, "Symbol Table", "String Table".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydist.binary.elf import SHT_SYMTAB, ElfFile, ElfInvalid, Type
from pydist.binary.elf_read import Reader

__all__ = ["rename_defined", "undefined_names"]

_STRTAB = 3
_WIDTH = {32: 16, 64: 24}  # of a symbol
_OFFSET = {32: 16, 64: 24}  # of sh_offset in a section header; sh_size follows


@dataclass(frozen=True, slots=True)
class _Tables:
    """Row numbers and places of the symbol table and its names."""

    elf: ElfFile
    reader: Reader
    symbols: int
    names: int

    @classmethod
    def of(cls, data: bytes | memoryview) -> _Tables | None:
        """Raises `ElfInvalid` for what is no relocatable object; None when it has no symbols."""
        elf, reader = ElfFile.parse(data), Reader.open(data)
        if elf.type != Type.REL:
            raise ElfInvalid(f"expected a relocatable object, found ELF type {elf.type}")
        tables = [number for number, section in enumerate(elf.sections) if section.type == SHT_SYMTAB]
        if not tables:
            return None
        symbols = elf.sections[tables[0]]
        if len(tables) > 1 or symbols.size % _WIDTH[elf.bits]:
            raise ElfInvalid(
                f"{len(tables)} symbol tables, the first of {symbols.size} bytes, are not one of whole rows"
            )
        if symbols.link >= len(elf.sections) or elf.sections[symbols.link].type != _STRTAB:
            raise ElfInvalid(f"the symbol table has its names in section {symbols.link}, which is no table of names")
        return cls(elf, reader, tables[0], symbols.link)


def rename_defined(data: bytes | memoryview, suffix: str) -> tuple[bytes, dict[str, str]]:
    """A copy of the relocatable object `data` in which the name of each global or weak symbol that it defines ends with
    `suffix`, and the names before and after. Raises `ElfInvalid` for what is none, or damaged."""
    made, renamed = bytearray(data), dict[str, str]()
    tables = _Tables.of(data)
    if tables is None:
        return bytes(made), renamed
    elf, layout = tables.elf, tables.reader.layout
    symbols, strings = elf.sections[tables.symbols], elf.sections[tables.names]
    names = bytearray(tables.reader.bytes_at(strings.offset, strings.size))
    word = layout.structure("I", "I")
    places: dict[str, int] = {}
    for number, symbol in enumerate(elf.symbols(data)):
        if not symbol.binding or not symbol.defined or not symbol.name:
            continue
        renamed[symbol.name] = symbol.name + suffix
        if symbol.name not in places:
            places[symbol.name] = len(names)
            names += renamed[symbol.name].encode("utf-8", "replace") + b"\0"
        word.pack_into(made, symbols.offset + number * _WIDTH[elf.bits], places[symbol.name])
    header = tables.reader.header()
    place = header.shoff + tables.names * header.shentsize + _OFFSET[elf.bits]
    layout.structure("II", "QQ").pack_into(made, place, len(made), len(names))
    return bytes(made + names), renamed


def undefined_names(data: bytes | memoryview) -> Iterator[str]:
    """What the relocatable object `data` needs of others. Raises as `rename_defined` does."""
    tables = _Tables.of(data)
    if tables is not None:
        yield from (symbol.name for symbol in tables.elf.symbols(data) if symbol.name and not symbol.defined)
