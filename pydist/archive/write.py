"""Write tar archives whose bytes depend on nothing but the calls.

Invariant: same calls, same bytes: fixed times and owners, modes reduced to 0644 and 0755, one tar dialect, no time or
name in the gzip header, and zstd and xz that do not depend on the number of threads. The file appears complete or
not at all.
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Literal, Self, cast

from pydist.archive.paths import UnsafeName, check_name, link_escapes
from pydist.archive.xz_write import XzWriter
from pydist.errors import InputError

__all__ = ["DEFAULT_MTIME", "Compression", "TarWriter"]

DEFAULT_MTIME = 1704067200  # 2024-01-01T00:00:00Z, the date the ecosystem's archives carry
Compression = Literal["zst", "gz", "xz"] | None


class TarWriter:
    """A new archive at `path`, as a context manager; nothing stays behind when the body raises.

    `level` is the compression's own scale. Parents of members are not written as entries of their own.
    """

    def __init__(self, path: Path, compression: Compression = "zst", level: int = 9, threads: int = 1) -> None:
        self._path = path
        self._fresh = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._names: set[str] = set()
        self._file: BinaryIO = self._fresh.open("wb")
        try:
            self._stream = _compressor(self._file, compression, level, threads)
            self._tar = tarfile.open(  # noqa: SIM115  # closed by __exit__
                fileobj=self._stream, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="strict"
            )
        except BaseException:
            self._file.close()
            self._fresh.unlink()
            raise

    def add_bytes(self, name: str, data: bytes, mode: int = 0o644) -> None:
        """Add a file with the content `data`."""
        info = self._info(name, mode)
        info.size = len(data)
        self._tar.addfile(info, io.BytesIO(data))

    def add_file(self, name: str, path: Path, mode: int | None = None) -> None:
        """Add the file `path`; executable if `mode` (default: the file's own) says so."""
        with path.open("rb") as content:
            facts = os.fstat(content.fileno())
            info = self._info(name, facts.st_mode if mode is None else mode)
            info.size = facts.st_size
            self._tar.addfile(info, content)

    def add_symlink(self, name: str, target: str) -> None:
        """Add a symbolic link. Raises `UnsafeName` when it leads out of the archive."""
        if link_escapes(name, target):
            raise UnsafeName(f"the link {name} -> {target} leads out of the archive; expected a target inside it")
        info = self._info(name, 0o777)
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
        self._tar.addfile(info)

    def _info(self, name: str, mode: int) -> tarfile.TarInfo:
        if check_name(name) != name:
            raise UnsafeName(f"the name {name!r} is not in normal form; expected {check_name(name)!r}")
        if name in self._names:
            raise InputError(f"{self._path}: {name} is added twice; expected every name once")
        self._names.add(name)
        info = tarfile.TarInfo(name)
        info.mtime, info.uid, info.gid, info.uname, info.gname = DEFAULT_MTIME, 0, 0, "root", "root"
        info.mode = 0o755 if mode & 0o100 else 0o644
        return info

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._tar.close()
                if self._stream is not self._file:
                    self._stream.close()
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                self._fresh.replace(self._path)
        finally:
            self._file.close()
            self._fresh.unlink(missing_ok=True)


def _compressor(file: BinaryIO, compression: Compression, level: int, threads: int) -> IO[bytes]:
    match compression:
        case "zst":
            import zstandard

            # One worker and many give the same bytes; none at all (threads=0) gives others.
            engine = zstandard.ZstdCompressor(level=level, threads=max(1, threads), write_checksum=True)
            return cast("IO[bytes]", engine.stream_writer(file, closefd=False))
        case "gz":
            return cast("IO[bytes]", gzip.GzipFile(filename="", mode="wb", compresslevel=level, fileobj=file, mtime=0))
        case "xz":
            return cast("IO[bytes]", XzWriter(file, level, threads))
        case None:
            return file
