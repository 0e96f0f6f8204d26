"""What judging needs to know of one ELF file or static library.

Invariant: damage is a fact (`fault`), never an exception; what is kept is small whatever the size of the file, and a
`Budget` bounds names of symbols.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pydist.binary import ar
from pydist.binary.elf import ElfFile, ElfInvalid, Type
from pydist.binary.elf_notes import Properties
from pydist.binary.kind import HEAD_SIZE, kind_of
from pydist.binary.kind import Kind as Binary

__all__ = ["BinaryFacts", "Budget", "DynamicNames", "ElfFacts", "SymbolNames", "examine"]

_MEMBERS = 50_000  # of one static library; libLLVM as one archive has some ten thousand
_NAMES = 64 << 20  # bytes of all symbol names of one file; libpython takes 2 MiB
_NAME = 100  # bytes that a name takes besides its characters
_LOCAL, _WEAK = 0, 2
_INTERNAL, _HIDDEN = 1, 2


@dataclass(slots=True)
class Budget:
    """Bytes that the names of symbols may still take."""

    left: int = _NAMES

    def take(self, name: str) -> str:
        """`name`, paid for. Raises `ElfInvalid` when there is too much of them."""
        self.left -= len(name) + _NAME
        if self.left < 0:
            raise ElfInvalid(f"symbol names take more than {_NAMES:,} bytes")
        return name


@dataclass(frozen=True, slots=True)
class SymbolNames:
    """What one object defines for others, and what it cannot be linked without.

    `hidden` are those it defines for the file that it is linked into alone.
    """

    defines: frozenset[str]
    hidden: frozenset[str]
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class DynamicNames:
    """What a linked file offers to others that are loaded, what it cannot be loaded without, and what it can.

    `loose` are those it needs of no particular library: without a symbol version.
    """

    exports: frozenset[str]
    needs: frozenset[str]
    weak: frozenset[str]
    loose: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElfFacts:
    """One ELF file, or all members of a library that are alike in everything here.

    `versions` are the symbol versions that it needs of libraries, `search` the folders of its RPATH and RUNPATH.
    `build_id` is hexadecimal, of linked files alone.
    """

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
    soname: str | None = None
    search: tuple[str, ...] = ()
    pie: bool = False
    properties: Properties = field(default_factory=Properties)
    static_tls: bool = False
    build_id: str | None = None

    @property
    def linked(self) -> bool:
        """Whether it is a program or a shared library."""
        return self.type in (Type.EXEC, Type.DYN)


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryFacts:
    """`elf` has one item for an ELF file; for a library the distinct ones of its members, with a member's name.

    `symbols` has one item for each ELF object: one of an object file, those of a library in order. `members` counts the
    ELF files inside; `kinds` are all kinds of members, `names` their names in order. `indexed`: a library has an index
    of symbols. `dynamic` is there for programs and shared libraries.
    """

    fault: str | None = None
    elf: tuple[tuple[str, ElfFacts], ...] = ()
    symbols: tuple[SymbolNames, ...] = ()
    dynamic: DynamicNames | None = None
    members: int = 0
    kinds: frozenset[Binary] = field(default=frozenset())
    names: tuple[str, ...] = ()
    indexed: bool = False


def examine(kind: Binary, data: bytes, budget: Budget | None = None) -> BinaryFacts:
    """The facts of an ELF file or a static library; `budget` is what names may take."""
    budget = budget or Budget()
    try:
        if kind is Binary.AR:
            return _library(data, budget)
        elf = ElfFile.parse(data)
        symbols = (_names(elf, data, budget),) if elf.type == Type.REL else ()
        found, kinds = (("", _facts(elf)),), frozenset({Binary.ELF})
        dynamic = None if symbols else _dynamic(elf, data, budget)
        return BinaryFacts(elf=found, symbols=symbols, dynamic=dynamic, members=1, kinds=kinds)
    except (ElfInvalid, ar.ArInvalid) as error:
        return BinaryFacts(fault=error.message)


def _library(data: bytes, budget: Budget) -> BinaryFacts:
    distinct: dict[ElfFacts, str] = {}
    kinds: set[Binary] = set()
    names: list[str] = []
    symbols: list[SymbolNames] = []
    count = 0
    for number, (name, view) in enumerate(ar.members(data), 1):
        if number > _MEMBERS:
            return BinaryFacts(fault=f"a static library of more than {_MEMBERS:,} members")
        kind = kind_of(bytes(view[:HEAD_SIZE]))
        kinds.add(kind)
        names.append(budget.take(name))
        if kind is Binary.ELF:
            count += 1
            try:
                elf = ElfFile.parse(view)
                distinct.setdefault(_facts(elf), name)
                symbols.append(_names(elf, view, budget))
            except ElfInvalid as error:
                return BinaryFacts(fault=f"member {name[:100]}: {error.message}")
    found = tuple((name, facts) for facts, name in distinct.items())
    return BinaryFacts(
        elf=found,
        symbols=tuple(symbols),
        members=count,
        kinds=frozenset(kinds),
        names=tuple(names),
        indexed=ar.has_index(data),
    )


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
        soname=elf.soname,
        search=tuple(folder for path in (elf.rpath, elf.runpath) if path is not None for folder in path.split(":")),
        pie=elf.pie,
        properties=elf.properties,
        static_tls=elf.static_tls,
        build_id=elf.build_id if elf.type != Type.REL else None,
    )


def _dynamic(elf: ElfFile, data: bytes | memoryview, budget: Budget) -> DynamicNames:
    exports, needs, weak, loose = set(), set(), set(), set()
    for symbol in elf.dynamic_symbols(data):
        if symbol.binding == _LOCAL:
            continue
        if symbol.defined:
            if symbol.visibility not in (_INTERNAL, _HIDDEN):
                exports.add(budget.take(symbol.name))
        elif symbol.binding == _WEAK:
            weak.add(budget.take(symbol.name))
        else:
            needs.add(budget.take(symbol.name))
            if symbol.version is None:
                loose.add(symbol.name)
    return DynamicNames(frozenset(exports), frozenset(needs), frozenset(weak), frozenset(loose))


def _names(elf: ElfFile, data: bytes | memoryview, budget: Budget) -> SymbolNames:
    defines, hidden, needs = set(), set(), set()
    for symbol in elf.symbols(data):
        if symbol.binding != _LOCAL and symbol.defined:
            defines.add(budget.take(symbol.name))
            if symbol.visibility in (_INTERNAL, _HIDDEN):
                hidden.add(symbol.name)
        elif symbol.binding not in (_LOCAL, _WEAK):
            needs.add(budget.take(symbol.name))
    return SymbolNames(frozenset(defines), frozenset(hidden), frozenset(needs))
