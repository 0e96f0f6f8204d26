"""Rules about each Mach-O file by itself; what it needs of others is in `macho_loading`.

What packages bring is theirs: of their files it is judged only whether they are made for the target.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydist.archive.paths import shown
from pydist.binary.macho import CpuType, FileType, HeaderFlag, Platform, Version
from pydist.manifest.model import Manifest
from pydist.target import Arch, Os, Target
from pydist.validate.facts import Facts
from pydist.validate.families import macho_loading
from pydist.validate.macho_facts import MachOFacts
from pydist.validate.report import Finding, found
from pydist.validate.systems import mac_version, macos

__all__ = ["judge"]

_CPU_TYPES = {Arch.X86_64: CpuType.X86_64, Arch.AARCH64: CpuType.ARM64}
_ARM64E = 2
_NAMES = {CpuType.X86_64: "x86_64", CpuType.ARM64: "arm64", CpuType.I386: "i386", CpuType.POWERPC: "ppc"}
_HASHED = re.compile(r"-[0-9a-f]{40}$", re.ASCII)  # codesign puts a digest behind a name that says too little
_PACKAGES = "-packages/"
_TYPES = {FileType.OBJECT: "an object", FileType.EXECUTE: "a program", FileType.DYLIB: "a library",
          FileType.BUNDLE: "a module"}  # fmt: skip


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything wrong with Mach-O files, once for all slices of a universal one."""
    yield from dict.fromkeys(_judge(facts))


def _judge(facts: Facts) -> Iterator[Finding]:
    roles = _roles(facts)
    interpreter = _interpreter(facts)
    for name, file in facts.files.items():
        slices = file.binary.macho if file.binary is not None else ()
        if not slices or facts.target is None:
            continue
        yield from _machine(name, [macho for _, macho in slices], facts.target, interpreter)
        if _PACKAGES in name or facts.target.os is not Os.DARWIN:
            continue
        wanted = _wanted(facts.target, interpreter)
        for member, macho in slices:
            if macho.cpu_type not in wanted:
                continue  # nothing of the distribution can use it
            where = f"{name}({member[:80]})" if member else name
            yield from _type(where, macho, roles.get(name, ()))
            yield from _minimum(where, macho, facts, interpreter)
            if macho.linked:
                yield from _linked(where, name, macho)
    if facts.target is not None and facts.target.os is Os.DARWIN:
        yield from macho_loading.judge(facts, interpreter.keys() or _wanted(facts.target, interpreter))


def _interpreter(facts: Facts) -> dict[int, MachOFacts]:
    """The slices of the interpreter, by CPU type."""
    file = facts.files.get(facts.resolve(facts.interpreter or ""))
    return {macho.cpu_type: macho for _, macho in (file.binary.macho if file and file.binary else ())}


def _roles(facts: Facts) -> dict[str, tuple[FileType, ...]]:
    """Which types a file may have: by what the manifest says of it, without one by its name."""
    made: dict[str, tuple[FileType, ...]] = {}
    for name in facts.files:
        if name.endswith(".dylib"):
            made[name] = (FileType.DYLIB,)
        elif name.endswith(".so"):
            made[name] = (FileType.BUNDLE, FileType.DYLIB)
        elif name.endswith((".o", ".a")):
            made[name] = (FileType.OBJECT,)
    if facts.manifest is not None:
        made |= _stated(facts, facts.manifest)
    if facts.interpreter is not None:
        made[facts.resolve(facts.interpreter)] = (FileType.EXECUTE,)
    return made


def _stated(facts: Facts, manifest: Manifest) -> dict[str, tuple[FileType, ...]]:
    build = manifest.build_info
    parts = [item for group in build.extensions.values() for item in group]
    made: dict[str, tuple[FileType, ...]] = {}
    made |= dict.fromkeys((build.inittab_object, *build.core.objs), (FileType.OBJECT,))
    made |= dict.fromkeys((path for item in parts for path in item.objs), (FileType.OBJECT,))
    made |= {facts.resolve(item.shared_lib): (FileType.BUNDLE, FileType.DYLIB) for item in parts if item.shared_lib}
    if build.core.shared_lib is not None:
        made[facts.resolve(build.core.shared_lib)] = (FileType.DYLIB,)
    return made


def _machine(
    name: str, slices: list[MachOFacts], target: Target, interpreter: dict[int, MachOFacts]
) -> Iterator[Finding]:
    if target.os is not Os.DARWIN:
        yield found("macho.machine", name, f"a Mach-O file, which {target} cannot use")
        return
    wanted = _wanted(target, interpreter)
    there = {macho.cpu_type for macho in slices}
    linked = any(macho.linked for macho in slices)
    if lacking := (wanted if linked else _wanted(target, {})) - there:
        text = f"has code for {_listed(there)}, and none for {_listed(lacking)}"
        yield found("macho.machine", name, text)
    elif any(macho.cpu_type == CpuType.ARM64 and macho.cpu_subtype == _ARM64E for macho in slices):
        yield found("macho.machine", name, "is made for arm64e, which only programs of the system are loaded as")
    if (more := there - wanted) and not lacking and _PACKAGES not in name:
        yield found("macho.universal", name, f"has code for {_listed(more)}, too, which the interpreter has not")


