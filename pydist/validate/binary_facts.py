"""What judging needs to know of one binary: an ELF, Mach-O or PE file, an object, a static library, a PDB.

Invariant: damage is a fact (`fault`), never an exception; what is kept is small whatever the size of the file, and a
`Budget` bounds names.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pydist.binary import ar
from pydist.binary.coff import Coff, ImportMember, read_member
from pydist.binary.elf import ElfFile, ElfInvalid, Type
from pydist.binary.elf_notes import Properties
from pydist.binary.kind import HEAD_SIZE, kind_of
from pydist.binary.kind import Kind as Binary
from pydist.binary.macho import FileType, MachO
from pydist.binary.pdb import PdbFile
from pydist.errors import InputError
from pydist.validate.macho_facts import MachOFacts, examine_macho, object_facts
from pydist.validate.pe_facts import ImportedNames, PeFacts, examine_pe

__all__ = ["EXAMINED", "BinaryFacts", "Budget", "DynamicNames", "ElfFacts", "SymbolNames", "examine", "is_examined"]

EXAMINED = frozenset({Binary.ELF, Binary.AR, Binary.MACHO, Binary.PE, Binary.COFF, Binary.PDB})
"""Kinds of files that have facts of their own."""

_GUESSED = {Binary.PE: (".exe", ".dll", ".pyd", ".com"), Binary.COFF: (".obj", ".o")}
"""Kinds that other data may begin like: what is not named so is not called damaged."""
_MEMBERS = 50_000  # of one static library; libLLVM as one archive has some ten thousand
_NAMES = 64 << 20  # bytes of all symbol names of one file; libpython takes 2 MiB
_NAME = 100  # bytes that a name takes besides its characters
_COFF_NAMES = (".o", ".obj", ".dll", ".exe", ".pyd")  # of objects, and of libraries that members stand for
_LOCAL, _WEAK = 0, 2
_INTERNAL, _HIDDEN = 1, 2


@dataclass(slots=True)
class Budget:
    """Bytes that names may still take: of symbols and their versions, libraries, folders."""

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

    `macho` has one for each slice of a Mach-O file, `coff` the machine of an object; of a library both have distinct
    ones, too. `symbols` has one item for each ELF or Mach-O object, those of a library in order, with the names of C.
    `members` counts the files inside that are ELF, Mach-O, PE or COFF; `kinds` are all kinds of members, `names` their
    names in order. `indexed`: a library has an index of symbols. `dynamic` is there for ELF programs and shared
    libraries, `imported` for import libraries of Windows.
    """

    fault: str | None = None
    elf: tuple[tuple[str, ElfFacts], ...] = ()
    symbols: tuple[SymbolNames, ...] = ()
    dynamic: DynamicNames | None = None
    macho: tuple[tuple[str, MachOFacts], ...] = ()
    pe: PeFacts | None = None
    coff: tuple[tuple[str, int], ...] = ()
    imported: tuple[ImportedNames, ...] = ()
    pdb: PdbFile | None = None
    members: int = 0
    kinds: frozenset[Binary] = field(default=frozenset())
    names: tuple[str, ...] = ()
    indexed: bool = False


def is_examined(name: str, kind: Binary) -> bool:
    """Whether a file of this name and kind has facts of its own."""
    return kind in EXAMINED and name.lower().endswith(_GUESSED.get(kind, ("",)))


def examine(kind: Binary, data: bytes, budget: Budget | None = None) -> BinaryFacts:
    """The facts of a binary of `EXAMINED`; `budget` is what names may take."""
    try:
        return _EXAMINERS[kind](data, budget or Budget())
    except InputError as error:
        return BinaryFacts(fault=error.message)


def _elf(data: bytes, budget: Budget) -> BinaryFacts:
    elf = ElfFile.parse(data)
    symbols = (_names(elf, data, budget),) if elf.type == Type.REL else ()
    dynamic = None if symbols else _dynamic(elf, data, budget)
    kinds = frozenset({Binary.ELF})
    return BinaryFacts(elf=(("", _facts(elf, budget)),), symbols=symbols, dynamic=dynamic, members=1, kinds=kinds)


def _macho(data: bytes, budget: Budget) -> BinaryFacts:
    distinct = {facts: name for name, facts in examine_macho(data, budget.take)}
    found = tuple((name, facts) for facts, name in distinct.items())
    single = len(found) == 1 and not found[0][0] and found[0][1].type == FileType.OBJECT
    symbols = (_macho_names(MachO.parse(data)[0], data, budget),) if single else ()
    return BinaryFacts(macho=found, symbols=symbols, members=1, kinds=frozenset({Binary.MACHO}))


