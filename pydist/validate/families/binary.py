"""Rules about each ELF file and static library, by itself and by the role the manifest gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydist.binary.elf import Type
from pydist.binary.elf_machines import machine_name, processor
from pydist.manifest.model import CoreInfo, ExtensionInfo, Manifest
from pydist.target import Os, Target
from pydist.validate.binary_facts import ElfFacts
from pydist.validate.facts import Facts
from pydist.validate.report import Finding, found

__all__ = ["judge"]

_SHARED = re.compile(r"\.(so(\.\d+)*|dylib|dll|pyd)$", re.ASCII)
_OBJECT = ("an object", (Type.REL,))
_PROGRAM = ("a program", (Type.EXEC, Type.DYN))
_LIBRARY = ("a shared library", (Type.DYN,))


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything wrong with binaries."""
    roles = {} if facts.manifest is None else _roles(facts, facts.manifest)
    for name, file in facts.files.items():
        if facts.static and _SHARED.search(name):
            yield found("binary.dynamic-in-static", name, "a shared library in a static build")
        if file.binary is None:
            continue
        if file.binary.fault is not None:
            yield found("binary.damaged", name, file.binary.fault)
        for member, elf in file.binary.elf:
            where = f"{name}({member[:80]})" if member else name
            yield from _machine(where, elf, facts.target)
            what, types = _OBJECT if member else roles.get(name, ("", ()))
            if types and elf.type not in types:
                expected = " or ".join(str(int(item)) for item in types)
                yield found("binary.type", where, f"ELF type {elf.type}, expected {what}, type {expected}")
            yield from _hardening(where, elf)
            if facts.static and elf.type != Type.REL:
                yield from _dynamic(where, elf)


def _roles(facts: Facts, manifest: Manifest) -> dict[str, tuple[str, tuple[Type, ...]]]:
    build = manifest.build_info
    parts: list[CoreInfo | ExtensionInfo] = [item for group in build.extensions.values() for item in group]
    made: dict[str, tuple[str, tuple[Type, ...]]] = {}
    for part in (build.core, *parts):
        made |= dict.fromkeys(part.objs, _OBJECT)
        shared = [part.shared_lib, *(link.path_dynamic for link in part.links)]
        made |= {facts.resolve(path): _LIBRARY for path in shared if path}
    made[build.inittab_object] = _OBJECT
    made[facts.resolve(manifest.python_exe)] = _PROGRAM
    return made


def _machine(where: str, elf: ElfFacts, target: Target | None) -> Iterator[Finding]:
    if target is None:
        return
    if target.os is not Os.LINUX:
        yield found("binary.machine", where, f"an ELF file, which {target} cannot use")
        return
    made_for = (elf.machine, elf.bits, elf.little_endian)
    if processor(*made_for) != target.arch:
        text = f"made for {machine_name(*made_for)}, expected {target.arch} for {target}"
        yield found("binary.machine", where, text)


def _hardening(where: str, elf: ElfFacts) -> Iterator[Finding]:
    if elf.type == Type.REL:
        if elf.executable_stack:
            yield found("binary.executable-stack-object", where, "its .note.GNU-stack asks for an executable stack")
        return
    if elf.writable_code:
        yield found("binary.writable-code", where, "a loaded segment is writable and executable")
    if elf.executable_stack:
        yield found("binary.executable-stack", where, "PT_GNU_STACK is missing or executable")
    if elf.textrel:
        yield found("binary.text-relocations", where, "its dynamic section announces text relocations")
    # A library without needs is relocated all the same; a static program that can be moved does it by itself.
    if elf.interp is not None or elf.needed or (elf.type == Type.DYN and not elf.pie):
        if not elf.relro:
            yield found("binary.relro", where, "there is no PT_GNU_RELRO segment")
        if not elf.bind_now:
            yield found("binary.bind-now", where, "symbols are resolved while it runs")


def _dynamic(where: str, elf: ElfFacts) -> Iterator[Finding]:
    if elf.interp is not None:
        yield found("binary.dynamic-in-static", where, f"wants the dynamic loader {elf.interp[:200]!r}")
    if elf.needed:
        yield found("binary.dynamic-in-static", where, f"needs {', '.join(elf.needed)[:200]}")
