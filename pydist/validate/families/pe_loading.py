"""Rules about what Windows' loader has to find for a PE file: libraries by their names, functions in them.

Invariant: only the folders are looked into that the loader searches for a module of Python: the file's own, and the
one of the program. Nothing outside the archive is ever known to be there, except what the table of the system lists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pydist.archive.paths import shown
from pydist.validate.expected import public_api
from pydist.validate.facts import Facts
from pydist.validate.pe_facts import Needed, PeFacts
from pydist.validate.report import Finding, found
from pydist.validate.systems import windows

__all__ = ["judge"]

_PACKAGES = "-packages/"
_SHOWN = 3
_HAS_CRT = (10, 0)  # the Windows that came with the universal C run time
_PLACES = 16  # of files with one name; real ones have one


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that the loader would not find."""
    if facts.damage is not None:
        return  # what is missing came later
    yield from _Loader(facts).judge()


class _Loader:
    """The files of the archive by folder and name: the loader takes no notice of case."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.files = {
            name: file.binary.pe for name, file in facts.files.items() if file.binary is not None and file.binary.pe
        }
        self.places: dict[str, list[str]] = defaultdict(list)
        for name in self.files:
            self.places[_last(name)].append(name)
        self.by_path = {name.lower(): name for name in self.files}
        self.program = _folder(facts.resolve(facts.interpreter or ""))
        self.library = facts.resolve(facts.library or "")

    def judge(self) -> Iterator[Finding]:
        for name, pe in self.files.items():
            if _PACKAGES in name or windows().is_template(name):
                continue  # packages may load their libraries by themselves
            for needed in pe.needed:
                yield from self._needed(name, needed)
            yield from self._forwarded(name, pe)
            yield from _module(name, pe)
            if pe.name is not None and pe.exports and _stem(pe.name) != _stem(name):
                yield found("pe.name", name, f"was linked as {shown(pe.name)}")
        yield from self._universal_runtime()
        library = self.files.get(self.library)
        if library is not None and (lacking := public_api() - library.exports):
            yield found("pe.api", self.library, f"does not export {_listed(lacking)} of the C API")
        yield from self._import_libraries()

    def find(self, name: str, library: str) -> str | None:
        """The file that `name` gets when it asks for `library`."""
        for folder in (_folder(name), self.program):
            place = self.by_path.get(f"{folder}{library}".lower())
            if place is not None:
                return place
        return None

    def _needed(self, name: str, needed: Needed) -> Iterator[Finding]:
        library = needed.library
        place = self.find(name, library)
        if windows().is_debugging(library):
            yield found("pe.debug-runtime", name, f"needs {shown(library)}, which may not be passed on")
        elif place is not None:
            if lost := needed.functions - self.files[place].exports:
                yield found("pe.unresolved", name, f"needs {_listed(lost)} of {shown(place)}, which has it not")
        elif windows().is_runtime(library):
            yield found("pe.runtime", name, f"needs {shown(library)}, which is not beside the interpreter")
        elif not windows().has(library):
            other = self.places.get(library.lower())
            where = f"in the archive only as {shown(other[0])}" if other else "not in the archive"
            text = f"needs {shown(library)}, which is not on every Windows and {where}"
            yield found("pe.delayed" if needed.delayed else "pe.needed", name, text)

    def _forwarded(self, name: str, pe: PeFacts) -> Iterator[Finding]:
        lost: dict[str, list[str]] = defaultdict(list)
        for own, target in pe.forwarded:
            stem, _, function = target.rpartition(".")
            place = self.find(name, f"{stem}.dll")
            if place is not None and function not in self.files[place].exports:
                lost[place].append(own)
            elif place is None and not windows().has(f"{stem}.dll"):
                lost[f"{stem}.dll"].append(own)
        for place, names in lost.items():
            yield found("pe.unresolved", name, f"passes on {_listed(names)} of {shown(place)}, which has it not")

    def _universal_runtime(self) -> Iterator[Finding]:
        """Windows has it since version 10; before, an update brought it that not every machine has."""
        oldest = windows().oldest_for(self.facts.series)
        wanting = (name for name, pe in self.files.items() if _PACKAGES not in name and any(map(_is_crt, pe.needed)))
        name = next(wanting, None)
        if oldest < _HAS_CRT and name is not None and not any(map(windows().is_universal, self.places)):
            text = f"needs the universal C run time, which Windows {oldest[0]}.{oldest[1]} has only by an update"
            yield found("pe.universal-runtime", name, text)

    def _import_libraries(self) -> Iterator[Finding]:
        for name, file in self.facts.files.items():
            for item in file.binary.imported if file.binary is not None and _PACKAGES not in name else ():
                places = self.places.get(item.library.lower(), [])[:_PLACES]
                if not places:
                    if not windows().has(item.library):
                        text = f"stands for {shown(item.library)}, which is not in the archive"
                        yield found("pe.import-library", name, text)
                elif lost := min((item.names - self.files[place].exports for place in places), key=len):
                    text = f"offers {_listed(lost)} of {shown(item.library)}, which has it not"
                    yield found("pe.import-library", name, text)


def _is_crt(needed: Needed) -> bool:
    return windows().is_universal(needed.library)


def _module(name: str, pe: PeFacts) -> Iterator[Finding]:
    if name.lower().endswith(".pyd"):
        init = f"PyInit_{name.rpartition('/')[2].partition('.')[0].removesuffix('_d')}"
        if init not in pe.exports:
            yield found("pe.module", name, f"does not export {shown(init)}")


def _folder(name: str) -> str:
    """`DLLs/` of `DLLs/_ssl.pyd`; empty for what is in no folder."""
    return name[: name.rfind("/") + 1]


def _last(name: str) -> str:
    return name.rpartition("/")[2].lower()


def _stem(name: str) -> str:
    last = _last(name)
    return last.rpartition(".")[0] or last


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - _SHOWN:,} more symbols" if len(ordered) > _SHOWN else ""
    return ", ".join(shown(name) for name in ordered[:_SHOWN]) + more
