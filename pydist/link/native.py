"""Shared objects inside an application: what each says of itself, and what must be loaded before it.

The dynamic linker searches folders for what a shared object needs; those of an image it does not see. What it has
loaded already it finds by SONAME (`man 8 ld.so`), so the search is done here, and the run time loads in its order.

Invariant: what is listed for an object is in the tree, and stands after all that it needs itself.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydist.binary.elf import ElfFile, Type
from pydist.binary.kind import Kind, kind_of
from pydist.link.image import NeedRow

__all__ = ["NativeFile", "needs_of", "read_native"]

_GLIBC = re.compile(r"GLIBC_2\.(\d+)")
_ORIGIN = re.compile(r"\$(?:ORIGIN|\{ORIGIN\})")


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeFile:
    """One shared object. `search` are the folders of its RUNPATH, as paths of the tree where they lie in it; `glibc` is
    the newest minor version of glibc 2 whose symbols it needs, or 0. `linked`: it is a relocatable object in the place
    of one, which is linked with the stub."""

    path: str
    machine: int
    soname: str
    needed: tuple[str, ...]
    search: tuple[str, ...]
    glibc: int
    linked: bool = False


def read_native(path: str, data: bytes | memoryview) -> NativeFile | None:
    """The shared object at `path` of the tree, or None when the file is none. Raises `InputError` for a damaged one."""
    if kind_of(bytes(data[:64])) is not Kind.ELF:
        return None
    elf = ElfFile.parse(data)
    linked = elf.type == Type.REL and path.endswith(".so")
    if elf.type != Type.DYN and not linked:
        return None
    folder = posixpath.dirname(path)
    places = (_place(text, folder) for text in (elf.runpath or elf.rpath or "").split(":"))
    versions = (version for need in elf.version_needs for version in need.versions)
    return NativeFile(
        path=path,
        machine=elf.machine,
        soname=elf.soname or "",
        needed=elf.needed,
        search=tuple(dict.fromkeys(place for place in places if place is not None)),
        glibc=max((int(found[1]) for version in versions if (found := _GLIBC.match(version))), default=0),
        linked=linked,
    )


def needs_of(files: Iterable[NativeFile]) -> tuple[NeedRow, ...]:
    """What must be loaded before each file that needs others of the tree."""
    known = {file.path: file for file in files}
    rows = []
    for path in sorted(known):
        order: dict[str, None] = {}
        _visit(known[path], known, order, {path})
        if order:
            rows.append(NeedRow(path=path, needed=tuple(order)))
    return tuple(rows)


def _visit(file: NativeFile, known: Mapping[str, NativeFile], order: dict[str, None], above: set[str]) -> None:
    """Add to `order` all that `file` needs, the farthest first. Libraries may need each other: `above` ends that."""
    for found in _found(file, known):
        if found.path not in above and found.path not in order:
            _visit(found, known, order, above | {found.path})
            order[found.path] = None


def _found(file: NativeFile, known: Mapping[str, NativeFile]) -> Iterator[NativeFile]:
    for name in file.needed:
        paths = (posixpath.join(folder, name) for folder in file.search)
        if found := next((path for path in paths if path in known), None):
            yield known[found]


def _place(text: str, folder: str) -> str | None:
    """The folder of the tree that one entry of a RUNPATH means, or None when it is one of the machine."""
    if not _ORIGIN.match(text):
        return None
    place = posixpath.normpath(_ORIGIN.sub(lambda _: f"/{folder}", text, count=1))
    return place.lstrip("/")
