"""RECORD: the list of a wheel's files with their digests, parsed and held against the files.

Source: "Recording installed projects" and "Binary distribution format" of the packaging specifications. Invariant:
what `Record.check` lets pass is listed once, has the size and digest that the list says, and nothing is missing.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from pydist.errors import FaultCollector

__all__ = ["Record", "RecordRow"]

# Digests that the specification forbids (md5, sha1) are not here: they prove nothing.
_ALGORITHMS = frozenset({"sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256", "sha3_512"})
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """One file: digest as raw bytes, size in bytes; both None for RECORD itself and its signatures."""

    path: str
    algorithm: str | None
    digest: bytes | None
    size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All rows of one RECORD, which stands at `path`."""

    path: str
    rows: tuple[RecordRow, ...]

    @classmethod
    def parse(cls, text: str, path: str, faults: FaultCollector) -> Record:
        """Read RECORD's text; what is wrong with a line goes to `faults` with the line's number."""
        rows: dict[str, RecordRow] = {}
        try:
            lines = list(csv.reader(text.splitlines()))
        except csv.Error as error:
            faults.add(path, f"not comma-separated values: {error}")
            lines = []
        for number, fields in enumerate(lines, start=1):
            if not fields:
                continue
            row = _row(fields, f"{path}:{number}", faults)
            if row is None:
                continue
            if row.path in rows and rows[row.path] != row:
                faults.add(f"{path}:{number}", f"{row.path} is listed twice, with different digests")
            rows[row.path] = row
        return cls(path=path, rows=tuple(rows.values()))

    def check(self, files: Mapping[str, bytes], faults: FaultCollector) -> None:
        """Hold the list against the files; every difference goes to `faults`."""
        folder = self.path.rpartition("/")[0]
        exempt = {self.path, *(f"{folder}/{name}" for name in _SIGNATURES)}
        # Some builders list folders, too, which no wheel has as such.
        listed = {row.path: row for row in self.rows if not row.path.endswith("/")}
        for path in sorted(listed.keys() - files.keys() - exempt):
            faults.add(path, f"is listed in {self.path} and not in the wheel")
        for path in sorted(files.keys() - listed.keys() - exempt):
            faults.add(path, f"is in the wheel and not listed in {self.path}")
        for path in sorted(files.keys() & listed.keys() - exempt):
            if fault := _mismatch(files[path], listed[path]):
                faults.add(path, fault)


def _row(fields: list[str], where: str, faults: FaultCollector) -> RecordRow | None:
    if len(fields) != 3:
        faults.add(where, f"expected three fields (path, digest, size), found {len(fields)}")
        return None
    path, digest_text, size_text = fields
    if size_text and not (size_text.isascii() and size_text.isdigit()):
        faults.add(where, f"expected a size in bytes, found {size_text!r}")
        return None
    size = int(size_text) if size_text else None
    if not digest_text:
        return RecordRow(path=path, algorithm=None, digest=None, size=size)
    algorithm, _, encoded = digest_text.partition("=")
    try:
        digest = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (binascii.Error, ValueError):
        digest = b""
    if algorithm not in _ALGORITHMS or not digest:
        faults.add(where, f"expected a digest like sha256=…, found {digest_text!r}")
        return None
    return RecordRow(path=path, algorithm=algorithm, digest=digest, size=size)


def _mismatch(data: bytes, row: RecordRow) -> str | None:
    if row.algorithm is None or row.digest is None:
        return "has no digest in the list"
    if row.size is not None and row.size != len(data):
        return f"expected {row.size} bytes, found {len(data)}"
    found = hashlib.new(row.algorithm, data).digest()
    if found != row.digest:
        return f"expected {row.algorithm} {row.digest.hex()}, found {found.hex()}"
    return None