def _pe(data: bytes, budget: Budget) -> BinaryFacts:
    return BinaryFacts(pe=examine_pe(data, budget.take), members=1, kinds=frozenset({Binary.PE}))


def _coff(data: bytes, _: Budget) -> BinaryFacts:
    return BinaryFacts(coff=(("", Coff.parse(data).machine),), members=1, kinds=frozenset({Binary.COFF}))


def _pdb(data: bytes, _: Budget) -> BinaryFacts:
    return BinaryFacts(pdb=PdbFile.parse(data), kinds=frozenset({Binary.PDB}))


def _archive(data: bytes, budget: Budget) -> BinaryFacts:
    return _Library(budget).facts(data)


_EXAMINERS = {Binary.ELF: _elf, Binary.MACHO: _macho, Binary.PE: _pe, Binary.COFF: _coff, Binary.PDB: _pdb,
              Binary.AR: _archive}  # fmt: skip


class _Library:
    """Collects what one member of a static library after the other is."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.kinds: set[Binary] = set()
        self.elf: dict[ElfFacts, str] = {}
        self.macho: dict[MachOFacts, str] = {}
        self.coff: dict[int, str] = {}
        self.imported: dict[tuple[int, str], tuple[str, set[str]]] = {}
        self.symbols: list[SymbolNames] = []
        self.names: list[str] = []
        self.count = 0

    def facts(self, data: bytes) -> BinaryFacts:
        """The facts of the library. Raises `ArInvalid`."""
        for number, (name, view) in enumerate(ar.members(data), 1):
            if number > _MEMBERS:
                return BinaryFacts(fault=f"a static library of more than {_MEMBERS:,} members")
            kind = kind_of(bytes(view[:HEAD_SIZE]))
            self.kinds.add(kind)
            self.names.append(self.budget.take(name))
            try:
                self.take(name, kind, view)
            except InputError as error:
                return BinaryFacts(fault=f"member {name[:100]}: {error.message}")
        return BinaryFacts(
            elf=tuple((name, facts) for facts, name in self.elf.items()),
            symbols=tuple(self.symbols),
            macho=tuple((name, facts) for facts, name in self.macho.items()),
            coff=tuple((name, machine) for machine, name in self.coff.items()),
            imported=tuple(
                ImportedNames(member=member, machine=machine, library=library, names=frozenset(names))
                for (machine, library), (member, names) in self.imported.items()
            ),
            members=self.count,
            kinds=frozenset(self.kinds),
            names=tuple(self.names),
            indexed=ar.has_index(data),
        )

    def take(self, name: str, kind: Binary, view: memoryview) -> None:
        coff = kind is Binary.COFF and name.lower().endswith(_COFF_NAMES)
        self.count += coff or kind in (Binary.ELF, Binary.MACHO)
        if kind is Binary.ELF:
            elf = ElfFile.parse(view)
            self.elf.setdefault(_facts(elf, self.budget), name)
            self.symbols.append(_names(elf, view, self.budget))
        elif kind is Binary.MACHO:
            macho = MachO.parse(view)[0]
            self.macho.setdefault(object_facts(macho), name)
            self.symbols.append(_macho_names(macho, view, self.budget))
        elif coff:
            member = read_member(view)
            self.coff.setdefault(member.machine, name)
            if isinstance(member, ImportMember):
                place = self.imported.setdefault((member.machine, member.library), (name, set()))
                if member.imported_name is not None:
                    place[1].add(self.budget.take(member.imported_name))


def _facts(elf: ElfFile, budget: Budget) -> ElfFacts:
    return ElfFacts(
        machine=elf.machine,
        type=elf.type,
        bits=elf.bits,
        little_endian=elf.little_endian,
        interp=elf.interp,
        needed=tuple(map(budget.take, elf.needed)),
        versions=frozenset(budget.take(version) for need in elf.version_needs for version in need.versions),
        writable_code=any(segment.writable_and_executable for segment in elf.segments),
        executable_stack=elf.has_executable_stack,
        textrel=elf.textrel,
        relro=elf.has_relro,
        bind_now=elf.bind_now,
        soname=elf.soname,
        search=tuple(
            budget.take(folder) for path in (elf.rpath, elf.runpath) if path is not None for folder in path.split(":")
        ),
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


def _macho_names(macho: MachO, data: bytes | memoryview, budget: Budget) -> SymbolNames:
    defines, hidden, needs = set(), set(), set()
    for symbol in macho.symbols(data):
        name = symbol.name.removeprefix("_")
        if symbol.external and symbol.defined:
            defines.add(budget.take(name))
            if symbol.hidden:
                hidden.add(name)
        elif symbol.external and not symbol.weak:
            needs.add(budget.take(name))
    return SymbolNames(frozenset(defines), frozenset(hidden), frozenset(needs))


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
