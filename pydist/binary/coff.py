"""Facts about members of libraries for Windows: COFF objects (also "bigobj") and members of import libraries.

Invariant: a reader returns facts or raises `CoffInvalid`; every offset is checked against the bytes there are, and the
work is bounded by the file's size.
Source: Microsoft's PE format specification, sections "COFF File Header", "COFF Symbol Table" and "Import Library
Format"; ANON_OBJECT_HEADER and IMPORT_OBJECT_HEADER in winnt.h.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum

from pydist.binary.coff_read import COFF_HEADER, section_rows
from pydist.binary.span import Budget, Span
from pydist.errors import InputError

__all__ = ["Coff", "CoffInvalid", "CoffSection", "CoffSymbol", "Form", "ImportKind", "ImportMember", "read_member"]

_MARK = b"\0\0\xff\xff"
_ANONYMOUS = struct.Struct("<4sHHI16sI")
_BIG = struct.Struct("<4sHHI16sIIIIIII")
_BIG_CLASS = uuid.UUID("d1baa1c7-baee-4ba9-af20-faf66aa4dcb8")
_LTCG_CLASS = uuid.UUID("0cb3fe38-d9a5-4dab-ac9b-d6b6222653c2")
_IMPORT = struct.Struct("<4sHHIIHH")
_SYMBOL, _BIG_SYMBOL = struct.Struct("<8sIhHBB"), struct.Struct("<8sIiHBB")
_EXTERNAL, _WEAK_EXTERNAL = 2, 105
_DIRECTIVES = 1 << 20  # bytes
_SECTIONS = 1 << 19  # an object of 33,000 functions with a section for each has 99,000


class CoffInvalid(InputError):
    """The bytes are not a well-formed COFF object or member of an import library."""


class Form(Enum):
    """What an object holds: code in either layout, or what only the compiler that wrote it can read."""

    OBJECT = "object"
    BIG = "bigobj"
    LINK_TIME_CODE = "ltcg"
    ANONYMOUS = "anonymous"


class ImportKind(IntEnum):
    """What an import library's member stands for."""

    CODE = 0
    DATA = 1
    CONST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CoffSection:
    """A section header; long names are resolved."""

    name: str
    offset: int
    size: int
    characteristics: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CoffSymbol:
    """A symbol for others than its object. `common` asks for room alone and counts as defined; `weak` has a default.

    `section` is from 1, 0 for undefined and common ones, -1 for absolute ones.
    """

    name: str
    section: int
    defined: bool
    common: bool
    weak: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Coff:
    """What the headers of an object say. Only `OBJECT` and `BIG` have sections and symbols."""

    form: Form
    machine: int
    timestamp: int
    sections: tuple[CoffSection, ...]
    symbol_table: tuple[int, int]

    @classmethod
    def parse(cls, data: bytes | memoryview) -> Coff:
        """Read the facts. Raises `CoffInvalid`, also for members of import libraries."""
        span = Span.of(data, CoffInvalid)
        if bytes(span.view[:4]) == _MARK:
            return _anonymous(span)
        machine, sections, timestamp, table, symbols, optional, _ = span.unpack(COFF_HEADER, 0, "the file header")
        if optional:
            raise CoffInvalid(f"an optional header of {optional} bytes, which objects do not have")
        return _object(
            span,
            Form.OBJECT,
            machine=machine,
            timestamp=timestamp,
            start=COFF_HEADER.size,
            count=sections,
            table=(table, symbols),
        )

    def symbols(self, data: bytes | memoryview) -> Iterator[CoffSymbol]:
        """The external symbols of `data`, the bytes this was parsed from. Raises `CoffInvalid`."""
        span, form = Span.of(data, CoffInvalid), _BIG_SYMBOL if self.form is Form.BIG else _SYMBOL
        place, count = self.symbol_table
        if not place:
            return
        names = _names(span, place + count * form.size)
        budget = Budget(CoffInvalid, left=4 * len(names) + 32 * count + (64 << 20))
        skip = 0
        for name, value, section, _, storage, more in span.rows(form, place, count, "the symbol table"):
            if skip:
                skip -= 1
                continue
            skip = more
            if storage not in (_EXTERNAL, _WEAK_EXTERNAL):
                continue
            common = storage == _EXTERNAL and section == 0 and value != 0
            yield CoffSymbol(
                name=_symbol_name(name, names, budget),
                section=section,
                defined=section != 0 or common,
                common=common,
                weak=storage == _WEAK_EXTERNAL,
            )

    def directives(self, data: bytes | memoryview) -> str:
        """What it tells the linker (`/EXPORT:name /DEFAULTLIB:name`), from `.drectve` of `data`."""
        section = next((item for item in self.sections if item.name == ".drectve"), None)
        if section is None:
            return ""
        if section.size > _DIRECTIVES:
            raise CoffInvalid(f"directives of {section.size:,} bytes, more than {_DIRECTIVES:,}")
        return (
            Span.of(data, CoffInvalid)
            .bytes_at(section.offset, section.size, "the directives")
            .removeprefix(b"\xef\xbb\xbf")
            .decode("utf-8", "replace")
            .strip(" \0")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMember:
    """A member of an import library: `symbol` is what objects are linked with, `library` where it is at run time.

    `ordinal` is the number it is imported by; None where it is imported by name, `imported_name` then.
    """

    machine: int
    symbol: str
    library: str
    kind: int
    ordinal: int | None
    imported_name: str | None

    @classmethod
    def parse(cls, data: bytes | memoryview) -> ImportMember:
        """Read the facts. Raises `CoffInvalid`."""
        span = Span.of(data, CoffInvalid)
        what = "the member of an import library"
        mark, version, machine, _, size, hint, flags = span.unpack(_IMPORT, 0, what)
        if mark != _MARK or version:
            raise CoffInvalid("not a member of an import library")
        texts = span.bytes_at(_IMPORT.size, size, what).split(b"\0", 3)
        if len(texts) < 3 or size > _DIRECTIVES:
            raise CoffInvalid(f"{what} without the names of its symbol and its library")
        symbol, library = (text.decode("utf-8", "replace") for text in texts[:2])
        by = flags >> 2 & 7
        return cls(
            machine=machine,
            symbol=symbol,
            library=library,
            kind=flags & 3,
            ordinal=hint if by == 0 else None,
            imported_name=None if by == 0 else _imported(symbol, by, texts),
        )

    @property
    def defines(self) -> tuple[str, ...]:
        """The names that objects are linked with: the pointer to what is imported, for code also a call to it."""
        pointer = f"__imp_{self.symbol}"
        return (pointer,) if self.kind == ImportKind.DATA else (pointer, self.symbol)


def read_member(data: bytes | memoryview) -> Coff | ImportMember:
    """An object, or a member of an import library. Raises `CoffInvalid`."""
    head = bytes(memoryview(data)[:6])
    return ImportMember.parse(data) if head == _MARK + b"\0\0" else Coff.parse(data)


def _imported(symbol: str, by: int, texts: list[bytes]) -> str:
    """How the name in the library follows from the symbol (IMPORT_OBJECT_NAME_TYPE)."""
    if by == 4:  # EXPORTAS: a third text
        return texts[2].decode("utf-8", "replace")
    if by == 1:
        return symbol
    bare = symbol[1:] if symbol[:1] in ("?", "@", "_") else symbol
    return bare.split("@", 1)[0] if by == 3 else bare


def _anonymous(span: Span) -> Coff:
    if span.bytes_at(4, 2, "the file header") == bytes(2):
        raise CoffInvalid("a member of an import library, not an object")
    _, version, machine, timestamp, identity, _ = span.unpack(_ANONYMOUS, 0, "the file header")
    known = uuid.UUID(bytes_le=identity)
    if version >= 2 and known == _BIG_CLASS:
        *_, sections, table, symbols = span.unpack(_BIG, 0, "the file header")
        return _object(
            span,
            Form.BIG,
            machine=machine,
            timestamp=timestamp,
            start=_BIG.size,
            count=sections,
            table=(table, symbols),
        )
    form = Form.LINK_TIME_CODE if known == _LTCG_CLASS else Form.ANONYMOUS
    return Coff(form=form, machine=machine, timestamp=timestamp, sections=(), symbol_table=(0, 0))


def _object(
    span: Span, form: Form, *, machine: int, timestamp: int, start: int, count: int, table: tuple[int, int]
) -> Coff:
    if count > _SECTIONS:
        raise CoffInvalid(f"an object of {count:,} sections, more than {_SECTIONS:,}")
    row = _BIG_SYMBOL if form is Form.BIG else _SYMBOL
    names = Span.of(b"", CoffInvalid, "the string table")
    if table[0]:
        span.part(table[0], table[1] * row.size, "the symbol table")
        names = _names(span, table[0] + table[1] * row.size)
    budget = Budget(CoffInvalid, left=4 * len(names) + 32 * count + (64 << 20))
    sections = []
    for name, _, _, size, place, flags in section_rows(span, start, count):
        sections.append(
            CoffSection(name=_section_name(name, names, budget), offset=place, size=size, characteristics=flags)
        )
    return Coff(form=form, machine=machine, timestamp=timestamp, sections=tuple(sections), symbol_table=table)


def _names(span: Span, place: int) -> Span:
    """The string table behind the symbols; its first four bytes are its size. It may be absent."""
    if place + 4 > len(span):
        return Span.of(b"", CoffInvalid, "the string table")
    (size,) = span.unpack(struct.Struct("<I"), place, "the string table")
    return span.part(place, max(size, 4), "the string table")


def _symbol_name(field: bytes, names: Span, budget: Budget) -> str:
    if field[:4] == bytes(4):
        return names.text(int.from_bytes(field[4:], "little"), budget, "a symbol's name")
    budget.take(8)
    return field.rstrip(b"\0").decode("utf-8", "replace")


def _section_name(field: bytes, names: Span, budget: Budget) -> str:
    """`/123` is a place in the string table, `//AAAAAA` one in base 64 for tables of more than ten million bytes."""
    text = field.rstrip(b"\0")
    if text[:1] != b"/" or len(text) < 2:
        budget.take(8)
        return text.decode("utf-8", "replace")
    digits = text.removeprefix(b"//")
    if digits != text:
        place = 0
        for byte in digits:
            value = _BASE64.find(byte)
            if value < 0:
                raise CoffInvalid(f"a section's name {field!r}")
            place = place * 64 + value
    elif text[1:].strip(b"0123456789"):
        raise CoffInvalid(f"a section's name {field!r}")
    else:
        place = int(text[1:])
    return names.text(place, budget, "a section's name")


_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
