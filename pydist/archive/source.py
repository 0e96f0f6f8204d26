"""Folders and archives behind one interface: a single pass over members, whose content can be read as they pass.

Invariant: whatever the bytes are, only `ArchiveDamaged` leaves this module (and `InputError` for a path that cannot
be opened). Names are handed over as they are written; nothing here acts on them.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from pydist.archive.deb import MAGIC, DebBroken, data_of
from pydist.archive.entry import Entry, Kind
from pydist.archive.select import Selection
from pydist.archive.stream import Inflated, Limits, StreamBroken
from pydist.archive.tar import TarBroken, read_headers
from pydist.archive.zip import MAGICS as ZIP_MAGICS
from pydist.archive.zip import ZipBroken, read_directory
from pydist.archive.zip_content import ZipContent
from pydist.binary.kind import HEAD_SIZE, kind_of
from pydist.binary.kind import Kind as FileKind
from pydist.errors import InputError

__all__ = ["DEFAULT_LIMITS", "ArchiveDamaged", "Limits", "Member", "Source", "open_source"]

DEFAULT_LIMITS = Limits()
_ARCHIVES = frozenset({FileKind.GZIP, FileKind.ZSTD, FileKind.XZ, FileKind.TAR})
_LONGEST_LINK = 64 << 10  # bytes; longer than any system follows, and a finding of its own when it is unsafe


class ArchiveDamaged(InputError):
    """The archive is truncated, corrupt, not an archive at all, or larger than the limits allow."""


@dataclass(frozen=True, slots=True)
class Member:
    """One entry while it passes by; its content can be read once, until the next member is asked for."""

    entry: Entry
    _open: Callable[[], BinaryIO]

    def open(self) -> BinaryIO:
        """The content as a stream. Empty for everything but a file. Raises `ArchiveDamaged` while being read."""
        return self._open()

    def read(self) -> bytes:
        """The whole content."""
        with self._open() as stream:
            return stream.read()


class Source(Protocol):
    """A folder or an archive."""

    def members(self) -> Iterator[Member]:
        """All members in stored order (folders: sorted), in one pass."""


@contextmanager
def open_source(path: Path, limits: Limits = DEFAULT_LIMITS, selection: Selection | None = None) -> Iterator[Source]:
    """Open a folder, a tar that may be compressed with zstd, gzip or xz, a zip, or the files of a Debian package; told
    apart by content, not by name. Of a folder, only what `selection` holds is looked at.

    Raises `InputError` when the path cannot be opened.
    """
    if path.is_dir():
        yield _Folder(path, limits, selection)
        return
    try:
        # A pipe or a device would block or never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"cannot read {path}: it is neither a folder nor a regular file")
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise InputError(f"cannot open {path}: {getattr(error, 'strerror', None) or error}") from error
    with file:
        packed = _Zip if file.read(4) in ZIP_MAGICS else _Tar
        yield packed(file, path, limits)


class _Tar:
    def __init__(self, file: BinaryIO, path: Path, limits: Limits) -> None:
        self._file, self._path, self._limits = file, path, limits
        self._known = False  # as an archive: very old ones have no mark, and are known by their first member

    def members(self) -> Iterator[Member]:
        try:
            self._file.seek(0)
            head = self._file.read(HEAD_SIZE)
            packaged = head.startswith(MAGIC)
            self._known = packaged or kind_of(head) in _ARCHIVES
            self._file.seek(0)
            stream = Inflated(data_of(self._file) if packaged else self._file, self._limits)
            for count, header in enumerate(read_headers(stream.read), 1):
                if count > self._limits.entries:
                    raise TarBroken(f"more than {self._limits.entries:,} entries")
                self._known = True
                if header.content > self._limits.member:
                    raise TarBroken(f"a member of {header.content:,} bytes, more than {self._limits.member:,}")
                content = _Content(stream, header.content, self._damaged)
                yield Member(header.entry, content.buffered)
                content.skip()
            stream.drain()
        except (TarBroken, StreamBroken, DebBroken, OSError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> ArchiveDamaged:
        if not self._known:
            return ArchiveDamaged(f"{self._path} is not an archive (tar, also compressed, zip or deb)")
        return ArchiveDamaged(f"{self._path} is damaged or not an archive: {error}")


class _Content(io.RawIOBase):
    """The bytes of one tar member; what the reader leaves is skipped."""

    def __init__(self, stream: Inflated, size: int, damaged: Callable[[Exception], ArchiveDamaged]) -> None:
        super().__init__()
        self._stream, self._left, self._damaged = stream, size, damaged
        self._padding = -size % 512

    def buffered(self) -> BinaryIO:
        return io.BufferedReader(self, 256 << 10)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # typeshed calls it WriteableBuffer, not importable
        data = self._take(min(len(view), self._left))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._take(self._left)

    def skip(self) -> None:
        while self._left:
            self._take(min(self._left, 1 << 20))
        if self._padding:
            self._stream.read(self._padding)
            self._padding = 0

    def _take(self, size: int) -> bytes:
        try:
            data = self._stream.read(size)
        except StreamBroken as error:
            raise self._damaged(error) from error
        if len(data) < size:
            raise self._damaged(StreamBroken(f"truncated inside a member, {self._left - len(data):,} bytes missing"))
        self._left -= size
        return data


class _Zip:
    def __init__(self, file: BinaryIO, path: Path, limits: Limits) -> None:
        self._file, self._path, self._limits = file, path, limits

    def members(self) -> Iterator[Member]:
        try:
            for member in read_directory(self._file, self._limits):
                entry, content = member.entry, ZipContent(self._file, member, self._damaged)
                if entry.kind is Kind.SYMLINK:
                    if member.size > _LONGEST_LINK:
                        raise ZipBroken(f"the target of a link has {member.size:,} bytes")
                    link = content.buffered().read().decode("utf-8", "surrogateescape")
                    entry = replace(entry, link=link)
                yield Member(entry, content.buffered if entry.kind is Kind.FILE else io.BytesIO)
                content.skip()
        except (ZipBroken, OSError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> ArchiveDamaged:
        return ArchiveDamaged(f"{self._path} is damaged or not an archive: {error}")


class _Folder:
    def __init__(self, root: Path, limits: Limits, selection: Selection | None) -> None:
        self._root, self._limits, self._selection = root, limits, selection

    def members(self) -> Iterator[Member]:
        try:
            for count, path in enumerate(self._walk(self._root), 1):
                if count > self._limits.entries:
                    raise ArchiveDamaged(f"{self._root} has more than {self._limits.entries:,} entries")
                yield self._member(path)
        except OSError as error:
            raise ArchiveDamaged(f"cannot read {error.filename or self._root}: {error.strerror}") from error

    def _walk(self, folder: Path) -> Iterator[Path]:
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            name = here.relative_to(folder).as_posix()
            if here != folder and (self._selection is None or self._selection.holds(name)):
                yield here
            leads = here == folder or self._selection is None or self._selection.leads(name)
            if leads and stat.S_ISDIR(here.stat().st_mode if here == folder else here.lstat().st_mode):
                waiting.extend(sorted((Path(item.path) for item in os.scandir(here)), reverse=True))

    def _member(self, path: Path) -> Member:
        facts = path.lstat()
        kind = next((kind for test, kind in _FILE_KINDS if test(facts.st_mode)), Kind.OTHER)
        entry = Entry(
            path=path.relative_to(self._root).as_posix(),
            kind=kind,
            mode=stat.S_IMODE(facts.st_mode),
            size=facts.st_size if kind is Kind.FILE else 0,
            link=os.readlink(path) if kind is Kind.SYMLINK else None,  # noqa: PTH115  # Path drops './'
            mtime=int(facts.st_mtime),
        )
        return Member(entry, partial(_opened, path) if kind is Kind.FILE else io.BytesIO)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ArchiveDamaged(f"cannot read {path}: {error.strerror}") from error


_FILE_KINDS = ((stat.S_ISREG, Kind.FILE), (stat.S_ISDIR, Kind.DIRECTORY), (stat.S_ISLNK, Kind.SYMLINK))