def _wanted(target: Target, interpreter: dict[int, MachOFacts]) -> set[int]:
    """The CPU types that a file should have code for."""
    return {*interpreter, *(int(cpu) for arch, cpu in _CPU_TYPES.items() if arch is target.arch)}


def _listed(cpu_types: set[int]) -> str:
    return " and ".join(_NAMES.get(CpuType(item), str(item)) if item in list(CpuType) else f"CPU type {item:#x}"
                        for item in sorted(cpu_types))  # fmt: skip


def _type(where: str, macho: MachOFacts, types: tuple[FileType, ...]) -> Iterator[Finding]:
    if types and macho.type not in types:
        expected = " or ".join(_TYPES[item] for item in types)
        seen = _TYPES.get(FileType(macho.type), "") if macho.type in list(FileType) else ""
        yield found("macho.type", where, f"is {seen or f'of Mach-O type {macho.type}'}, expected {expected}")


def _minimum(where: str, macho: MachOFacts, facts: Facts, interpreter: dict[int, MachOFacts]) -> Iterator[Finding]:
    platforms = {build.platform for build in macho.builds}
    if platforms and Platform.MACOS not in platforms:
        names = ", ".join(Platform(item).name if item in list(Platform) else str(item) for item in sorted(platforms))
        yield found("macho.platform", where, f"is made for {names}, expected MACOS")
        return
    made, promised = macho.minimum_os, _promised(macho.cpu_type, facts, interpreter)
    if made is None:
        if macho.linked:
            yield found("macho.minimum-os", where, "does not say which macOS it is made for")
    elif promised is not None:
        source, oldest = promised
        made = max(made, _oldest(macho.cpu_type))
        if made > oldest:
            yield found("macho.minimum-os", where, f"needs macOS {made}, but {source} promises {oldest}")
        elif made < oldest and macho.linked:
            yield found("macho.minimum-alike", where, f"is made for macOS {made}, {source} says {oldest}")
    stated = mac_version((facts.manifest.apple_sdk_version if facts.manifest else None) or "")
    if macho.linked and stated is not None and macho.sdk not in (None, stated):
        yield found("macho.sdk", where, f"is made with SDK {macho.sdk}, but apple_sdk_version is {stated}")


def _promised(cpu: int, facts: Facts, interpreter: dict[int, MachOFacts]) -> tuple[str, Version] | None:
    """Who promises which oldest macOS: the manifest, without one the interpreter."""
    stated = mac_version((facts.about.apple_sdk_deployment_target if facts.about else None) or "")
    if stated is not None:
        return "apple_sdk_deployment_target", max(stated, _oldest(cpu))
    program = interpreter.get(cpu)
    oldest = program.minimum_os if program is not None else None
    return None if oldest is None else ("the interpreter", max(oldest, _oldest(cpu)))


def _oldest(cpu: int) -> Version:
    arch = next((arch for arch, known in _CPU_TYPES.items() if known == cpu), None)
    return macos().oldest.get(arch, Version(0, 0, 0)) if arch is not None else Version(0, 0, 0)


def _linked(where: str, name: str, macho: MachOFacts) -> Iterator[Finding]:
    if macho.writable_code:
        yield found("macho.writable-code", where, "a segment is writable and executable")
    if HeaderFlag.ALLOW_STACK_EXECUTION in macho.flags:
        yield found("macho.executable-stack", where, "its header allows code on the stack")
    if macho.type == FileType.EXECUTE:
        if HeaderFlag.PIE not in macho.flags:
            yield found("macho.pie", where, "is loaded at the same address each time")
        if macho.dylinker != macos().loader:
            seen = "no loader" if macho.dylinker is None else f"the loader {shown(macho.dylinker)}"
            yield found("macho.loader", where, f"wants {seen}, expected {macos().loader}")
    if HeaderFlag.TWOLEVEL not in macho.flags:
        yield found("macho.two-level", where, "looks for each symbol in all libraries that are loaded")
    if macho.uuid is None:
        yield found("macho.uuid", where, "has no LC_UUID, without which macOS 26 loads nothing")
    if macho.padding is not None and macho.padding < macos().padding:
        text = f"{macho.padding} bytes are left behind the load commands, expected {macos().padding}"
        yield found("macho.padding", where, text)
    yield from _signature(where, name, macho)


def _signature(where: str, name: str, macho: MachOFacts) -> Iterator[Finding]:
    signature = macho.signature
    if signature is None:
        if macho.cpu_type == CpuType.ARM64:
            yield found("macho.signature", where, "is not signed, and arm64 loads nothing that is not")
        return
    if not macho.signed_pages:
        yield found("macho.signature-pages", where, "has pages that are not those which were signed")
    base, last = _HASHED.sub("", signature.identifier), name.rpartition("/")[2]
    if signature.ad_hoc and not (base and (last == base or last.startswith(f"{base}."))):
        text = f"is signed as {shown(signature.identifier)}, which is not its name"
        yield found("macho.signature-identifier", where, text)
