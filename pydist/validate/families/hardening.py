"""Rules that prove that the interpreter was compiled and linked with what makes attacks harder.

The proof is what the compiler leaves in the result; a flag in a record proves nothing. Which target has to have what
is in the table of rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydist.binary.elf_notes import IBT_AND_SHSTK
from pydist.target import Arch
from pydist.validate.binary_facts import BinaryFacts
from pydist.validate.facts import Facts
from pydist.validate.report import Finding, found

__all__ = ["judge"]

_CANARY = "__stack_chk_fail"
_CHECKED = re.compile(r"__\w+_chk")


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that the interpreter and libpython lack."""
    interpreter, program = facts.interpreter, facts.program
    if interpreter is None or program is None:
        return
    if facts.static:
        yield from _core(facts)
    else:
        if program.elf[0][1].interp is not None and not program.elf[0][1].pie:
            yield found("hardening.pie", interpreter, "is loaded at the same address each time")
        files = {interpreter: program}
        if facts.library is not None:
            library = facts.linked_file(facts.library)
            files |= {facts.library: library} if library is not None else {}
        for name, binary in files.items():
            yield from _dynamic(facts, name, binary)
    yield from _control_flow(facts, interpreter, program)


def _core(facts: Facts) -> Iterator[Finding]:
    if _objects_check(facts) is False:
        yield found("hardening.stack-protector-static", "build_info.core.objs", f"no object of the core uses {_CANARY}")


def _objects_check(facts: Facts) -> bool | None:
    """Whether objects of the core check for overwritten stacks; None when there are none to look at."""
    objects = facts.manifest.build_info.core.objs if facts.manifest else ()
    binaries = [facts.files[path].binary for path in objects if path in facts.files]
    names = [names for binary in binaries if binary is not None for names in binary.symbols]
    return any(_CANARY in item.needs or _CANARY in item.defines for item in names) if names else None


def _dynamic(facts: Facts, name: str, binary: BinaryFacts) -> Iterator[Finding]:
    if binary.dynamic is None or any("libpython" in library for library in binary.elf[0][1].needed):
        return  # a program that is only a door to libpython
    imports = binary.dynamic.needs | binary.dynamic.weak
    # Link-time optimisation takes the function from the compiler's run time, so that it is no import.
    optimised = "lto" in facts.words
    if _CANARY not in imports and not (optimised and _objects_check(facts)):
        yield found("hardening.stack-protector", name, f"does not use {_CANARY}")
    if "debug" not in facts.words and not any(map(_CHECKED.fullmatch, imports)):
        yield found("hardening.fortify", name, "uses none of glibc's checking functions (__memcpy_chk, …)")


def _control_flow(facts: Facts, name: str, program: BinaryFacts) -> Iterator[Finding]:
    properties, arch = program.elf[0][1].properties, facts.target.arch if facts.target else None
    if arch is Arch.X86_64 and (properties.x86_features or 0) & IBT_AND_SHSTK != IBT_AND_SHSTK:
        yield found("hardening.control-flow", name, "is not marked as ready for IBT and shadow stacks")
    elif arch is Arch.AARCH64 and not (properties.arm_features or 0) & 1:
        yield found("hardening.control-flow", name, "is not marked as ready for BTI")
