"""One file from one place, verified: resumed when it broke off, tried again when the server stumbled.

Invariant: a file appears under its name only after its size and SHA-256 were compared with all that is known of them;
until then it is `*.part`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from pydist.sources.http import Advance, DownloadFailed, Patience, WrongBytes, forget, receive, shown

__all__ = ["Advance", "DownloadFailed", "Patience", "WrongBytes", "download", "keep", "verify"]

_LIMIT = 4 << 30  # bytes of a file whose size nobody said
_PATIENCE = Patience()


def _deaf(done: int, total: int | None) -> None:
    pass


def download(
    url: str,
    path: Path,
    *,
    sha256: str | None,
    size: int | None,
    limit: int = _LIMIT,
    advance: Advance = _deaf,
    patience: Patience = _PATIENCE,
) -> str:
    """Fetch `url` to `path` and return its SHA-256 in hex.

    `size` in bytes and `sha256` in hex are what is known of it; a file of unknown size has at most `limit` bytes.
    The caller sees to it that nobody else fetches to `path` meanwhile. Raises `WrongBytes` when what arrives is
    something else, `DownloadFailed` when nothing arrives.
    """
    part = path.with_name(path.name + ".part")
    for last in (False, True):
        resumed = receive(url, part, size=size, limit=limit, verified=sha256 is not None, advance=advance,
                          patience=patience)  # fmt: skip
        try:
            digest = verify(part, sha256=sha256, size=size, where=shown(url))
            break
        except WrongBytes:
            forget(part)
            # What had been there may have been the beginning of another file: one more try, from nothing.
            if last or not resumed:
                raise
    _publish(part, path)
    forget(part)
    return digest


def keep(source: Path, path: Path, *, sha256: str | None, size: int | None) -> str:
    """Copy the local file `source` to `path` and return its SHA-256; what is compared is the copy.

    Raises `WrongBytes`, and `OSError` where `source` cannot be read or `path` not be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        shutil.copyfile(source, part)
        digest = verify(part, sha256=sha256, size=size, where=str(source))
        _publish(part, path)
    finally:
        part.unlink(missing_ok=True)
    return digest


def verify(path: Path, *, sha256: str | None, size: int | None, where: str) -> str:
    """The SHA-256 of a file, compared with what is expected. Raises `WrongBytes` that names both."""
    found = path.stat().st_size
    if size is not None and found != size:
        raise WrongBytes(f"{where}: expected {size} bytes, found {found}")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 is not None and digest != sha256:
        raise WrongBytes(f"{where}: expected SHA-256 {sha256}, found {digest}")
    return digest


def _publish(part: Path, path: Path) -> None:
    # On the disk before it has the name: after a power failure the name must not stand for nothing.
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
