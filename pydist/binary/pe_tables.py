"""Tables of a PE file that name other files and functions: imports, delayed imports, exports.

Invariant: the number of functions is bounded, however tables share bytes; tables end where the format says.
Source: Microsoft's PE format specification, sections ".edata", ".idata" and "Delay-Load Import Tables".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pydist.binary.pe_facts import Export, Function, Import
from pydist.binary.pe_read import Layout, OptionalHeader, PeInvalid

__all__ = ["read_exports", "read_imports"]

_EXPORTS, _IMPORTS, _DELAYED = 0, 1, 13
_FUNCTIONS = 1 << 18  # exports, or imports of all libraries; the biggest library of Windows exports some ten thousand
_LIBRARIES = 1 << 12
_HINT = 2  # bytes in front of an imported name


def read_imports(layout: Layout, optional: OptionalHeader) -> tuple[Import, ...]:
    """Libraries and what is used of them, those that are loaded at once first. Raises `PeInvalid`."""
    found: list[Import] = []
    left = _FUNCTIONS
    for library, table, delayed in (*_needed(layout, optional), *_needed_later(layout, optional)):
        functions = []
        for function in _functions(layout, optional, table) if table else ():
            left -= 1
            if left < 0 or len(found) >= _LIBRARIES:
                raise PeInvalid(f"more than {_FUNCTIONS:,} imported functions or {_LIBRARIES:,} libraries")
            functions.append(function)
        name = layout.text(library, "the name of a library")
        found.append(Import(library=name, functions=tuple(functions), delayed=delayed))
    return tuple(found)


def _needed(layout: Layout, optional: OptionalHeader) -> Iterator[tuple[int, int, bool]]:
    address, size = optional.directory(_IMPORTS)
    if not (address and size):
        return
    span, form = layout.mapped(address, "the import table"), struct.Struct("<IIIII")
    for number in range(_LIBRARIES):
        names, _, _, library, addresses = span.unpack(form, number * form.size, "the import table")
        if not library:
            return
        # Old linkers wrote no table of names; the table of addresses has the same content until it is bound.
        yield library, names or addresses, False
    raise PeInvalid(f"an import table of more than {_LIBRARIES:,} libraries")


def _needed_later(layout: Layout, optional: OptionalHeader) -> Iterator[tuple[int, int, bool]]:
    address, size = optional.directory(_DELAYED)
    if not (address and size):
        return
    span, form = layout.mapped(address, "the delayed imports"), struct.Struct("<IIIIIIII")
    for number in range(_LIBRARIES):
        attributes, library, _, _, names, *_ = span.unpack(form, number * form.size, "the delayed imports")
        if not library:
            return
        # Without the lowest bit these are addresses in memory: linkers before 2002, for 32 bits.
        base = 0 if attributes & 1 else optional.image_base
        yield library - base, names - base, True
    raise PeInvalid(f"delayed imports of more than {_LIBRARIES:,} libraries")


def _functions(layout: Layout, optional: OptionalHeader, table: int) -> Iterator[Function]:
    form = struct.Struct("<Q" if optional.bits == 64 else "<I")
    for value in layout.numbers(table, form, "the names of imported functions"):
        if value >> (optional.bits - 1):
            yield Function(None, value & 0xFFFF)
        else:
            yield Function(layout.text(value + _HINT, "the name of an imported function"), None)


def read_exports(layout: Layout, optional: OptionalHeader) -> tuple[str | None, tuple[Export, ...]]:
    """The name that the file was linked with and what it exports, by ordinal. Raises `PeInvalid`."""
    address, size = optional.directory(_EXPORTS)
    if not (address and size):
        return None, ()
    what = "the export table"
    _, _, _, _, name, base, count, named, addresses_at, names_at, ordinals_at = layout.mapped(address, what).unpack(
        struct.Struct("<IIHHIIIIIII"), 0, what
    )
    if max(count, named) > _FUNCTIONS:
        raise PeInvalid(f"{count:,} exports with {named:,} names, more than {_FUNCTIONS:,}")
    addresses = _column(layout, addresses_at, count, "I")
    names: dict[int, list[str | None]] = {}
    for text, index in zip(
        _column(layout, names_at, named, "I"), _column(layout, ordinals_at, named, "H"), strict=True
    ):
        if index >= count:
            raise PeInvalid(f"a name for export {index} of {count}")
        names.setdefault(index, []).append(layout.text(text, "the name of an export"))
    found = []
    for index, place in enumerate(addresses):
        if not place:
            continue  # an ordinal that is not used
        inside = address <= place < address + size
        forwarder = layout.text(place, "a forwarder") if inside else None
        found += [
            Export(name=text, ordinal=base + index, address=place, forwarder=forwarder)
            for text in names.get(index, [None])
        ]
    return layout.text(name, "the file's own name") if name else None, tuple(found)


def _column(layout: Layout, address: int, count: int, form: str) -> list[int]:
    if not count:
        return []
    row = struct.Struct("<" + form)
    span = layout.mapped(address, "a column of the export table")
    return [value for (value,) in span.rows(row, 0, count, "a column of the export table")]
