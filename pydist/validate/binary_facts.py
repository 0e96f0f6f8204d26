"""What judging needs to know of one ELF file or static library.

Invariant: damage is a fact (`fault`), never an exception; what is kept is small whatever the size of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydist.binary import ar
from pydist.binary.elf import ElfFile, ElfInvalid, Symbol, Type
from pydist.binary.kind import HEAD_SIZE, kind_of
from pydist.binary.kind import Kind as Binary

__all__ = ["BinaryFacts", "ElfFacts", "examine"]

_MEMBERS = 50_000  # of one static library; libLLVM as one archive has some ten thousand
_INIT = re.compile(r"PyInit|_Init|_PyImport_Inittab")


@dataclass(frozen=True, slots=True, kw_only=True)
class ElfFacts:
    """One ELF file, or all members of a library that are alike in everything here."""

    machine: int
    type: int
    bits: int
    little_endian: bool
    interp: str | None = None
    needed: tuple[str, ...] = ()
    versions: frozenset[str] = frozenset()
    writable_code: bool = False
    executable_stack: bool = False
    textrel: bool = False
    relro: bool = False
    bind_now: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryFacts:
    """`elf` has one item for an ELF file; for a library the distinct ones of its members, with a member's name.

    `defines` are global symbols that could be initialisation functions, of ELF objects only. `members` counts the ELF
    files inside; `kinds` are all kinds of members.
    """

    fault: str | None = None
    elf: tuple[tuple[str, ElfFacts], ...] = ()
    defines: frozenset[str] = frozenset()
    members: int = 0
    kinds: frozenset[Binary] = field(default=frozenset())


def examine(kind: Binary, data: bytes) -> BinaryFacts:
    """The facts of an ELF file or a static library."""
    try:
        if kind is Binary.AR:
            return _library(data)
        elf = ElfFile.parse(data)
        defines = _defines(elf, data) if elf.type == Type.REL else frozenset()
        return BinaryFacts(elf=(("", _facts(elf)),), defines=defines, members=1, kinds=frozenset({Binary.ELF}))
    except (ElfInvalid, ar.ArInvalid) as error:
        return BinaryFacts(fault=error.message)


def _library(data: bytes) -> BinaryFacts:
    distinct: dict[ElfFacts, str] = {}
    kinds: set[Binary] = set()
    count = 0
    for number, (name, view) in enumerate(ar.members(data), 1):
        if number > _MEMBERS:
            return BinaryFacts(fault=f"a static library of more than {_MEMBERS:,} members")
        kind = kind_of(bytes(view[:HEAD_SIZE]))
        kinds.add(kind)
        if kind is Binary.ELF:
            count += 1
            try:
                distinct.setdefault(_facts(ElfFile.parse(view)), name)
            except ElfInvalid as error:
                return BinaryFacts(fault=f"member {name[:100]}: {error.message}")
    elf = tuple((name, facts) for facts, name in distinct.items())
    return BinaryFacts(elf=elf, members=count, kinds=frozenset(kinds))


def _facts(elf: ElfFile) -> ElfFacts:
    return ElfFacts(
        machine=elf.machine,
        type=elf.type,
        bits=elf.bits,
        little_endian=elf.little_endian,
        interp=elf.interp,
        needed=elf.needed,
        versions=frozenset(version for need in elf.version_needs for version in need.versions),
        writable_code=any(segment.writable_and_executable for segment in elf.segments),
        executable_stack=elf.has_executable_stack,
        textrel=elf.textrel,
        relro=elf.has_relro,
        bind_now=elf.bind_now,
    )


def _defines(elf: ElfFile, data: bytes) -> frozenset[str]:
    def wanted(symbol: Symbol) -> bool:
        return symbol.defined and symbol.binding != 0 and _INIT.search(symbol.name) is not None

    return frozenset(symbol.name for symbol in elf.symbols(data) if wanted(symbol))
