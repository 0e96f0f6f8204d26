"""The shared libraries that the programs and modules of a tree need, and how each file finds them in its new place.

Invariant: a library is either one that every system of the target has (by validate's lists), a part of the C library,
one that the caller leaves to the system, or a file of the tree that the search path of whoever needs it leads to.
"""

from __future__ import annotations

import os
import posixpath
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from pydist.adopt.ask import NotAdoptable
from pydist.adopt.collect import LeftOut
from pydist.adopt.find import Installed
from pydist.binary.elf import ElfFile, ElfInvalid, Type
from pydist.binary.elf_edit import ElfUnfit
from pydist.binary.elf_search import with_search_path
from pydist.errors import Fault
from pydist.target import Libc
from pydist.validate.expected import c_library

__all__ = ["Libraries", "gather_libraries"]

_FOLDER = "lib"
"""Where libraries go that were outside of the tree."""
_LARGEST = 512 << 20
_MOST = 500
_PRIVATE = "GLIBC_PRIVATE"  # only a part of glibc itself may need it: it goes with one build of glibc
_SYSTEM_FOLDERS = ("lib/{}", "usr/lib/{}", "lib64", "usr/lib64", "lib", "usr/lib", "usr/local/lib/{}", "usr/local/lib")


@dataclass(frozen=True, slots=True)
class _Binary:
    """An ELF file of the tree; `home` is the folder it was in before, for the search path it had."""

    name: str
    home: Path
    file: ElfFile


@dataclass(slots=True, kw_only=True)
class Libraries:
    """What came of them. `bundled` are libraries that came along: where they were, by their names in the tree;
    `system` those that are needed of the system, with who needs them; `moved` files that have a new search path."""

    bundled: dict[str, Path] = field(default_factory=dict)
    system: dict[str, list[str]] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)


def gather_libraries(tree: Path, installed: Installed, stay: Sequence[str] = ()) -> Libraries:
    """Bring the libraries along that the files of `tree` (a copy of the prefix) need, and let each find them.

    Libraries that a pattern of `stay` fits are left to the system. Extension modules whose libraries are nowhere are
    taken out. Raises `NotAdoptable` where the interpreter's are, or a file cannot be given a search path.
    """
    work = _Gathering(tree, installed, tuple(stay), Libraries())
    work.read()
    work.settle()
    work.point()
    return work.result


