"""Rules about libraries: static ones as a whole, and what linked files ask of shared ones and offer themselves.

Invariant: what the manifest tells of modules is judged by the family `shared`; the rules here that look at modules are
for distributions without one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from pydist.archive.paths import shown
from pydist.binary.kind import Kind
from pydist.manifest.model import Manifest
from pydist.target import Libc, Os
from pydist.validate.binary_facts import BinaryFacts
from pydist.validate.expected import bundled, c_library, dotted, glibc_version, is_libpython, public_api
from pydist.validate.facts import Facts
from pydist.validate.report import Finding, found
from pydist.validate.steps import Endless, Steps

__all__ = ["judge"]

_SHOWN = 3
_STEPS = 20_000_000  # for all files together; a distribution with two thousand modules of packages takes a tenth
_LONGEST = 255  # bytes of a file's name
_LOOK = 100  # steps that following a path takes as long as
_OBJECTS = {Kind.ELF, Kind.COFF, Kind.MACHO, Kind.BITCODE}
_DEBUG = re.compile(r"(?:.*/)?\.build-id/([0-9a-f]{2})/([0-9a-f]+)\.debug")
_MODULE = re.compile(r"(?:.*/)?lib-dynload/([^/.]+)(?:\.[^/]*)?\.so")
_LIBRARY = re.compile(r"lib[^/]*\.so[.\d]*")
_NAMED = re.compile(r"(?:.*/)?lib([^/]+?)(?:-[\d.]+)?\.so[.\d]*")


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything wrong with libraries."""
    for name, file in facts.files.items():
        if file.kind is Kind.AR and file.binary is not None and file.binary.fault is None:
            yield from _static(name, file.binary)
    if facts.damage is not None:
        return
    linked = {
        name: file.binary
        for name, file in facts.files.items()
        if file.binary is not None and file.binary.dynamic is not None and file.binary.elf[0][1].linked
    }
    yield from _debug(facts, linked)
    for name, binary in linked.items():
        yield from _asked(facts, name, binary)
        yield from _soname(facts, name, binary)
    if facts.target is not None and facts.target.libc is Libc.GNU:
        yield from _all_provided(facts, linked)
    if facts.manifest is not None:
        yield from _declared(facts, facts.manifest, linked)
    if facts.manifest is None:
        yield from _offered(facts, linked)


def _static(name: str, binary: BinaryFacts) -> Iterator[Finding]:
    if other := binary.kinds - _OBJECTS:
        yield found("binary.archive-member", name, f"has members that are no objects: {', '.join(sorted(other))}")
    if len(objects := binary.kinds & _OBJECTS) > 1:
        yield found("binary.mixed-archive", name, f"has objects of several kinds: {', '.join(sorted(objects))}")
    if binary.names and not binary.indexed:
        yield found("binary.archive-index", name, "has no index of symbols")


def _asked(facts: Facts, name: str, binary: BinaryFacts) -> Iterator[Finding]:
    """What may not be there, or not for long, on a system of the target."""
    target, elf, dynamic = facts.target, binary.elf[0][1], binary.dynamic
    if elf.static_tls and elf.interp is None and elf.soname is None:
        yield found("linked.static-tls", name, "asks for storage of threads that exists before them (DF_STATIC_TLS)")
    if target is None or target.libc is not Libc.GNU or (row := c_library(target.libc)) is None or dynamic is None:
        return
    floor, most = row.floors.get(target.arch, ()), max(map(glibc_version, elf.versions), default=())
    if floor and most > floor:
        yield found(
            "linked.floor", name, f"needs glibc {dotted(most)}, more than the usual {dotted(floor)} of {target}"
        )
    for symbol in sorted(dynamic.needs & row.gone.keys()):
        yield found("linked.gone", name, f"needs {symbol}, in whose place is {row.gone[symbol]}")


def _soname(facts: Facts, name: str, binary: BinaryFacts) -> Iterator[Finding]:
    folder, _, last = name.rpartition("/")
    soname = binary.elf[0][1].soname
    if not _LIBRARY.fullmatch(last) or is_libpython(name) or soname is None or soname == last:
        return
    if facts.resolve(f"{folder}/{soname}") != name:
        yield found("linked.soname", name, f"its SONAME is {shown(soname)}, and there is no such name beside it")


