"""What judging needs to know of one Mach-O file: each of its slices, or the members of a universal library.

Invariant: what is kept is small whatever the size of the file; every name that is kept is paid for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydist.binary import ar
from pydist.binary.fat import slices
from pydist.binary.kind import HEAD_SIZE, Kind, kind_of
from pydist.binary.macho import Build, Dylib, FileType, HeaderFlag, MachO, Platform, Version
from pydist.binary.macho_signature import Signature

__all__ = ["ANYWHERE", "PROGRAM", "MachOFacts", "examine_macho", "object_facts"]

ANYWHERE = frozenset({0, 254})
"""Numbers of libraries that stand for no library: linkers write either for what is looked up wherever it is."""
PROGRAM = 255
"""The number that stands for the program that loads a module."""
_LINKED = (FileType.EXECUTE, FileType.DYLIB, FileType.BUNDLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class MachOFacts:
    """One slice. Names of symbols are those of C, without the underscore in front of them.

    `needs` are undefined symbols that have to be there, by the number of the library they are looked up in: that of
    `dylibs` from 1, `PROGRAM` or one of `ANYWHERE`; those of libraries with an absolute name are left out.
    Without a two-level namespace there are none.
    `signed_pages` tells whether the signature belongs to these bytes; None without one.
    """

    cpu_type: int
    cpu_subtype: int
    type: int
    flags: HeaderFlag
    builds: tuple[Build, ...]
    writable_code: bool = False
    install_name: Dylib | None = None
    dylibs: tuple[Dylib, ...] = ()
    rpaths: tuple[str, ...] = ()
    dylinker: str | None = None
    uuid: str | None = None
    padding: int | None = None
    signature: Signature | None = None
    signed_pages: bool | None = None
    exports: frozenset[str] = frozenset()
    needs: tuple[tuple[int, frozenset[str]], ...] = ()

    @property
    def linked(self) -> bool:
        """Whether it is a program, a library or a module that is loaded."""
        return self.type in _LINKED

    @property
    def minimum_os(self) -> Version | None:
        """The oldest macOS that it runs on."""
        return next((build.minimum_os for build in self.builds if build.platform == Platform.MACOS), None)

    @property
    def sdk(self) -> Version | None:
        """The SDK that it was built with; None where that is not known."""
        return next((build.sdk for build in self.builds if build.platform == Platform.MACOS and any(build.sdk)), None)


def examine_macho(data: bytes, take: Callable[[str], str]) -> Iterator[tuple[str, MachOFacts]]:
    """The facts of each slice; of a universal library those of its members, with their names.

    `take` pays for a name that is kept. Raises `MachOInvalid` and `ArInvalid`.
    """
    view = memoryview(data)
    parts = slices(view)
    # Only slices tell: a universal library has no Mach-O file around its members.
    if any(kind_of(bytes(view[item.offset : item.offset + HEAD_SIZE])) is Kind.AR for item in parts):
        for item in parts:
            for name, member in ar.members(view[item.offset : item.offset + item.size]):
                if kind_of(bytes(member[:HEAD_SIZE])) is Kind.MACHO:
                    yield name, object_facts(MachO.parse(member)[0])
    else:
        for macho in MachO.parse(view):
            yield "", _facts(macho, view, take)


def object_facts(macho: MachO) -> MachOFacts:
    """The facts of an object, without symbols."""
    return MachOFacts(
        cpu_type=macho.cpu_type,
        cpu_subtype=macho.cpu_subtype,
        type=macho.type,
        flags=macho.flags,
        builds=macho.builds,
    )


def _facts(macho: MachO, data: memoryview, take: Callable[[str], str]) -> MachOFacts:
    if macho.type not in _LINKED:
        return object_facts(macho)
    return MachOFacts(
        cpu_type=macho.cpu_type,
        cpu_subtype=macho.cpu_subtype,
        type=macho.type,
        flags=macho.flags,
        builds=macho.builds,
        writable_code=any(segment.writable_and_executable for segment in macho.segments),
        install_name=macho.install_name,
        dylibs=macho.dylibs,
        rpaths=macho.rpaths,
        dylinker=macho.dylinker,
        uuid=macho.uuid,
        padding=macho.padding,
        signature=macho.signature,
        signed_pages=macho.signature_matches(data) if macho.signature is not None else None,
        exports=frozenset(take(name) for name in _exports(macho, data)),
        needs=_needs(macho, data, take),
    )


def _exports(macho: MachO, data: memoryview) -> Iterator[str]:
    if macho.export_trie is not None:
        names = (item.name for item in macho.exports(data))
    else:
        names = (item.name for item in macho.symbols(data) if item.defined and item.external and not item.hidden)
    return (name.removeprefix("_") for name in names)


def _needs(macho: MachO, data: memoryview, take: Callable[[str], str]) -> tuple[tuple[int, frozenset[str]], ...]:
    if not macho.two_level_namespace:
        return ()  # anything may be in a library of the system
    elsewhere = {number for number, dylib in enumerate(macho.dylibs, 1) if dylib.name.startswith("/")}
    made: dict[int, set[str]] = defaultdict(set)
    for symbol in macho.symbols(data):
        if not symbol.defined and symbol.external and not symbol.weak and symbol.library not in elsewhere:
            made[symbol.library].add(take(symbol.name.removeprefix("_")))
    return tuple((number, frozenset(names)) for number, names in sorted(made.items()))