class _Gathering:
    def __init__(self, tree: Path, installed: Installed, stay: tuple[str, ...], result: Libraries) -> None:
        self._tree, self._installed, self._stay, self.result = tree, installed, stay, result
        row = c_library(installed.target.libc)
        loader = row.loader(installed.target).rpartition("/")[2] if row is not None else ""
        self._everywhere = {*(row.libraries if row is not None else ()), loader, "linux-vdso.so.1"}
        self._modules = row.modules if row is not None else {}
        self._binaries: dict[str, _Binary] = {}
        self._needs: dict[str, list[str]] = {}
        self._parts: dict[str, bool] = {}

    def read(self) -> None:
        """Note all ELF files of the tree, and where a library of each name is."""
        for path in sorted(self._tree.rglob("*")):
            name = path.relative_to(self._tree).as_posix()
            if ".so" in path.name and path.is_file() and "/lib-dynload/" not in name:
                self.result.places.setdefault(path.name, name)
            if path.is_file() and not path.is_symlink() and (file := _elf(path)) is not None:
                home = self._installed.prefix / posixpath.dirname(name)
                self._binaries[name] = _Binary(name, home, file)

    def settle(self) -> None:
        """Follow needs until all are met; what cannot be loaded goes."""
        waiting = list(self._binaries.values())
        lost: dict[str, str] = {}
        while waiting:
            binary = waiting.pop(0)
            for library in binary.file.needed:
                found = self._meet(binary, library)
                if found is None:
                    lost[binary.name] = library
                elif found in self.result.bundled and found not in self._binaries:
                    waiting.append(self._taken(found))
                    if len(self.result.bundled) > _MOST:
                        raise NotAdoptable(f"more than {_MOST} libraries are needed; expected a Python")
        self._remove(lost)

    def point(self) -> None:
        """Give each file that needs a library of the tree, or that has a search path, the one that leads there."""
        faults = []
        for name, binary in sorted(self._binaries.items()):
            folder = posixpath.dirname(name)
            goals = [posixpath.dirname(self.result.places[library]) for library in self._needs.get(name, ())]
            if not goals and binary.file.rpath is None and binary.file.runpath is None:
                continue
            paths = (posixpath.relpath(goal, folder) for goal in dict.fromkeys(goals or [_FOLDER]))
            path = ":".join("$ORIGIN" if item == "." else f"$ORIGIN/{item}" for item in paths)
            if (binary.file.rpath, binary.file.runpath) == (None, path):
                continue
            file = self._tree / name
            try:
                file.write_bytes(with_search_path(file.read_bytes(), path))
                self.result.moved[name] = path
            except ElfUnfit as error:
                faults.append(Fault(name, error.message))
        if faults:
            raise NotAdoptable(
                "these files cannot be told where their libraries are; leave them to the system with "
                "--system-library '*'", faults
            )  # fmt: skip

    def _meet(self, binary: _Binary, library: str) -> str | None:
        """The name in the tree of what `binary` needs; empty for what the system has, None for what is nowhere."""
        module = posixpath.basename(binary.name).partition(".")[0]
        if library in self._everywhere:
            return ""
        if "/" in library or not library.isprintable():
            return None
        known = self.result.places.get(library)
        left = library in self._modules.get(module, ()) or any(fnmatchcase(library, item) for item in self._stay)
        if known is None:
            known = "" if left else self._take(binary, library)
        if known:
            self._needs.setdefault(binary.name, []).append(library)
        elif known == "":
            self.result.system.setdefault(library, []).append(binary.name)
        return known

    def _take(self, binary: _Binary, library: str) -> str | None:
        """Copy a library into the tree; empty when it is a part of the C library, None when there is none."""
        for folder in self._folders(binary):
            path = folder / library
            if not path.is_file() or (file := _elf(path)) is None or not _alike(file, binary.file):
                continue
            if self._installed.target.libc is Libc.GNU and _is_of_glibc(file):
                return ""
            name = f"{_FOLDER}/{library}"
            (self._tree / _FOLDER).mkdir(exist_ok=True)
            shutil.copyfile(path, self._tree / name)
            (self._tree / name).chmod(0o644)
            self.result.places[library] = name
            self.result.bundled[name] = path.resolve()
            return name
        return None

    def _taken(self, name: str) -> _Binary:
        source = self.result.bundled.get(name, self._tree / name)
        file = _elf(self._tree / name)
        if file is None:
            raise NotAdoptable(f"{name}: expected a shared library, found something else")
        made = _Binary(name, source.parent, file)
        self._binaries[name] = made
        return made

    def _folders(self, binary: _Binary) -> Iterator[Path]:
        """Where a loader would look: the file's own search path, then that of the interpreter, then the system's."""
        for file, home in ((binary.file, binary.home), self._interpreter()):
            for text in (file.rpath, file.runpath):
                for item in (text or "").split(":"):
                    path = item.replace("${ORIGIN}", str(home)).replace("$ORIGIN", str(home))
                    if path.startswith("/"):
                        yield Path(os.path.normpath(path))
        yield self._installed.prefix / "lib"
        multiarch = self._installed.answer.variable("MULTIARCH") or "*-linux-*"
        for pattern in _SYSTEM_FOLDERS:
            yield from sorted(self._installed.system.glob(pattern.format(multiarch)))

    def _interpreter(self) -> tuple[ElfFile, Path]:
        name = self._installed.program.relative_to(self._installed.prefix).as_posix()
        return self._binaries[name].file, self._installed.program.parent

    def _remove(self, lost: dict[str, str]) -> None:
        for name, library in sorted(lost.items()):
            if "/lib-dynload/" not in name:
                raise NotAdoptable(f"{name} needs {library}, which is nowhere on this system")
            (self._tree / name).unlink()
            del self._binaries[name]
            reason = f"needs {library}, which is nowhere on this system"
            self.result.left_out.append(LeftOut(name, reason))


def _elf(path: Path) -> ElfFile | None:
    """The facts of a linked ELF file."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"\x7fELF" or path.stat().st_size > _LARGEST:
                return None
            file.seek(0)
            made = ElfFile.parse(file.read())
    except (ElfInvalid, OSError):
        return None
    return made if made.type in (Type.EXEC, Type.DYN) else None


def _alike(one: ElfFile, other: ElfFile) -> bool:
    return (one.machine, one.bits, one.little_endian, one.type) == (
        other.machine, other.bits, other.little_endian, Type.DYN)  # fmt: skip


def _is_of_glibc(file: ElfFile) -> bool:
    return any(version == _PRIVATE for need in file.version_needs for version in need.versions)


def names_of(libraries: Iterable[str]) -> list[str]:
    """What comes behind -l, of names of files.

    >>> names_of(["libssl.so.3", "lib/libtcl8.6.so", "libpython3.14.so.1.0"])
    ['ssl', 'tcl8.6', 'python3.14']
    """
    return [posixpath.basename(item).removeprefix("lib").partition(".so")[0] for item in libraries]
