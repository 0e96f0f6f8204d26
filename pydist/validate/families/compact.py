"""Rules about `share/PYTHON.json`, the compact manifest of an installed tree: what it says is so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from pydist.archive.paths import shown
from pydist.manifest.compact import COMPACT, Compact
from pydist.policy.categories import categories, category_of
from pydist.target import Target
from pydist.validate.expected import is_libpython
from pydist.validate.facts import Facts
from pydist.validate.families import manifest, measured
from pydist.validate.report import Finding, found

__all__ = ["judge"]

_MODULE = re.compile(r"(?:lib/python[^/]+/lib-dynload/.*\.so|DLLs/.*\.pyd)", re.ASCII)
_LOADABLE = "shared-library"


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that the compact manifest says and that is not so."""
    for fault in facts.compact_faults:
        yield found("compact.schema", fault.where, fault.message)
    made = facts.compact
    if made is None:
        return
    yield from _as("compact.statement", manifest.statements(made, facts.target))
    if facts.damage is not None:
        return  # what is missing may stand behind the damage
    yield from _as("compact.measured", (*measured.crt(facts, made), *_linkage(facts, made)))
    yield from _target(facts, made)
    yield from _paths(facts, made)
    yield from _modules(facts, made)
    yield from _licenses(made)
    yield from _left_out(facts, made)


def _as(rule: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """What rules about full manifests find in a compact one."""
    for item in findings:
        yield found(rule, f"{COMPACT}: {item.where}", item.message)


def _target(facts: Facts, made: Compact) -> Iterator[Finding]:
    learned = facts.identity.target
    if learned is not None and facts.target is not None and _platform(learned) != _platform(facts.target):
        where = facts.identity.targets[0].where
        text = f"{made.target_triple[:80]}, but {shown(where)} is for {learned}"
        yield found("compact.measured", f"{COMPACT}: target_triple", text)


def _platform(target: Target) -> tuple[str, str, str]:
    return target.arch, target.os, target.libc


def _linkage(facts: Facts, made: Compact) -> Iterator[Finding]:
    rule, mode, where = "measured.link-mode", made.libpython_link_mode, "libpython_link_mode"
    there = sorted(name for name in facts.files if is_libpython(name))
    needed = [name for name in (facts.program.elf[0][1].needed if facts.program else ()) if is_libpython(name)]
    if mode not in ("static", "shared"):
        yield found(rule, where, f"{mode[:80]!r}, expected static or shared")
    elif mode == "static" and (there or needed):
        text = f"there is {shown(there[0])}" if there else f"the interpreter needs {shown(needed[0])}"
        yield found(rule, where, f"static, but {text}")
    elif mode == "shared" and not there and "libpython" not in made.left_out:
        yield found(rule, where, "shared, but there is no shared libpython, and left_out does not say so")
    if facts.static and _LOADABLE in made.python_extension_module_loading:
        text = f"{_LOADABLE}, but a static program can load none"
        yield found("shared.loading", "python_extension_module_loading", text)


def _paths(facts: Facts, made: Compact) -> Iterator[Finding]:
    for place, path in _named(made):
        if facts.resolve(path) not in facts.files:
            yield found("compact.path", f"{COMPACT}: {place}", f"there is no file {shown(path)}")
    program = facts.files.get(facts.resolve(made.python_exe))
    if program is not None and not made.python_exe.endswith(".exe") and not program.mode & 0o100:
        yield found("compact.path", f"{COMPACT}: python_exe", f"{shown(made.python_exe)} is not executable")


def _named(made: Compact) -> Iterator[tuple[str, str]]:
    yield "python_exe", made.python_exe
    if made.license_path is not None:
        yield "license_path", made.license_path
    for name, item in made.extensions.items():
        place = f"extensions.{name[:80]}"
        if item.shared_lib is not None:
            yield f"{place}.shared_lib", item.shared_lib
        for index, path in enumerate(item.license_paths):
            yield f"{place}.license_paths[{index}]", path


def _modules(facts: Facts, made: Compact) -> Iterator[Finding]:
    listed = set[str]()
    for name, item in made.extensions.items():
        binary = facts.linked_file(item.shared_lib)
        if item.shared_lib is None:
            continue
        listed.add(facts.resolve(item.shared_lib))
        init = f"PyInit_{name.rpartition('.')[2]}"
        if binary is not None and binary.dynamic is not None and init not in binary.dynamic.exports:
            text = f"{shown(item.shared_lib)} does not export {shown(init)}"
            yield found("compact.module", f"{COMPACT}: extensions.{name[:80]}", text)
    for name in sorted(facts.files.keys() - listed):
        if _MODULE.fullmatch(name):
            yield found("compact.module", name, f"is no extension module that {COMPACT} names")


def _licenses(made: Compact) -> Iterator[Finding]:
    if made.license_path is None:
        yield found("compact.license", f"{COMPACT}: license_path", "CPython's own licence text is not named")
    for name, item in made.extensions.items():
        if item.licenses and not item.license_paths:
            text = f"under {', '.join(item.licenses)[:200]}, but no text of that is named"
            yield found("compact.license", f"{COMPACT}: extensions.{name[:80]}", text)


def _left_out(facts: Facts, made: Compact) -> Iterator[Finding]:
    for index, name in enumerate(made.left_out):
        if name not in categories():
            yield found("compact.left-out", f"{COMPACT}: left_out[{index}]", f"{name[:80]!r} is no category of files")
    if not facts.packed:
        return  # whoever uses the tree may have added to it
    gone, there, first = set(made.left_out), Counter[str](), dict[str, str]()
    for name in (*facts.files, *facts.links):
        category = category_of(name)
        if category in gone:
            there[category] += 1
            first.setdefault(category, name)
    for category, count in there.items():
        text = f"{category}, but there are {count:,} such files, {shown(first[category])} for one"
        yield found("compact.left-out", f"{COMPACT}: left_out", text)
