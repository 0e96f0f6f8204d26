"""The members of a static libpython as the objects that they are, and objects that only one compiler can read.

Invariant: every member is written out once, but the one that a program replaces.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydist.binary import ar
from pydist.binary.elf import ElfFile, ElfInvalid
from pydist.binary.kind import HEAD_SIZE, Kind, kind_of
from pydist.errors import Fault, InputError

__all__ = ["Members", "check_objects", "unpack"]

_INITTAB = "_PyImport_Inittab"
_OF_GCC = ".gnu.lto_"
_ALLOC = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The objects, but the one with the table of built-in modules, and the names that they define for others."""

    objects: tuple[Path, ...]
    defined: frozenset[str]


def unpack(library: Path, folder: Path) -> Members:
    """Write the members of `library` to the new `folder`. Raises `InputError` for what is no library of ELF objects."""
    folder.mkdir()
    objects = []
    defined: set[str] = set()
    try:
        for number, (name, view) in enumerate(ar.members(library.read_bytes())):
            data = bytes(view)
            if (kind := kind_of(data[:HEAD_SIZE])) is not Kind.ELF:
                raise InputError(f"{library}: expected ELF objects, found {ascii(name)[:80]}, which is {kind}")
            symbols = ElfFile.parse(data).symbols(data)
            names = {symbol.name for symbol in symbols if symbol.defined and symbol.binding}
            if _INITTAB not in names:
                path = folder / f"{number}.o"  # several members may have one name, and it may be any
                path.write_bytes(data)
                objects.append(path)
                defined |= names
    except (ar.ArInvalid, ElfInvalid) as error:
        raise InputError(f"{library} is damaged: {error.message}") from None
    return Members(objects=tuple(objects), defined=frozenset(defined))


def check_objects(objects: Iterable[Path]) -> None:
    """Raise `InputError` that names every object with nothing in it but what GCC's own link-time optimiser reads."""
    faults = []
    for path in objects:
        data = path.read_bytes()
        if kind_of(data[:HEAD_SIZE]) is Kind.ELF:
            sections = ElfFile.parse(data).sections
            code = any(row.flags & _ALLOC and row.size and row.name != ".comment" for row in sections)
            if not code and any(row.name.startswith(_OF_GCC) for row in sections):
                faults.append(Fault(path.name, "has code for GCC's link-time optimiser only"))
    if faults:
        raise InputError("these objects cannot be linked; expected them to be made with -ffat-lto-objects", faults)
