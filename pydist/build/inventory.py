"""What an archive or a folder holds, gathered in one pass for comparing.

Invariant: names are safe and stand once; whatever the bytes are, only `InputError` leaves this module.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydist.archive.contents import ROOT
from pydist.archive.entry import Kind
from pydist.archive.paths import check_name
from pydist.archive.source import ArchiveDamaged, open_source

__all__ = ["ROOT", "Item", "inventory"]

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One name. `sha256` in hex for files, `link` for links; `mtime` in seconds, `place` its position."""

    kind: Kind
    mode: int
    size: int
    sha256: str
    link: str
    mtime: int
    place: int


def inventory(path: Path) -> dict[str, Item]:
    """Everything in `path` but folders, by name without the `python/` in front.

    Raises `UnsafeName` and `ArchiveDamaged`.
    """
    items: dict[str, Item] = {}
    with open_source(path) as source:
        for place, member in enumerate(source.members()):
            entry = member.entry
            if entry.kind is Kind.DIRECTORY:
                continue
            name = check_name(entry.path).removeprefix(ROOT)
            if name in items:
                raise ArchiveDamaged(f"{path}: {name} is there twice; expected every name once")
            digest = hashlib.sha256()
            if entry.kind is Kind.FILE:
                with member.open() as stream:
                    while chunk := stream.read(_CHUNK):
                        digest.update(chunk)
            items[name] = Item(
                kind=entry.kind, mode=entry.mode & 0o7777, size=entry.size, link=entry.link or "", mtime=entry.mtime,
                sha256=digest.hexdigest() if entry.kind is Kind.FILE else "", place=place,
            )  # fmt: skip
    return items
