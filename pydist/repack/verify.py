"""Reads an archive that was written, and holds it against what was to be written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydist.archive.entry import Kind
from pydist.archive.source import open_source
from pydist.errors import Fault, PydistError

__all__ = ["WrittenWrong", "check_written"]


class WrittenWrong(PydistError):
    """What was written is not what was to be written: a disk or pydist is at fault. Nothing was published."""

    exit_code = 3


def check_written(path: Path, expected: Mapping[str, str]) -> None:
    """`expected` are digests of files, and `-> TARGET` of links, by name. Raises `WrittenWrong`."""
    found = dict(_found(path))
    faults = [Fault(name, f"expected {expected.get(name, 'nothing')}, found {found.get(name, 'nothing')}")
              for name in sorted(found.keys() | expected.keys()) if found.get(name) != expected.get(name)]  # fmt: skip
    if faults:
        raise WrittenWrong("\n".join([f"{path.name} was not written as planned:", *(f"  {item}" for item in faults)]))


def _found(path: Path) -> Iterator[tuple[str, str]]:
    with open_source(path) as source:
        for member in source.members():
            if member.entry.kind is Kind.SYMLINK:
                yield member.entry.path, f"-> {member.entry.link}"
            else:
                with member.open() as stream:
                    digest = hashlib.sha256()
                    while piece := stream.read(1 << 20):
                        digest.update(piece)
                    yield member.entry.path, digest.hexdigest()
