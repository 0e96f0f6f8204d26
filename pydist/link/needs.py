"""What the system must have for the shared objects of an application.

Invariant: a library counts for the modules when an extension module needs it, or a shared object that one of them
needs, at any depth. An extension module is one that an import finds and that has the function `PyInit_NAME`. All other
shared objects are loaded by name while the application runs, if at all: plugins, and what programs open with `ctypes`.
What only these need is told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pydist.link.collect import Collected
from pydist.link.dist import Distribution
from pydist.link.image import ModuleFlag
from pydist.link.launch import launch_path
from pydist.link.native import NativeFile

__all__ = ["Needs", "is_of_glibc", "needs_of"]

# Libraries that come with glibc, and its loader.
_OF_GLIBC = re.compile(r"(?:lib(?:c|m|mvec|dl|rt|pthread|util|resolv|crypt|anl|nsl|nss_\w+)|ld-linux.*)\.so\.\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """`always`: what the modules need; `plugins`: what only other shared objects need, with the paths of these."""

    always: tuple[str, ...] = ()
    plugins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def is_of_glibc(name: str) -> bool:
    """Whether a library of this name comes with the C library.

    >>> is_of_glibc("libm.so.6"), is_of_glibc("libstdc++.so.6")
    (True, False)
    """
    return _OF_GLIBC.fullmatch(name) is not None


def needs_of(distribution: Distribution, tree: Collected) -> Needs:
    """What the system must have for `tree`."""
    if not distribution.dynamic:
        return Needs()
    importable = {row.path for row in tree.modules if row.flags & ModuleFlag.EXTENSION}
    modules = {file.path for file in tree.native if file.module and file.path in importable}
    if distribution.form.launched:
        modules.add(launch_path(distribution))
    used = _reached(tree, modules)
    floor = max([int(distribution.floor.rpartition(".")[2] or 0), *(file.glibc for file in used)])
    always = [f"glibc ≥ 2.{floor}", *distribution.form.needs]
    if tree.native and not distribution.form.needs:
        always.append("/proc, to load shared objects from memory")
    always += sorted({name for file in used for name in _missing(file, tree)})
    plugins: dict[str, list[str]] = {}
    paths = {file.path for file in used}
    for file in sorted(tree.native, key=lambda file: file.path):
        if file.path not in paths:
            newer = [f"glibc ≥ 2.{file.glibc}"] if file.glibc > floor else []
            for name in (*newer, *_missing(file, tree)):
                plugins.setdefault(name, []).append(file.path)
    return Needs(
        always=tuple(always),
        plugins={name: tuple(plugins[name]) for name in sorted(plugins) if name not in always},
    )


def _reached(tree: Collected, modules: Iterable[str]) -> tuple[NativeFile, ...]:
    """The shared objects among `modules`, and those that they need."""
    named: dict[str, list[NativeFile]] = {}
    for file in tree.native:
        for name in {file.soname, file.path.rpartition("/")[2]} - {""}:
            named.setdefault(name, []).append(file)
    wanted = frozenset(modules)
    found = {file.path: file for file in tree.native if file.path in wanted}
    waiting = list(found.values())
    while waiting:
        needed = waiting.pop().needed
        more = [file for name in needed for file in named.get(name, ()) if file.path not in found]
        found |= {file.path: file for file in more}
        waiting += more
    return tuple(found.values())


def _missing(file: NativeFile, tree: Collected) -> Iterator[str]:
    return (name for name in file.needed if not is_of_glibc(name) and not tree.brings(name))
