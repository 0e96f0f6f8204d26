"""Shared objects inside an application: what each says of itself, and what must be loaded before it.

The dynamic linker searches folders for what a shared object needs; those of an image it does not see. What it has
loaded already it finds by SONAME (`man 8 ld.so`), so the search is done here, and the run time loads in its order.

Invariant: what is listed for an object is in the tree, and stands after all that it needs itself and that does not
need it, too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydist.binary.elf import ElfFile, Type
from pydist.binary.elf_edit import ElfUnfit
from pydist.binary.elf_in_place import loads_in_place
from pydist.binary.elf_needed import with_room
from pydist.binary.kind import Kind, kind_of
from pydist.errors import InputError
from pydist.link.image import NAME_ROOM, NeedRow

__all__ = ["BROUGHT", "Bound", "NativeFile", "bind", "read_native"]

BROUGHT = "lib/brought"
"""Where libraries are that a system would have to have; the run time uses those that it has not."""

_GLIBC = re.compile(r"GLIBC_2\.(\d+)")
_ORIGIN = re.compile(r"\$(?:ORIGIN|\{ORIGIN\})")


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeFile:
    """One shared object. `search` are the folders of its RUNPATH, as paths of the tree where they lie in it; `glibc` is
    the newest minor version of glibc 2 whose symbols it needs, or 0. `linked`: it is a relocatable object in the place
    of one, which is linked with the stub. `module`: it has the function that an import of its name calls.
    `in_place`: it can be loaded where it is, unless it is to be changed."""

    path: str
    machine: int
    soname: str
    needed: tuple[str, ...]
    search: tuple[str, ...]
    glibc: int
    linked: bool = False
    module: bool = False
    in_place: bool = False


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
        in_place=not linked and loads_in_place(data, elf),
        module=_has_function(f"PyInit_{path.rpartition('/')[2].partition('.')[0]}", data),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What must be loaded before each file that needs others of the tree; and, by path, the new bytes of those files
    that ask for others by names that the run time writes."""

    needs: tuple[NeedRow, ...] = ()
    changed: Mapping[str, bytes] = field(default_factory=dict)

    def is_named(self, path: str) -> bool:
        """Whether the file is loaded by such a name, or has some: together with others, by the dynamic linker alone."""
        return path in self.changed or any(path in row.names for row in self.needs)


def bind(files: Mapping[str, NativeFile], data: Mapping[str, bytes | memoryview]) -> Bound:
    """Bind `files`, by path, to each other; `data` are their bytes.

    A library is found by its SONAME once it is loaded. Where that does not serve, the file that needs it gets room for
    another name: between libraries that need each other, for a library that does not have the SONAME it is asked for
    by, and for one whose SONAME a different one has, too. Raises `ElfUnfit` that names a file in which there is none.
    """
    asked = {path: dict(_asked(file, files)) for path, file in files.items()}
    reach = {path: _reached(path, asked) for path in files}
    several = _with_rivals(files, data)
    needs, changed = [], {}
    for path in sorted(files):
        # Who needs more comes later; libraries that need each other reach the same.
        order = sorted(reach[path] - {path}, key=lambda other: (len(reach[other]), other))
        if not order:
            continue
        names = {
            name: other
            for name, other in asked[path].items()
            if other != path and (path in reach[other] or files[other].soname != name or other in several)
        }
        places: dict[str, int] = {}
        if names:
            try:
                changed[path], places = with_room(data[path], names, NAME_ROOM)
            except InputError as error:
                raise ElfUnfit(f"{path} cannot be told where {', '.join(names)} is: {error.message}") from error
        needs.append(
            NeedRow(path=path, needed=tuple(order), names={names[name]: at for name, at in sorted(places.items())})
        )
    return Bound(needs=tuple(needs), changed=changed)


def _asked(file: NativeFile, known: Mapping[str, NativeFile]) -> Iterator[tuple[str, str]]:
    """The names that `file` needs and has a search path to, with the paths of what they lead to."""
    for name in file.needed:
        paths = (posixpath.join(folder, name) for folder in (*file.search, BROUGHT))
        if found := next((path for path in paths if path in known), None):
            yield name, found


def _reached(path: str, asked: Mapping[str, Mapping[str, str]]) -> frozenset[str]:
    """All that `path` needs, at any depth: itself, too, if one of them needs it."""
    found: set[str] = set()
    waiting = [path]
    while waiting:
        more = set(asked[waiting.pop()].values()) - found
        found |= more
        waiting += more
    return frozenset(found)


def _with_rivals(files: Mapping[str, NativeFile], data: Mapping[str, bytes | memoryview]) -> frozenset[str]:
    """The files whose SONAME another file with other bytes has."""
    by_name: dict[str, list[str]] = {}
    for path, file in files.items():
        if file.soname:
            by_name.setdefault(file.soname, []).append(path)
    return frozenset(
        path for paths in by_name.values() if any(data[path] != data[paths[0]] for path in paths) for path in paths
    )


def _has_function(name: str, data: bytes | memoryview) -> bool:
    """Whether `name` is in a table of names. (Large libraries have a hundred thousand symbols.)"""
    return b"%s\0" % name.encode() in (data if isinstance(data, bytes) else bytes(data))


def _place(text: str, folder: str) -> str | None:
    """The folder of the tree that one entry of a RUNPATH means, or None when it is one of the machine."""
    if not _ORIGIN.match(text):
        return None
    place = posixpath.normpath(_ORIGIN.sub(lambda _: f"/{folder}", text, count=1))
    return place.lstrip("/")
