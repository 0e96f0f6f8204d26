"""Rules about LLVM bitcode beside native objects: whoever links again may take either."""

from __future__ import annotations

from collections.abc import Iterator

from pydist.archive.paths import shown
from pydist.binary.kind import Kind
from pydist.validate.facts import RECORD, Facts
from pydist.validate.report import Finding, found

__all__ = ["judge"]

_FOLDER = "build/bitcode/"


def judge(facts: Facts) -> Iterator[Finding]:
    """Every recorded pair that is not one, and bitcode that is in no pair."""
    if facts.damage is not None:
        return
    recorded = facts.record.bitcode.objects if facts.record is not None and facts.record.bitcode is not None else {}
    for native, code in recorded.items():
        where = f"{RECORD}: bitcode.objects.{native[:200]}"
        for path, kind in ((native, Kind.ELF), (code, Kind.BITCODE)):
            file = facts.files.get(path)
            if file is None or file.kind is not kind:
                text = f"{shown(path)} is {file.kind if file else 'not in the archive'}, expected {kind}"
                yield found("bitcode.pair", where, text)
    paired = set(recorded.values())
    for name in sorted(name for name in facts.files if name.startswith(_FOLDER)):
        if facts.record is not None and name not in paired:
            yield found("bitcode.pair", name, f"not recorded as the bitcode of an object in {RECORD}")
