"""Rules about what a linked ELF file of a Linux distribution asks of the system it is started on."""

from __future__ import annotations

from collections.abc import Container, Iterator

from pydist.archive.paths import shown
from pydist.target import Libc, Os, Target
from pydist.validate.binary_facts import BinaryFacts, ElfFacts
from pydist.validate.expected import CLibrary, c_library, glibc_version, is_libpython
from pydist.validate.facts import Facts
from pydist.validate.report import Finding, found
from pydist.validate.steps import Endless, Steps

__all__ = ["judge"]

_ORIGIN = ("$ORIGIN", "${ORIGIN}")
_SHOWN = 3
_GLIBC = "GLIBC_"
_STEPS = 20_000_000  # for all files together; a distribution with two thousand modules of packages takes a tenth
_LOOK = 100  # steps that following a path takes as long as


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that a system of the target may not have."""
    target = facts.target
    if target is None or target.os is not Os.LINUX or (row := c_library(target.libc)) is None:
        return
    try:
        yield from _files(facts, target, row)
    except Endless:
        yield found("linked.needed", "", "there are too many libraries to look for; not everything was looked at")


def _files(facts: Facts, target: Target, row: CLibrary) -> Iterator[Finding]:
    steps, offered = Steps(_STEPS), facts.offered
    for name, file in facts.files.items():
        if file.binary is None or file.binary.dynamic is None or not file.binary.elf[0][1].linked:
            continue
        elf = file.binary.elf[0][1]
        steps.spend(_LOOK * len(elf.search) + len(file.binary.dynamic.loose))
        if elf.interp is not None and elf.interp != row.loader(target):
            text = f"wants the loader {elf.interp[:200]!r}, expected {row.loader(target)} for {target}"
            yield found("linked.loader", name, text)
        yield from _versions(name, elf, target)
        yield from _search(facts, name, elf)
        if not facts.static:
            module = name.rpartition("/")[2].partition(".")[0]
            allowed = {*row.libraries, row.loader(target).rpartition("/")[2], *row.modules.get(module, ())}
            yield from _needed(facts, name, elf, allowed, steps)
        yield from _unresolved(name, file.binary, target, offered)
        yield from _level(facts, name, elf, target)


def _versions(name: str, elf: ElfFacts, target: Target) -> Iterator[Finding]:
    for version in sorted(item for item in elf.versions if item.startswith(_GLIBC)):
        if target.libc is not Libc.GNU:
            yield found("linked.versions", name, f"needs {version[:80]} of glibc, which {target} does not have")
        elif not glibc_version(version):
            yield found("linked.versions", name, f"needs {version[:80]}, which is in no published glibc")


def _search(facts: Facts, name: str, elf: ElfFacts) -> Iterator[Finding]:
    for folder in elf.search:
        if (path := _origin(facts, name, folder)) is None:
            yield found("linked.runpath", name, f"looks for libraries in {shown(folder)}, expected $ORIGIN/…")
        elif path not in facts.folders:
            yield found("linked.runpath", name, f"{shown(folder)} leads to no folder of the archive that is installed")


def _origin(facts: Facts, name: str, path: str) -> str | None:
    """Where in the archive `path`, a folder or file that starts with $ORIGIN, leads to; None for other paths."""
    for word in _ORIGIN:
        if path == word or path.startswith(f"{word}/"):
            real = facts.resolve(f"{name.rpartition('/')[0]}{path.removeprefix(word)}")
            # build/ is not there when a distribution is installed.
            return real if real.startswith("install/") or not name.startswith("install/") else ""
    return None


def _needed(facts: Facts, name: str, elf: ElfFacts, allowed: Container[str], steps: Steps) -> Iterator[Finding]:
    for library in elf.needed:
        # What a module needs of libpython is there when it is loaded, or is another rule's.
        if library in allowed or (elf.interp is None and is_libpython(library)):
            continue
        places = (library,) if "/" in library else tuple(f"{folder}/{library}" for folder in elf.search)
        steps.spend(_LOOK * len(places))
        if not any(_origin(facts, name, place) in facts.files for place in places):
            text = f"needs {shown(library)}, which is not on every system of the target and not in the archive"
            yield found("linked.needed", name, text)


def _unresolved(name: str, binary: BinaryFacts, target: Target, offered: frozenset[str]) -> Iterator[Finding]:
    # All that glibc offers has a version; in other C libraries nothing has.
    if target.libc is not Libc.GNU or binary.dynamic is None or not binary.elf[0][1].needed:
        return
    inside = any(place.startswith(_ORIGIN) for place in (*binary.elf[0][1].search, *binary.elf[0][1].needed))
    lost = sorted(binary.dynamic.loose - offered)
    if lost and not inside and not any(map(is_libpython, binary.elf[0][1].needed)):
        more = f" and {len(lost) - _SHOWN:,} more symbols" if len(lost) > _SHOWN else ""
        names = ", ".join(shown(item) for item in lost[:_SHOWN])
        yield found("linked.unresolved", name, f"needs {names}{more}, which neither glibc nor the interpreter has")


def _level(facts: Facts, name: str, elf: ElfFacts, target: Target) -> Iterator[Finding]:
    level = elf.properties.level
    if level is not None and level > target.level:
        yield found("linked.level", name, f"asks for an x86-64-v{level} processor, {target} promises v{target.level}")
    elif level is not None and level < target.level and facts.program and facts.program.elf[0][1] is elf:
        yield found("linked.level", name, f"marked for x86-64-v{level}, expected v{target.level} for {target}")
