"""The bytes of PE structures: headers, and addresses turned into places in the file.

Invariant: nothing outside the file is touched; an address that no byte of the file is mapped to is `PeInvalid`.
Source: Microsoft's PE format specification, sections "MS-DOS Stub" to "Section Table".
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from pydist.binary.coff_read import COFF_HEADER, section_rows
from pydist.binary.pe_facts import Section
from pydist.binary.span import Budget, Span
from pydist.errors import InputError

__all__ = ["FileHeader", "Layout", "OptionalHeader", "PeInvalid", "open_pe"]

_FIELDS = struct.Struct("<HBBIIIII")
_NARROW = struct.Struct("<IIIIHHHHHHIIIIHHIIIIII")
_WIDE = struct.Struct("<QIIHHHHHHIIIIHHQQQQII")
_PE32, _PE32_PLUS = 0x10B, 0x20B


class PeInvalid(InputError):
    """The bytes are not a well-formed PE file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHeader:
    """The COFF file header."""

    machine: int
    sections: int
    timestamp: int
    optional_size: int
    characteristics: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionalHeader:
    """The optional header; versions are major and minor."""

    bits: int
    linker_version: tuple[int, int]
    entry: int
    image_base: int
    os_version: tuple[int, int]
    image_version: tuple[int, int]
    subsystem_version: tuple[int, int]
    image_size: int
    headers_size: int
    checksum: int
    subsystem: int
    dll_characteristics: int
    directories: tuple[tuple[int, int], ...]

    def directory(self, number: int) -> tuple[int, int]:
        """Address and size of a data directory; both 0 for one that is not there."""
        return self.directories[number] if number < len(self.directories) else (0, 0)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which bytes of the file are at which address. `sections` are sorted by address."""

    span: Span
    headers_size: int
    sections: tuple[Section, ...]
    starts: tuple[int, ...]
    budget: Budget

    def mapped(self, address: int, what: str) -> Span:
        """The bytes from `address` to the end of its section in the file."""
        index = bisect_right(self.starts, address) - 1
        if index < 0:
            return self.span.part(address, max(0, self.headers_size - address), what)
        section = self.sections[index]
        skip = address - section.address
        return self.span.part(section.offset + skip, section.size - skip, what)

    def text(self, address: int, what: str) -> str:
        return self.mapped(address, what).text(0, self.budget, what)

    def numbers(self, address: int, form: struct.Struct, what: str) -> Iterator[int]:
        """Single numbers from `address` up to the first zero, which has to be there."""
        span, position = self.mapped(address, what), 0
        while True:
            (value,) = span.unpack(form, position, what)
            if not value:
                return
            yield value
            position += form.size


def open_pe(span: Span) -> tuple[FileHeader, OptionalHeader, Layout]:
    """The headers. Raises `PeInvalid`."""
    if bytes(span.view[:2]) != b"MZ":
        raise PeInvalid("not a PE file: it does not begin with MZ")
    (start,) = span.unpack(struct.Struct("<I"), 60, "the place of the PE header")
    if span.bytes_at(start, 4, "the PE header") != b"PE\0\0":
        raise PeInvalid(f"no PE header at {start:,}: an MZ program that is not for Windows")
    machine, sections, timestamp, _, _, optional_size, characteristics = span.unpack(
        COFF_HEADER, start + 4, "the file header"
    )
    header = FileHeader(
        machine=machine,
        sections=sections,
        timestamp=timestamp,
        optional_size=optional_size,
        characteristics=characteristics,
    )
    place = start + 4 + COFF_HEADER.size
    optional = _optional(span.part(place, optional_size, "the optional header"))
    rows = section_rows(span, place + optional_size, sections)
    ordered = sorted(
        (
            Section(
                name=name.split(b"\0", 1)[0].decode("utf-8", "replace"),
                memory_size=memory,
                address=address,
                size=size,
                offset=offset,
                characteristics=flags,
            )
            for name, memory, address, size, offset, flags in rows
        ),
        key=lambda section: section.address,
    )
    starts = tuple(section.address for section in ordered)
    return header, optional, Layout(span, optional.headers_size, tuple(ordered), starts, Budget(PeInvalid))


def _optional(span: Span) -> OptionalHeader:
    what = "the optional header"
    magic, major, minor, _, _, _, entry, _ = span.unpack(_FIELDS, 0, what)
    if magic not in (_PE32, _PE32_PLUS):
        raise PeInvalid(f"an optional header with magic {magic:#x}, expected {_PE32:#x} or {_PE32_PLUS:#x}")
    if magic == _PE32:
        form, (_, base, *fields) = _NARROW, span.unpack(_NARROW, _FIELDS.size, what)
    else:
        form, (base, *fields) = _WIDE, span.unpack(_WIDE, _FIELDS.size, what)
    _, _, os_major, os_minor, image_major, image_minor, major_subsystem, minor_subsystem, _ = fields[:9]
    image_size, headers_size, checksum, subsystem, dll_characteristics, _, _, _, _, _, directories = fields[9:]
    place = _FIELDS.size + form.size
    directories = min(directories, 16, (len(span) - place) // 8)  # as loaders do
    return OptionalHeader(
        bits=32 if magic == _PE32 else 64,
        linker_version=(major, minor),
        entry=entry,
        image_base=base,
        os_version=(os_major, os_minor),
        image_version=(image_major, image_minor),
        subsystem_version=(major_subsystem, minor_subsystem),
        image_size=image_size,
        headers_size=headers_size,
        checksum=checksum,
        subsystem=subsystem,
        dll_characteristics=dll_characteristics,
        directories=tuple(
            (address, size) for address, size in span.rows(struct.Struct("<II"), place, directories, what)
        ),
    )
