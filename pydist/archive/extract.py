"""Unpack an archive into a folder, and nowhere else.

Invariant: every file is created by a path whose parents are real folders below the destination, made or checked by
this call; symbolic links are made last, so nothing is ever written through one. No member takes the place of another:
not one of the same name, and not one whose name this file system holds for the same.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pydist.archive.entry import Entry, Kind
from pydist.archive.paths import UnsafeName, check_name, link_escapes, shown
from pydist.archive.source import DEFAULT_LIMITS, ArchiveDamaged, Limits, Member, open_source
from pydist.errors import InputError

__all__ = ["extract"]


def extract(
    source_path: Path,
    destination: Path,
    *,
    limits: Limits = DEFAULT_LIMITS,
    select: Callable[[str], bool] = lambda _: True,
) -> None:
    """Unpack the archive (or copy the folder) `source_path` into `destination`, which is made when missing.

    Members whose name `select` refuses are checked like the others and left out.
    Executable bits are kept, owners, times and other mode bits are not; hard links become copies. Raises `UnsafeName`
    for names and links that lead out of `destination`, `ArchiveDamaged` for damage, devices and names that appear
    twice (folders may), `InputError` when the file system refuses, also because it takes two names for one (other
    case, other composition of accents). What lands on disk is limited too: `limits`
    hold for the files with every hard link counted in full, not only for the bytes of the archive.
    """
    try:
        destination.mkdir(parents=True, exist_ok=True)
        allowed = limits.total if source_path.is_dir() else limits.unpacked(source_path.stat().st_size)
        work = _Extraction(destination, str(source_path), select, allowed)
        with open_source(source_path, limits) as source:
            for member in source.members():
                work.add(member)
        work.finish()
    except OSError as error:
        if error.filename == str(source_path):
            raise InputError(f"{source_path}: cannot be read: {error.strerror}") from error
        raise InputError(f"cannot unpack {source_path} to {error.filename or destination}: {error.strerror}") from error


class _Extraction:
    def __init__(self, root: Path, where: str, select: Callable[[str], bool], allowed: int) -> None:
        self._root, self._where, self._select = root, where, select
        self._allowed, self._written = allowed, 0
        self._kinds: dict[str, Kind] = {}
        self._links: dict[str, str] = {}
        self._made: dict[tuple[int, int], str] = {}

    def add(self, member: Member) -> None:
        entry = member.entry
        if entry.kind is Kind.DIRECTORY and entry.path.strip("./") == "" and not entry.path.startswith(("/", "..")):
            return  # "./", the root itself, which `tar -C folder .` writes
        name = check_name(entry.path)
        if entry.kind is Kind.OTHER:
            raise ArchiveDamaged(f"{self._where}: {name} is a device or a pipe; expected files, folders and links")
        kind = Kind.FILE if entry.kind is Kind.HARDLINK else entry.kind
        before = self._kinds.get(name)
        if before is not None and not before is kind is Kind.DIRECTORY:
            raise ArchiveDamaged(f"{self._where}: {name} is there twice, as {before} and as {kind}; readers of such "
                                 "archives disagree about which one counts")  # fmt: skip
        wanted = self._select(name)
        self._parents(name, wanted)
        self._kinds[name] = kind
        if not wanted:
            return
        if kind is Kind.DIRECTORY:
            self._folder(name)
        elif kind is Kind.SYMLINK:
            self._links[name] = _checked_link(name, entry)
        else:
            self._file(name, member)

    def finish(self) -> None:
        """Make the symbolic links."""
        for name, link in self._links.items():
            path = self._cleared(name)
            path.symlink_to(link)
            self._remember(name)

    def _parents(self, name: str, make: bool) -> None:
        parts = name.split("/")[:-1]
        for end in range(1, len(parts) + 1):
            parent = "/".join(parts[:end])
            kind = self._kinds.setdefault(parent, Kind.DIRECTORY)
            if kind is not Kind.DIRECTORY:
                raise ArchiveDamaged(f"{self._where}: {name} stands below {parent}, which is a {kind}")
            if make:
                self._folder(parent)

    def _folder(self, name: str) -> None:
        path = self._root / name
        if path.is_symlink():
            raise UnsafeName(f"{path} is a symbolic link; expected a folder to unpack into")
        path.mkdir(exist_ok=True)

    def _file(self, name: str, member: Member) -> None:
        path = self._cleared(name)
        mode = 0o755 if member.entry.executable else 0o644
        if member.entry.kind is Kind.HARDLINK:
            original = check_name(member.entry.link or "")
            if self._kinds.get(original) is not Kind.FILE or original == name or not self._select(original):
                raise ArchiveDamaged(
                    f"{self._where}: {name} is a hard link to {shown(original)}, not to an earlier file"
                )
            self._charge((self._root / original).stat().st_size, name)
            shutil.copy(self._root / original, path)
        else:
            self._charge(member.entry.size, name)
            with path.open("xb") as target, member.open() as content:
                shutil.copyfileobj(content, target, 1 << 20)
            path.chmod(mode)
        self._remember(name)

    def _cleared(self, name: str) -> Path:
        """Where `name` goes. What was there before this call is gone: it may be a link that somebody else put there,
        and is never opened for writing."""
        path = self._root / name
        if not os.path.lexists(path):
            return path
        if (other := self._made.get(_identity(path))) is not None:
            raise InputError(f"{self._where}: {name} and {other} are one name on the file system of {self._root}; "
                             "unpack it on one that tells them apart")  # fmt: skip
        path.unlink()
        return path

    def _remember(self, name: str) -> None:
        self._made[_identity(self._root / name)] = name

    def _charge(self, size: int, name: str) -> None:
        self._written += size
        if self._written > self._allowed:
            raise ArchiveDamaged(
                f"{self._where} unpacks to more than {self._allowed:,} bytes with hard links as copies, at {name}; "
                "expected an archive of reasonable size"
            )


def _identity(path: Path) -> tuple[int, int]:
    facts = path.lstat()
    return facts.st_dev, facts.st_ino


def _checked_link(name: str, entry: Entry) -> str:
    link = entry.link or ""
    if link_escapes(name, link):
        raise UnsafeName(f"the link {name} -> {shown(link)} may lead out of the archive; expected a target inside it")
    return link