def _inside(facts: Facts, name: str, binary: BinaryFacts, steps: Steps) -> dict[str, BinaryFacts]:
    """The libraries of the archive that a file needs, and those that these need."""
    made: dict[str, BinaryFacts] = {}
    waiting = [(name, binary)]
    while waiting:
        place, here = waiting.pop()
        folder = place.rpartition("/")[0]
        for library in here.elf[0][1].needed:
            paths = [library] if "/" in library else [f"{path}/{library}" for path in here.elf[0][1].search]
            steps.spend(_LOOK * len(paths))
            for path in paths:
                real = facts.resolve(path.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", folder, 1))
                file = facts.linked_file(real)
                if file is not None and real not in made:
                    made[real] = file
                    waiting.append((real, file))
    return made


def _all_provided(facts: Facts, linked: Mapping[str, BinaryFacts]) -> Iterator[Finding]:
    # All that glibc offers has a version; in other C libraries nothing has.
    steps, offered = Steps(_STEPS), facts.offered
    try:
        for name, binary in linked.items():
            inside = _inside(facts, name, binary, steps)
            if binary.dynamic is not None and inside:
                lost = binary.dynamic.loose - offered
                for host in inside.values():
                    exports = host.dynamic.exports if host.dynamic is not None else frozenset()
                    steps.spend(len(lost))
                    lost = lost - exports  # in place it would take as long as there are exports
                if lost:
                    libraries = ", ".join(sorted(inside)[:_SHOWN])
                    text = f"needs {_listed(lost)}, which neither {libraries} nor the interpreter has"
                    yield found("linked.provided", name, text)
    except Endless:
        yield found("linked.provided", "", "there are too many libraries to look for; not everything was looked at")


def _declared(facts: Facts, manifest: Manifest, linked: Mapping[str, BinaryFacts]) -> Iterator[Finding]:
    target = facts.target
    row = c_library(target.libc) if target is not None and target.os is Os.LINUX else None
    if row is None or target is None:
        return
    build = manifest.build_info
    links = {link.name for link in build.core.links}
    links |= {link.name for group in build.extensions.values() for item in group for link in item.links}
    known = {*row.libraries, row.loader(target).rpartition("/")[2]}
    for name, binary in linked.items():
        for library in binary.elf[0][1].needed:
            match = _NAMED.fullmatch(library)
            if match and library not in known and not is_libpython(library) and not _own(match[1], links):
                text = f"needs {shown(library)}, and no link of the manifest is called {shown(match[1])}"
                yield found("linked.declared", name, text)


def _own(short: str, links: set[str]) -> bool:
    """Whether a link has the name, with its version or without: libtcl9.0.so is linked with -ltcl9.0 or -ltcl."""
    bare = len(short.rstrip("0123456789."))
    return len(short) <= _LONGEST and any(short[:end] in links for end in range(max(bare, 1), len(short) + 1))


def _debug(facts: Facts, linked: Mapping[str, BinaryFacts]) -> Iterator[Finding]:
    """Debugging information that stands apart is found by the build-id."""
    apart = {name: match[1] + match[2] for name in facts.files if (match := _DEBUG.fullmatch(name))}
    if not apart:
        return
    known = {binary.elf[0][1].build_id for name, binary in linked.items() if name not in apart}
    for name, identity in apart.items():
        if identity not in known:
            yield found("linked.debug-file", name, "no program or library of the archive has this build-id")
    for name, binary in linked.items():
        if name not in apart and binary.elf[0][1].build_id is None:
            yield found("linked.build-id", name, "has no build-id, so that no debugger finds what is apart")


def _offered(facts: Facts, linked: Mapping[str, BinaryFacts]) -> Iterator[Finding]:
    """What programs and modules export, where no manifest tells what they are."""
    known = bundled()
    for name, binary in linked.items():
        exports = binary.dynamic.exports if binary.dynamic is not None else frozenset()
        module = _MODULE.fullmatch(name)
        own = is_libpython(name)
        if module is not None and f"PyInit_{module[1]}" not in exports:
            yield found("linked.module", name, f"does not export PyInit_{module[1]}")
        if own and name.rpartition("/")[2] != "libpython3.so" and (lacking := public_api() - exports):
            yield found("linked.api", name, f"does not export {_listed(lacking)} of the C API")
        if (module or own or name == facts.resolve(facts.interpreter or "")) and (leaked := exports & known.keys()):
            libraries = ", ".join(sorted({known[symbol] for symbol in leaked})[:_SHOWN])
            yield found("linked.leaked", name, f"exports {_listed(leaked)} of {libraries}")


def _listed(names: Collection[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - _SHOWN:,} more symbols" if len(ordered) > _SHOWN else ""
    return ", ".join(shown(name) for name in ordered[:_SHOWN]) + more
