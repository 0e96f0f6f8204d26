"""The files of an installed CPython, copied out of a prefix that may hold a whole system.

What belongs to it is what `pydist validate` reads of a prefix, and what sysconfig names. Bytecode is left out: it names
the times of sources that the copy does not have. So are packages that were installed, and whatever is there only
because of the system it was installed on.

Invariant: only regular files below the prefix are read, and links that stay inside of it followed; nothing outside is
ever copied, whatever a link says.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pydist.adopt.find import Installed
from pydist.archive.entry import Kind
from pydist.archive.paths import UnsafeName, check_name, link_escapes
from pydist.archive.select import Selection
from pydist.archive.source import Limits, Member, open_source
from pydist.validate.inputs import find

__all__ = ["LeftOut", "collect"]

_LIMITS = Limits(total=4 << 30, member=1 << 30)
_FOLDERS = ("stdlib", "platstdlib", "include", "platinclude")
_OF_SYSTEM = {
    "EXTERNALLY-MANAGED": "the system's package manager does not look after the copy (PEP 668)",
}
_WRAPPER = re.compile(r"^#\s*if.*^#\s*include <(?P<path>[\w./-]{1,200}/pyconfig\.h)>", re.MULTILINE | re.DOTALL)
_LARGEST_WRAPPER = 64 << 10


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that belongs to the installation and does not go along."""

    path: str
    reason: str


@dataclass(slots=True)
class _Copying:
    root: Path
    target: Path
    series: str
    left_out: list[LeftOut] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)

    def add(self, member: Member) -> None:
        entry = member.entry
        try:
            name = check_name(entry.path)
        except UnsafeName as error:
            self.left_out.append(LeftOut(ascii(entry.path)[:200], error.message))
            return
        last = name.rpartition("/")[2]
        if entry.kind is Kind.DIRECTORY or "__pycache__" in name.split("/"):
            return
        if last in _OF_SYSTEM and posixpath.basename(posixpath.dirname(name)).startswith("python"):
            self.left_out.append(LeftOut(name, _OF_SYSTEM[last]))
        elif entry.kind is Kind.SYMLINK:
            self._link(name, entry.link or "")
        elif entry.kind is Kind.FILE:
            with member.open() as source:
                self._write(name, entry.executable, source)
        else:
            self.left_out.append(LeftOut(name, "neither a file nor a link"))

    def finish(self) -> None:
        """Make the links that lead to something, and copy what single links inside the prefix lead to."""
        self._resolve()
        # A chain of links can end at one that was left out, or come back to itself.
        for name, link in self.links.items():
            path = self.target / name
            if path.is_symlink() and not path.exists():
                path.unlink()
                self._leave(name, link)

    def _resolve(self) -> None:
        for name, link in sorted(self.links.items()):
            goal = posixpath.normpath(posixpath.join(posixpath.dirname(name), link))
            if self._there(goal):
                self._make(name, link)
                continue
            real = Path(os.path.realpath(self.root / goal))  # a loop of links is not an error to it
            if real.is_relative_to(self.root) and real.is_file():
                with real.open("rb") as source:
                    self._write(name, os.access(real, os.X_OK), source)
            else:
                self._leave(name, link)

    def _leave(self, name: str, link: str) -> None:
        self.left_out.append(LeftOut(name, f"a link to {ascii(link)[:200]}, which does not belong to it"))

    def _there(self, goal: str) -> bool:
        return goal in self.links or (self.target / goal).exists()

    def _link(self, name: str, link: str) -> None:
        if link.startswith("/"):
            inside = Path(link)
            if not inside.is_relative_to(self.root):
                self.left_out.append(LeftOut(name, f"a link to {ascii(link)[:200]}, which is outside of the prefix"))
                return
            link = posixpath.relpath(inside.relative_to(self.root).as_posix(), posixpath.dirname(name) or ".")
        if link_escapes(name, link):
            self.left_out.append(LeftOut(name, f"a link to {ascii(link)[:200]}, which may be outside of the prefix"))
        else:
            self.links[name] = link

    def _make(self, name: str, link: str) -> None:
        path = self.target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(link)

    def _write(self, name: str, executable: bool, source: BinaryIO) -> None:
        path = self.target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
        path.chmod(0o755 if executable else 0o644)


def collect(installed: Installed, target: Path) -> tuple[LeftOut, ...]:
    """Copy the installation to `target`, which is made; what did not go along, by name.

    Raises `ArchiveDamaged` where it cannot be read, or is larger than any Python.
    """
    root = installed.prefix
    work = _Copying(root, target, installed.answer.series)
    target.mkdir(parents=True)
    with open_source(root, _LIMITS, _selection(installed)) as source:
        for member in source.members():
            work.add(member)
    work.finish()
    _one_pyconfig(target)
    return tuple(sorted(work.left_out, key=lambda item: item.path))


def _selection(installed: Installed) -> Selection | None:
    if installed.packed:
        return None
    answer, root = installed.answer, installed.prefix
    given = find(root).selection
    series = answer.series
    patterns = (
        [item.replace(found, series) for item in given.patterns for found in [_series_in(given)]] if given else []
    )
    patterns += [f"{name}/**" for name in _below(root, (answer.paths.get(key, "") for key in _FOLDERS))]
    patterns += [f"{name}/**" for name in _below(root, [answer.variable("LIBPL")])]
    libraries = (answer.variable(name) for name in ("LDLIBRARY", "INSTSONAME", "LIBRARY"))
    paths = (f"{answer.variable('LIBDIR')}/{name}" for name in libraries if name)
    patterns += [*_below(root, paths), installed.program.relative_to(root).as_posix()]
    patterns += [f"{name}/README.txt" for name in _below(root, [answer.paths.get("purelib", "")])]
    without = tuple(item for item in given.without) if given is not None else ()
    return Selection(patterns=tuple(dict.fromkeys(patterns)), without=without)


def _series_in(given: Selection) -> str:
    """The series that the patterns of a prefix were made for: another Python of it may be adopted."""
    found = (re.fullmatch(r"bin/python(3\.\d+)", pattern) for pattern in given.patterns)
    return next((match[1] for match in found if match), "\0")


def _below(root: Path, paths: Iterator[str] | list[str]) -> Iterator[str]:
    for text in paths:
        path = Path(os.path.normpath(text)) if text.startswith("/") else None
        if path is not None and path != root and path.is_relative_to(root):
            yield path.relative_to(root).as_posix()


def _one_pyconfig(target: Path) -> None:
    """Where pyconfig.h only includes that of the processor from another folder, as on Debian, it becomes that file:
    nobody who compiles against the copy searches that folder of it."""
    for wrapper in sorted(target.glob("include/python3*/pyconfig.h")):
        if wrapper.is_symlink() or wrapper.stat().st_size > _LARGEST_WRAPPER:
            continue
        text = wrapper.read_text(encoding="utf-8", errors="replace")
        names = [match["path"] for match in [_WRAPPER.search(text)] if match]
        real = [item for item in sorted(target.glob("include/*-linux-*/python3*/pyconfig.h"))
                if item.parent.name == wrapper.parent.name and not item.is_symlink()]  # fmt: skip
        if names and len(real) == 1:
            wrapper.write_bytes(real[0].read_bytes())
