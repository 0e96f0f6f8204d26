"""Rules about what macOS' loader has to find for a Mach-O file: libraries by their names, symbols in them.

Invariant: names are followed as dyld does (man 1 dyld), but nothing outside the archive is ever known to be there,
except what the table of the system lists. Where there is no interpreter, what dyld would look for beside it, or in the
folders that it names, is not judged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Set
from itertools import islice

from pydist.archive.paths import shown
from pydist.binary.macho import Dylib, FileType, Load
from pydist.validate.expected import bundled, is_libpython, public_api
from pydist.validate.facts import Facts
from pydist.validate.macho_facts import ANYWHERE, PROGRAM, MachOFacts
from pydist.validate.report import Finding, found
from pydist.validate.steps import Endless, Steps
from pydist.validate.systems import macos

__all__ = ["judge"]

_LOADER, _EXECUTABLE, _RPATH = "@loader_path", "@executable_path", "@rpath"
_RELATIVE = (f"{_LOADER}/", f"{_EXECUTABLE}/", f"{_RPATH}/")
_PACKAGES = "-packages/"
_NOWHERE = "/"
_SHOWN = 3
_USERS, _LIBRARIES = 64, 1_000  # that are followed for one file
_STEPS = 200_000  # folders and libraries that are looked at; a real distribution takes some thousand


def judge(facts: Facts, cpus: Set[int]) -> Iterator[Finding]:
    """Everything that dyld would not find, or find twice, when it loads files for the processors `cpus`."""
    if facts.damage is not None:
        return  # what is missing came later
    try:
        for cpu in sorted(cpus):
            yield from _Loader(facts, cpu).judge()
    except Endless:
        yield found("macho.needed", "", f"more than {_STEPS:,} places to look at; not everything was looked at")


def _all(facts: Facts) -> Iterator[tuple[str, MachOFacts]]:
    for name, file in facts.files.items():
        for member, macho in file.binary.macho if file.binary is not None else ():
            if macho.linked and not member:
                yield name, macho


class _Loader:
    """The files that have code for one processor, and where each finds its libraries."""

    def __init__(self, facts: Facts, cpu: int) -> None:
        self.facts, self.steps = facts, Steps(_STEPS)
        self.files = {name: macho for name, macho in _all(facts) if macho.cpu_type == cpu}
        self.interpreter = facts.resolve(facts.interpreter or "")
        self.library = facts.resolve(facts.library or "")
        self.unknown = () if self.interpreter in self.files else (f"{_RPATH}/", _EXECUTABLE)
        self.users: dict[str, list[str]] = defaultdict(list)  # of a library, by the last part of its name
        for name, macho in self.files.items():
            for dylib in macho.dylibs:
                self.users[_last(dylib.name)].append(name)

    def judge(self) -> Iterator[Finding]:
        for name, macho in self.files.items():
            if _PACKAGES in name:
                continue  # packages may load their libraries by themselves
            yield from self._own_name(name, macho)
            yield from self._folders(name, macho)
            yield from _twice(name, macho)
            for dylib in macho.dylibs:
                yield from self._needed(name, macho, dylib)
            yield from self._one_runtime(name, macho)
            yield from self._unresolved(name, macho)
            yield from self._module(name, macho)
        for name in dict.fromkeys((self.interpreter, self.library)):
            if name in self.files:
                yield from self._api(name, self.files[name])

    def expand(self, owner: str, path: str) -> str | None:
        """Where in the archive `path`, of the file `owner`, leads to; None for what does not depend on a file's place.

        It is empty for the root of the archive, and `_NOWHERE` for what is not installed.
        """
        self.steps.spend(1)
        for word, base in ((_LOADER, owner), (_EXECUTABLE, self.interpreter)):
            if path == word or path.startswith(f"{word}/"):
                if word in self.unknown:
                    return _NOWHERE
                real = self.facts.resolve(f"{base.rpartition('/')[0]}{path.removeprefix(word)}".removeprefix("/"))
                # build/ is not there when a distribution is installed.
                return real if real.startswith("install/") or not owner.startswith("install/") else _NOWHERE
        return None

    def find(self, name: str, library: str) -> str | None:
        """The file that `name` gets when it asks for `library`; None where that is not one of the archive."""
        if not library.startswith(f"{_RPATH}/"):
            place = self.expand(name, library)
            return place if place in self.files else None
        # dyld looks in the search paths of all that led to the file, up to the program.
        chain = dict.fromkeys((name, *islice(self.users[_last(name)], _USERS), self.interpreter))
        for owner in chain:
            for rpath in self.files[owner].rpaths if owner in self.files else ():
                folder = self.expand(owner, rpath)
                whole = f"{folder}{library.removeprefix(_RPATH)}".removeprefix("/")
                place = None if folder in (None, _NOWHERE) else self.facts.resolve(whole)
                if place in self.files:
                    return place
        return None

    def _own_name(self, name: str, macho: MachOFacts) -> Iterator[Finding]:
        if macho.type != FileType.DYLIB or not (name.endswith(".dylib") or name == self.library):
            return
        own = macho.install_name.name if macho.install_name is not None else None
        if own is None:
            yield found("macho.install-name", name, "has no install name, so that nothing can be linked with it")
        elif not own.startswith(_RELATIVE):
            yield found("macho.install-name", name, f"is called {shown(own)}, expected @rpath/…")
        elif self.facts.resolve(f"{name.rpartition('/')[0]}/{_last(own)}".removeprefix("/")) != name:
            yield found("macho.install-name", name, f"is called {shown(own)}, which is not its name here")

    def _folders(self, name: str, macho: MachOFacts) -> Iterator[Finding]:
        for rpath in dict.fromkeys(macho.rpaths):
            if rpath.startswith(self.unknown):
                continue
            folder = self.expand(name, rpath)
            if folder is None and rpath not in macos().folders:
                yield found("macho.runpath", name, f"looks for libraries in {shown(rpath)}, expected @loader_path/…")
            elif folder and folder not in self.facts.folders:
                yield found("macho.runpath", name, f"{shown(rpath)} leads to no folder of the archive")

    def _needed(self, name: str, macho: MachOFacts, dylib: Dylib) -> Iterator[Finding]:
        system = macos().libraries.get(dylib.name)
        if system is not None:
            offers, oldest = system.offers, macho.minimum_os
            if system.since is not None and oldest is not None and oldest < system.since and dylib.load != Load.WEAK:
                text = f"needs {shown(dylib.name)}, which came with macOS {system.since}; it is made for {oldest}"
                yield found("macho.needed", name, text)
        elif (place := self.find(name, dylib.name)) is not None:
            own = self.files[place].install_name
            if own is None:
                return
            offers = own.compatibility_version
        elif dylib.name.startswith(self.unknown):
            return
        else:
            if dylib.load != Load.WEAK or not dylib.name.startswith("/"):
                where = "not on every macOS and " if dylib.name.startswith("/") else ""
                yield found("macho.needed", name, f"needs {shown(dylib.name)}, which is {where}not in the archive")
            return
        if dylib.compatibility_version > offers:
            text = f"needs version {dylib.compatibility_version} of {shown(dylib.name)}, which offers {offers}"
            yield found("macho.compatibility", name, text)

    def _one_runtime(self, name: str, macho: MachOFacts) -> Iterator[Finding]:
        program = self.files.get(self.interpreter)
        if program is None or name in (self.interpreter, self.library) or any(map(_is_python, program.dylibs)):
            return
        for dylib in filter(_is_python, macho.dylibs):
            yield found("macho.one-runtime", name, f"loads {shown(dylib.name)}, a second run time beside the program's")

    def _unresolved(self, name: str, macho: MachOFacts) -> Iterator[Finding]:
        loose: set[str] = set()
        for number, names in macho.needs:
            if number in ANYWHERE:
                loose.update(names)
                continue
            dylib = macho.dylibs[number - 1] if 0 < number <= len(macho.dylibs) else None
            place = self.interpreter if number == PROGRAM else self.find(name, dylib.name) if dylib else None
            if place in self.files and (lost := self._lost(names, (place,))):
                yield found("macho.unresolved", name, f"needs {_listed(lost)} of {shown(place)}, which has it not")
        for host in dict.fromkeys((self.interpreter, self.library)):
            if loose and host in self.files and (lost := self._lost(loose, (name, host))):
                yield found("macho.unresolved", name, f"needs {_listed(lost)}, which {shown(host)} does not export")

    def _lost(self, symbols: Iterable[str], names: Iterable[str]) -> set[str]:
        """What of `symbols` neither `names` nor any library of the archive that they load exports."""
        lost, waiting, seen = set(symbols), list(names), set[str]()
        while lost and waiting and len(seen) < _LIBRARIES:
            name = waiting.pop()
            self.steps.spend(1)
            if name not in seen and name in self.files:
                seen.add(name)
                lost = {symbol for symbol in lost if symbol not in self.files[name].exports}
                waiting += [place for dylib in self.files[name].dylibs if (place := self.find(name, dylib.name))]
        return lost

    def _module(self, name: str, macho: MachOFacts) -> Iterator[Finding]:
        if "/lib-dynload/" in f"/{name}" and name.endswith(".so"):
            init = f"PyInit_{_last(name).partition('.')[0]}"
            if init not in macho.exports:
                yield found("macho.module", name, f"does not export {shown(init)}")
            yield from _bundled(name, macho)

    def _api(self, name: str, macho: MachOFacts) -> Iterator[Finding]:
        yield from _bundled(name, macho)
        if any(map(_is_python, macho.dylibs)):
            return  # a program that is only a door to libpython
        if lacking := public_api() - macho.exports:
            yield found("macho.api", name, f"does not export {_listed(lacking)} of the C API")


def _twice(name: str, macho: MachOFacts) -> Iterator[Finding]:
    for what, names in (("LC_RPATH", macho.rpaths), ("LC_LOAD_DYLIB", [dylib.name for dylib in macho.dylibs])):
        for text, count in Counter(names).items():
            if count > 1:
                yield found("macho.duplicates", name, f"has {count} times {what} {shown(text)}")


def _bundled(name: str, macho: MachOFacts) -> Iterator[Finding]:
    if names := macho.exports & bundled().keys():
        libraries = ", ".join(sorted({bundled()[item] for item in names})[:_SHOWN])
        yield found("macho.bundled", name, f"exports {_listed(names)} of {libraries}")


def _is_python(dylib: Dylib) -> bool:
    return is_libpython(dylib.name) or dylib.name.endswith("/Python")


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - _SHOWN:,} more symbols" if len(ordered) > _SHOWN else ""
    return ", ".join(shown(name) for name in ordered[:_SHOWN]) + more
