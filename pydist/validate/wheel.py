"""Zip archives inside a distribution: wheels that carry a list of their files, and a packed standard library.

Invariant: pure functions of bytes that may be hostile; what is unpacked is bounded, and a fault is a text.
Source: PEP 376 and 427, section "The .dist-info directory" (RECORD).
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

__all__ = ["module_names", "rows_of", "wheel_fault"]

_MEMBERS = 20_000
_UNPACKED = 64 << 20  # bytes of all files of a wheel; pip has 8 MiB
_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII).fullmatch
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError, ValueError, OverflowError,
    NotImplementedError, RuntimeError, LookupError,
)  # fmt: skip


def wheel_fault(data: bytes) -> str | None:
    """Why a wheel cannot be installed; None when all files that its RECORD lists are there as it says."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _fault(archive)
    except _BROKEN as error:
        return f"it cannot be read: {str(error)[:200] or type(error).__name__}"


def _fault(archive: zipfile.ZipFile) -> str | None:
    members = archive.infolist()
    if len(members) > _MEMBERS or sum(item.file_size for item in members) > _UNPACKED:
        return f"more than {_MEMBERS:,} files, or {_UNPACKED:,} bytes"
    names = {item.filename for item in members}
    record = next((name for name in sorted(names) if name.endswith(".dist-info/RECORD") and name.count("/") == 1), None)
    if record is None:
        return "it has no RECORD"
    left = _UNPACKED
    for path, digest in rows_of(archive.read(record).decode("utf-8", "replace")):
        if path not in names:
            return f"{path[:200]!a} is in its RECORD and not in it"
        if digest is None:
            continue
        with archive.open(path) as stream:  # a size that is wrong in the directory must not count
            content = stream.read(left + 1)
        left -= len(content)
        if left < 0:
            return f"more than {_UNPACKED:,} bytes"
        if hashlib.sha256(content).hexdigest() != digest:
            return f"{path[:200]!a} is not what its RECORD says"
    return None


def rows_of(record: str) -> Iterator[tuple[str, str | None]]:
    """Path and SHA-256 (hexadecimal) of each row of a RECORD; None where it has another digest or none. Rows behind one
    that is no row are not read."""
    for row in _rows(record):
        algorithm, _, text = (row[1] if len(row) > 1 else "").partition("=")
        yield row[0], base64.urlsafe_b64decode(f"{text}=").hex() if algorithm == "sha256" and _DIGEST(text) else None


def _rows(record: str) -> Iterator[list[str]]:
    rows = csv.reader(record.splitlines())
    try:
        yield from (row for row in rows if row)
    except csv.Error:
        return


def module_names(data: bytes) -> frozenset[str]:
    """Dotted names of the modules in a zip archive of Python code; none when it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [item.filename for item in archive.infolist()[:_MEMBERS]]
    except _BROKEN:
        return frozenset()
    stems = (name.rpartition(".")[0] for name in names if name.endswith((".py", ".pyc")))
    return frozenset(stem.removesuffix("/__init__").replace("/", ".") for stem in stems)
