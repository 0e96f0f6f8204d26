"""Rules about build/pydist.json, when it is there: the archive is still what was built."""

from __future__ import annotations

from collections.abc import Iterator

from pydist.archive.paths import shown
from pydist.validate.facts import MANIFEST, RECORD, Facts
from pydist.validate.report import Finding, found

__all__ = ["judge"]


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that differs from the record."""
    for fault in facts.record_faults:
        yield found("record.schema", fault.where, fault.message)
    if facts.record is None or facts.damage is not None:
        return
    yield from _files(facts)
    yield from _links(facts)
    if facts.manifest is not None:
        pairs = (
            ("python_version", facts.record.python_version, facts.manifest.python_version),
            ("target_triple", facts.record.target_triple, facts.manifest.target_triple),
            ("options", facts.record.options, facts.manifest.build_options),
        )
        for key, here, there in pairs:
            if here != there:
                text = f"{here[:80]!r}, {MANIFEST} says {there[:80]!r}"
                yield found("record.contradiction", f"{RECORD}: {key}", text)


def _files(facts: Facts) -> Iterator[Finding]:
    recorded = {} if facts.record is None else facts.record.files
    for name, expected in recorded.items():
        file = facts.files.get(name)
        if file is None:
            yield found("record.missing", shown(name), "recorded, but not in the archive")
        elif file.size != expected.size:
            yield found("record.digest", name, f"{file.size:,} bytes, recorded {expected.size:,}")
        elif file.sha256 != expected.sha256:
            yield found("record.digest", name, f"sha256 {file.sha256}, recorded {expected.sha256}")
        elif bool(file.mode & 0o100) is not bool(expected.mode & 0o100):
            yield found("record.digest", name, f"mode {file.mode:04o}, recorded {expected.mode:04o}")
    for name in facts.files.keys() - recorded.keys() - {MANIFEST, RECORD}:
        if not facts.packed and "/__pycache__/" in name:
            continue  # an unpacked interpreter that was used leaves them
        yield found("record.unlisted", name, "in the archive, but not recorded")


def _links(facts: Facts) -> Iterator[Finding]:
    recorded = {} if facts.record is None else facts.record.links
    for name, target in recorded.items():
        if facts.links.get(name) != target:
            seen = shown(facts.links[name]) if name in facts.links else "nothing"
            yield found("record.missing", shown(name), f"recorded as a link to {shown(target)}, found {seen}")
    for name in facts.links.keys() - recorded.keys():
        yield found("record.unlisted", name, "a link in the archive that is not recorded")
