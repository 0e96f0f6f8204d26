"""Write zip archives whose bytes depend on nothing but the calls, and choose the writer for a file name.

Invariant: as in `pydist.archive.write`: same calls, same bytes (where zlib is the same), and a file that is complete or
not there. Symbolic links are members whose mode says so, as Info-ZIP writes them, and so is the time, which zip itself
has without a time zone.
Source: PKWARE APPNOTE 6.3.10, sections 4.4.2 (made by Unix) and 4.4.15 (external attributes); Info-ZIP's
proginfo/extrafld.txt, "Extended Timestamp Extra Field".
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import time
import zipfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from pydist.archive.paths import UnsafeName, check_name, link_escapes
from pydist.archive.write import DEFAULT_MTIME, TarWriter
from pydist.errors import InputError

__all__ = ["FORMATS", "Writer", "ZipWriter", "open_writer"]

FORMATS = ("tar.gz", "tar.zst", "tar.xz", "zip")
_UNIX = 3
_TIME_FIELD = struct.pack("<HHBi", 0x5455, 5, 1, DEFAULT_MTIME)
_LEVELS = {"tar.gz": 6, "tar.zst": 12, "tar.xz": 6}


class Writer(Protocol):
    """What all writers do, as context managers."""

    def add_bytes(self, name: str, data: bytes, mode: int = 0o644) -> None: ...
    def add_file(self, name: str, path: Path, mode: int | None = None) -> None: ...
    def add_symlink(self, name: str, target: str) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_writer(path: Path, suffix: str) -> Writer:
    """A writer for one of `FORMATS`. Raises `InputError` for others."""
    match suffix:
        case "zip":
            return ZipWriter(path)
        case "tar.gz":
            return TarWriter(path, "gz", _LEVELS[suffix])
        case "tar.xz":
            return TarWriter(path, "xz", _LEVELS[suffix], threads=os.cpu_count() or 1)
        case "tar.zst":
            return TarWriter(path, "zst", _LEVELS[suffix], threads=os.cpu_count() or 1)
    raise InputError(f"archive format {suffix!r} is not known; expected one of {', '.join(FORMATS)}")


class ZipWriter:
    """A new zip archive at `path`, as a context manager; nothing stays behind when the body raises."""

    def __init__(self, path: Path, level: int = 9) -> None:
        self._path = path
        self._fresh = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._names: set[str] = set()
        self._file: BinaryIO = self._fresh.open("wb")
        self._zip = zipfile.ZipFile(  # closed by __exit__
            self._file, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=level, strict_timestamps=True
        )

    def add_bytes(self, name: str, data: bytes, mode: int = 0o644) -> None:
        """Add a file with the content `data`."""
        self._zip.writestr(self._info(name, mode), data)

    def add_file(self, name: str, path: Path, mode: int | None = None) -> None:
        """Add the file `path`; executable if `mode` (default: the file's own) says so."""
        with path.open("rb") as content:
            facts = os.fstat(content.fileno())
            info = self._info(name, facts.st_mode if mode is None else mode)
            info.file_size = facts.st_size
            with self._zip.open(info, "w") as member:
                while piece := content.read(1 << 20):
                    member.write(piece)

    def add_symlink(self, name: str, target: str) -> None:
        """Add a symbolic link. Raises `UnsafeName` when it leads out of the archive."""
        if link_escapes(name, target):
            raise UnsafeName(f"the link {name} -> {target} leads out of the archive; expected a target inside it")
        info = self._info(name, 0o777)
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        info.compress_type = zipfile.ZIP_STORED
        self._zip.writestr(info, target.encode())

    def _info(self, name: str, mode: int) -> zipfile.ZipInfo:
        if check_name(name) != name:
            raise UnsafeName(f"the name {name!r} is not in normal form; expected {check_name(name)!r}")
        if name in self._names:
            raise InputError(f"{self._path}: {name} is added twice; expected every name once")
        self._names.add(name)
        year, month, day, hour, minute, second = time.gmtime(DEFAULT_MTIME)[:6]
        info = zipfile.ZipInfo(name, (year, month, day, hour, minute, second))
        info.create_system, info.compress_type, info.extra = _UNIX, zipfile.ZIP_DEFLATED, _TIME_FIELD
        info.external_attr = (stat.S_IFREG | (0o755 if mode & 0o100 else 0o644)) << 16
        return info

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._zip.close()
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                self._fresh.replace(self._path)
        finally:
            # Closed by now when all went well; otherwise it would want to write when nobody holds it any more.
            with contextlib.suppress(OSError, ValueError):
                self._zip.close()
            self._file.close()
            self._fresh.unlink(missing_ok=True)
