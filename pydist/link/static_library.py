"""The members of a static libpython as the objects that they are, and objects that only one compiler can read.

Invariant: every member is written out once, but the one that a program replaces.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydist.binary import ar
from pydist.binary.elf import ElfFile, ElfInvalid
from pydist.binary.kind import HEAD_SIZE, Kind, kind_of
from pydist.errors import Fault, InputError

__all__ = ["Members", "check_objects", "unpack"]

_INITTAB = "_PyImport_Inittab"
_OWN = ("Py", "_Py", "python_hashlib_")  # the last: how 3.12 and 3.13 call those of HACL
_GLOBAL = 1
_OF_GCC = ".gnu.lto_"
_ALLOC = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The objects, but the one with the table of built-in modules; the names that they define for others, and the
    initialisation functions whose members had to stay out."""

    objects: tuple[Path, ...]
    defined: frozenset[str]
    broken: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Member:
    data: bytes
    defined: frozenset[str]
    needed: frozenset[str]


def unpack(library: Path, folder: Path, functions: Collection[str]) -> Members:
    """Write the members of `library` to the new `folder`, but those that initialise a module with one of `functions`
    and need something of CPython's own that is nowhere: `make install` leaves libraries of its out.

    Raises `InputError` for what is no library of ELF objects.
    """
    whole, broken = _read(library), set[str]()
    while True:
        defined = frozenset({_INITTAB}).union(*(member.defined for member in whole))  # the program brings that
        lost = [member for member in whole if member.defined.intersection(functions) and member.needed - defined]
        if not lost:
            break
        broken |= {name for member in lost for name in member.defined.intersection(functions)}
        whole = [member for member in whole if member not in lost]
    folder.mkdir()
    objects = [folder / f"{number}.o" for number in range(len(whole))]  # members may have one name, and any
    for path, member in zip(objects, whole, strict=True):
        path.write_bytes(member.data)
    return Members(objects=tuple(objects), defined=defined, broken=frozenset(broken))


def _read(library: Path) -> list[_Member]:
    made = []
    try:
        for name, view in ar.members(library.read_bytes()):
            data = bytes(view)
            if (kind := kind_of(data[:HEAD_SIZE])) is not Kind.ELF:
                raise InputError(f"{library}: expected ELF objects, found {ascii(name)[:80]}, which is {kind}")
            symbols = [symbol for symbol in ElfFile.parse(data).symbols(data) if symbol.binding]
            defined = frozenset(symbol.name for symbol in symbols if symbol.defined)
            needed = (item.name for item in symbols if not item.defined and item.binding == _GLOBAL)
            if _INITTAB not in defined:
                made.append(_Member(data, defined, frozenset(name for name in needed if name.startswith(_OWN))))
    except (ar.ArInvalid, ElfInvalid) as error:
        raise InputError(f"{library} is damaged: {error.message}") from None
    return made


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
