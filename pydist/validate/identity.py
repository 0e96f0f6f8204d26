"""What a distribution is, learned from its content: version, target, options, and the oldest system it asks for.

Invariant: nothing here is taken from the name of a file. Names say where to look, and what they claim is kept apart,
for the rules that compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydist.binary.elf import ElfInvalid
from pydist.binary.elf_machines import processor
from pydist.binary.kind import Kind
from pydist.binary.macho import MachO
from pydist.binary.macho_facts import CpuType
from pydist.binary.pe import Machine as PeMachine
from pydist.binary.pe import Pe
from pydist.errors import InputError
from pydist.target import Arch, Target
from pydist.validate.binary_facts import BinaryFacts, ElfFacts
from pydist.validate.documents import Said, versions_in
from pydist.validate.expected import dotted, glibc_version

__all__ = ["PROGRAM", "Clue", "Contradiction", "Identity", "Learned", "Stated", "clue", "learn"]

PROGRAM = re.compile(
    r"(python(3(\.\d{1,2})?t?d?m?)?w?(_d)?(\.exe)?|Python|libpython3\.\d{1,2}[a-z]*\.(so[\d.]*|dylib)|python3\d{1,2}t?(_d)?\.dll)",
    re.ASCII,
)
"""Names of files that may be the interpreter, or the library with most of it."""

_INTERPRETERS = ("bin/python3", "bin/python", "python.exe", "bin/python.exe")
_CPU_TYPES = {CpuType.X86_64: Arch.X86_64, CpuType.ARM64: Arch.AARCH64}
_PE_MACHINES = {PeMachine.AMD64: Arch.X86_64, PeMachine.ARM64: Arch.AARCH64, PeMachine.I386: Arch.I686}


@dataclass(frozen=True, slots=True)
class Learned:
    """A fact and the file that says it."""

    value: str
    where: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two files of one Python that say different things; `what` is `version`, `target`, `freethreaded` or `debug`."""

    what: str
    one: Learned
    other: Learned


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """What the bytes of a program or library say of the whole: texts like versions, targets, the oldest system."""

    versions: frozenset[str] = frozenset()
    triples: tuple[str, ...] = ()
    floor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """All that was learned. None, or nothing, is what the content does not say.

    `version` is `3.14.7`, or the series alone; `targets` has more than one for universal programs; `options` are words
    of `build_options`: freethreaded, debug, static; `floor` is the oldest system, such as `glibc 2.34` or `macOS 11.0`.
    `interpreter` and `library` are names of the files that are one.
    """

    version: Learned | None = None
    targets: tuple[Learned, ...] = ()
    options: tuple[Learned, ...] = ()
    floor: Learned | None = None
    interpreter: str | None = None
    library: str | None = None
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def target(self) -> Target | None:
        """The first target, where pydist knows it."""
        try:
            return Target.parse(self.targets[0].value) if self.targets else None
        except InputError:
            return None

    def facts(self) -> Iterator[tuple[Literal["version", "target", "option", "floor"], Learned]]:
        """Everything that was learned, with the name of what it is about."""
        if self.version is not None:
            yield "version", self.version
        for target in self.targets:
            yield "target", target
        for option in self.options:
            yield "option", option
        if self.floor is not None:
            yield "floor", self.floor

    @property
    def words(self) -> frozenset[str]:
        """The options alone."""
        return frozenset(item.value for item in self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a manifest says, which counts most. `below` is what stands before all names of the installed tree."""

    where: str
    version: str
    options: frozenset[str]
    interpreter: str
    below: str = ""


def clue(kind: Kind, data: bytes) -> Clue | None:
    """What a program says; None for what is none, or is damaged."""
    try:
        if kind is Kind.MACHO:
            slices = MachO.parse(data)
            arches = [_CPU_TYPES[CpuType(item.cpu_type)] for item in slices if item.cpu_type in list(_CPU_TYPES)]
            oldest = min((build.minimum_os for item in slices for build in item.builds), default=None)
            return Clue(
                versions=versions_in(data),
                triples=tuple(f"{arch}-apple-darwin" for arch in arches),
                floor=f"macOS {oldest}" if oldest is not None else None,
            )
        if kind is Kind.PE:
            pe = Pe.parse(data)
            arch = next((arch for machine, arch in _PE_MACHINES.items() if machine == pe.machine), None)
            version = ".".join(map(str, pe.subsystem_version))
            triples = (f"{arch}-pc-windows-msvc",) if arch else ()
            return Clue(versions=versions_in(data), triples=triples, floor=f"Windows {version}")
    except (InputError, ElfInvalid):
        return None
    return Clue(versions=versions_in(data)) if kind is Kind.ELF else None


@dataclass(slots=True)
class _Learning:
    """Facts in the order of how much they count; all after the first are compared with it."""

    contradictions: list[Contradiction] = field(default_factory=list)

    def settle(self, what: str, said: Iterator[Learned]) -> Learned | None:
        first = next(said, None)
        for other in said:
            if first is not None and not _agree(first.value, other.value):
                self.contradictions.append(Contradiction(what, first, other))
            elif first is not None and len(other.value) > len(first.value) and what == "version":
                first = other  # more exact: 3.14.7 beside 3.14
        return first


def _agree(one: str, other: str) -> bool:
    return one == other or f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def learn(
    *,
    said: Mapping[str, Said],
    clues: Mapping[str, Clue],
    binaries: Mapping[str, BinaryFacts],
    resolved: Mapping[str, str],
    stated: Stated | None = None,
) -> Identity:
    """The identity that files have together. `said` are documents, `clues` and `binaries` programs, by their names;
    `resolved` is where names that may be links lead to."""
    work = _Learning()
    first = Learned(stated.version, stated.where) if stated is not None else None
    interpreter = _interpreter(clues, resolved, stated)
    documents = sorted(said.items(), key=lambda item: (item[0].count("/"), item[0]))
    version = work.settle("version", _versions(first, documents, clues))
    options = []
    for word in ("freethreaded", "debug"):
        claims = _claims(word, stated, documents)
        made = work.settle(word, claims)
        if made is not None and made.value == "yes":
            options.append(Learned(word, made.where))
    elf = _elf(binaries, interpreter)
    libraries = (name for name in clues if name != interpreter and name not in resolved)
    library = next((name for name in libraries if "python3" in name and not _is_program(name)), None)
    targets = _targets(clues, elf, interpreter or library, documents)
    for name, item in documents:
        if item.triple and targets and _arch(item.triple) not in map(_arch, (target.value for target in targets)):
            work.contradictions.append(Contradiction("target", targets[0], Learned(item.triple, name)))
    if elf is not None and interpreter is not None and elf.interp is None and not elf.needed:
        options.append(Learned("static", interpreter))
    return Identity(
        version=version,
        targets=targets,
        options=tuple(options),
        floor=_floor(binaries, clues, interpreter),
        interpreter=interpreter,
        library=library,
        contradictions=tuple(work.contradictions),
    )


def _is_program(name: str) -> bool:
    return name.rpartition("/")[2].startswith("python") and not name.endswith(".dll")


def _interpreter(clues: Mapping[str, Clue], resolved: Mapping[str, str], stated: Stated | None) -> str | None:
    below = "" if stated is None else stated.below
    wanted = [] if stated is None else [stated.interpreter]
    wanted += [f"{below}{name}" for name in _INTERPRETERS]
    wanted += sorted(name for name in clues if _is_program(name))
    return next((resolved.get(name, name) for name in wanted if resolved.get(name, name) in clues), None)


def _versions(
    stated: Learned | None, documents: list[tuple[str, Said]], clues: Mapping[str, Clue]
) -> Iterator[Learned]:
    found = [stated] if stated is not None else []
    found += [Learned(item.version, name) for name, item in documents if item.version is not None]
    found.sort(key=lambda item: (item is not stated, item.value.count(".") < 2))
    yield from found
    if not found:
        return  # SQLite's version and Python's look alike
    series = ".".join(found[0].value.split(".")[:2])
    for name, item in clues.items():
        texts = [text for text in item.versions if text.startswith(f"{series}.")]
        if len(texts) == 1 and not any(known.value == texts[0] for known in found):
            yield Learned(texts[0], name)


def _claims(word: str, stated: Stated | None, documents: list[tuple[str, Said]]) -> Iterator[Learned]:
    if stated is not None:
        yield Learned("yes" if word in stated.options else "no", stated.where)
    for name, item in documents:
        value = item.freethreaded if word == "freethreaded" else item.debug
        if value is not None:
            yield Learned("yes" if value else "no", name)


def _elf(binaries: Mapping[str, BinaryFacts], interpreter: str | None) -> ElfFacts | None:
    binary = binaries.get(interpreter) if interpreter is not None else None
    return binary.elf[0][1] if binary is not None and binary.elf and binary.elf[0][1].linked else None


def _targets(
    clues: Mapping[str, Clue], elf: ElfFacts | None, program: str | None, documents: list[tuple[str, Said]]
) -> tuple[Learned, ...]:
    """What `program`, the interpreter or without one its library, is made for; of an ELF file `elf` tells it."""
    if program is None:
        return ()
    if elf is None:
        return tuple(Learned(triple, program) for triple in clues[program].triples)
    cpu, libc = processor(elf.machine, elf.bits, elf.little_endian), _libc(elf)
    if cpu is None:
        return ()
    if libc is None:  # static: only what the build wrote down tells musl from others
        said = [(item.triple.rpartition("-")[2], name) for name, item in documents if item.triple]
        return (Learned(f"{cpu}-unknown-linux-{said[0][0]}", said[0][1]),) if said else ()
    level = elf.properties.level if cpu == Arch.X86_64 else None
    suffix = f"_v{level}" if level is not None and level > 1 else ""
    return (Learned(f"{cpu}{suffix}-unknown-linux-{libc}", program),)


def _libc(elf: ElfFacts) -> str | None:
    loader = (elf.interp or "").rpartition("/")[2]
    if loader.startswith("ld-musl-"):
        return "musl"
    if loader.startswith(("ld-linux", "ld64.so", "ld.so")):
        return {"ld-linux-armhf.so.3": "gnueabihf", "ld-linux.so.3": "gnueabi"}.get(loader, "gnu")
    return None


def _arch(triple: str) -> str:
    """The architecture, and the system: the parts that all who write a triple mean alike."""
    cpu = triple.partition("-")[0]
    return "x86_64" if cpu.startswith("x86_64") else cpu


def _floor(binaries: Mapping[str, BinaryFacts], clues: Mapping[str, Clue], interpreter: str | None) -> Learned | None:
    highest: tuple[int, ...] = ()
    where = ""
    for name, binary in binaries.items():
        for _, elf in binary.elf if binary.dynamic is not None else ():
            needed = max(map(glibc_version, elf.versions), default=())
            if needed > highest:
                highest, where = needed, name
    if highest:
        return Learned(f"glibc {dotted(highest)}", where)
    floor = clues[interpreter].floor if interpreter is not None else None
    return Learned(floor, interpreter) if floor and interpreter else None
