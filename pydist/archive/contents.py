"""The bytes of chosen files of an archive or a folder, in one pass.

Invariant: whatever the bytes are, only `InputError` leaves this module, and memory is bounded.
"""

from __future__ import annotations

from collections.abc import Collection
from glob import escape
from pathlib import Path

from pydist.archive.entry import Kind
from pydist.archive.paths import UnsafeName, check_name
from pydist.archive.select import Selection
from pydist.archive.source import open_source

__all__ = ["ROOT", "contents"]

ROOT = "python/"
_LARGEST = 64 << 20
_TOTAL = 256 << 20


def contents(path: Path, wanted: Collection[str]) -> dict[str, bytes]:
    """The bytes of the files `wanted`, by name without the `python/` in front; of two with one name the first.

    Those that are too large to be worth the memory are left out. Nothing is read behind the last one that is wanted.
    """
    found: dict[str, bytes] = {}
    left = _TOTAL
    patterns = tuple(root + escape(name) for name in wanted for root in ("", ROOT))
    with open_source(path, selection=Selection(patterns=patterns)) as source:
        for member in source.members():
            if len(found) == len(set(wanted)):
                break
            entry = member.entry
            if entry.kind is not Kind.FILE or entry.size > min(_LARGEST, left):
                continue
            try:
                name = check_name(entry.path).removeprefix(ROOT)
            except UnsafeName:
                continue
            if name in wanted and name not in found:
                found[name] = member.read()
                left -= entry.size
    return found
