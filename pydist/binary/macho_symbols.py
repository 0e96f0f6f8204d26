"""Symbols of a Mach-O file: its symbol table, and the trie of what it exports.

Invariant: a node of the trie is visited once, and all names together are bounded, whatever the file claims.
Source: <mach-o/nlist.h>, <mach-o/loader.h> (EXPORT_SYMBOL_FLAGS_*).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydist.binary.fat import MachOInvalid
from pydist.binary.macho_read import Reader
from pydist.binary.span import Budget, Span

__all__ = ["Export", "Symbol", "read_exports", "read_symbols"]

_STAB, _PRIVATE, _TYPE, _EXTERNAL = 0xE0, 0x10, 0x0E, 0x01
_UNDEFINED, _PREBOUND = 0x0, 0xC
_WEAK_REFERENCE, _WEAK_DEFINITION = 0x40, 0x80
_REEXPORT, _STUB, _WEAK = 0x08, 0x10, 0x04


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A symbol with the underscore that C names have. `hidden` ones are for the file alone that they are linked into.

    `common` is one of an object that asks for room and defines nothing else; it counts as defined. `library` is the
    number, from 1, of the library that an undefined one is looked up in (two-level namespace); 0 itself, 254 any,
    255 the program.
    """

    name: str
    external: bool
    hidden: bool
    defined: bool
    common: bool
    weak: bool
    library: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An exported symbol; `source` is the name that it has in the library it is passed on from."""

    name: str
    weak: bool
    thread_local: bool
    source: str | None


def read_symbols(reader: Reader, table: tuple[int, int, int, int] | None) -> Iterator[Symbol]:
    """The symbols of `table`: offset and number of entries, offset and size of names. Raises `MachOInvalid`."""
    if table is None:
        return
    offset, count, names_at, names_size = table
    names = reader.span.part(names_at, names_size, "the string table")
    budget = Budget(MachOInvalid, left=4 * names_size + 16 * count + (64 << 20))
    for name, kind, _, description, value in reader.span.rows(
        reader.form("IBBHI", "IBBHQ"), offset, count, "the symbol table"
    ):
        if kind & _STAB:
            continue
        undefined = kind & _TYPE in (_UNDEFINED, _PREBOUND)
        external = bool(kind & _EXTERNAL)
        common = undefined and external and value != 0
        undefined = undefined and not common
        yield Symbol(
            name=names.text(name, budget, "a symbol's name"),
            external=external,
            hidden=bool(kind & _PRIVATE),
            defined=not undefined,
            common=common,
            weak=bool(description & (_WEAK_REFERENCE if undefined else _WEAK_DEFINITION)),
            library=description >> 8 if undefined else 0,
        )


def read_exports(reader: Reader, place: tuple[int, int] | None) -> Iterator[Export]:
    """The exports of the trie at `place` (offset and size), sorted as the trie is. Raises `MachOInvalid`."""
    if place is None or not place[1]:
        return
    trie = reader.span.part(*place, "the export trie")
    budget = Budget(MachOInvalid)
    seen: set[int] = set()
    waiting = [(0, b"")]
    while waiting:
        position, prefix = waiting.pop()
        if position in seen:
            raise MachOInvalid(f"the export trie reaches its node at {position:,} twice")
        seen.add(position)
        size, start = _uleb(trie, position)
        if size:
            yield _export(trie.part(start, size, "an export"), prefix, budget)
        at = start + size
        children = trie.bytes_at(at, 1, "a node of the export trie")[0]
        at += 1
        found = []
        for _ in range(children):
            end = _end_of_text(trie, at)
            node, after = _uleb(trie, end + 1)
            # Prefixes are kept for nodes that wait: long ones are paid for, too.
            budget.take(len(prefix) + end - at)
            found.append((node, prefix + bytes(trie.view[at:end])))
            at = after
        waiting.extend(reversed(found))


def _export(span: Span, prefix: bytes, budget: Budget) -> Export:
    flags, at = _uleb(span, 0)
    source = None
    if flags & _REEXPORT:
        _, at = _uleb(span, at)
        source = span.text(at, budget, "the source of an export") or prefix.decode("utf-8", "replace")
    budget.take(len(prefix))
    return Export(
        name=prefix.decode("utf-8", "replace"),
        weak=bool(flags & _WEAK),
        thread_local=flags & 3 == 1,
        source=source,
    )


def _end_of_text(trie: Span, at: int) -> int:
    step = 64
    while at < len(trie):
        piece = bytes(trie.view[at : at + step])
        end = piece.find(b"\0")
        if end >= 0:
            return at + end
        at += step
    raise MachOInvalid("a label of the export trie has no end")


def _uleb(span: Span, at: int) -> tuple[int, int]:
    """A number in ULEB128 and the place behind it."""
    value = 0
    for number, byte in enumerate(bytes(span.view[at : at + 10])):
        value |= (byte & 0x7F) << 7 * number
        if not byte & 0x80:
            return value, at + number + 1
    raise MachOInvalid(f"a number at {at:,} of {span.what} has no end")
