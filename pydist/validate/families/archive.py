"""Rules about the container: names, links, kinds, order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterator
from itertools import islice

from pydist.archive.entry import Entry, Kind
from pydist.archive.paths import link_escapes, name_fault, shown
from pydist.validate.facts import MANIFEST, Facts
from pydist.validate.report import Finding, found

__all__ = ["judge"]

_LINKS_FOLLOWED = 20_000  # a real distribution has some hundred; following is the only work here that is not linear


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything wrong with the container."""
    if facts.damage is not None:
        yield found("archive.damaged", "", facts.damage)
    yield from _manifest(facts)
    for entry in facts.entries:
        yield from _entry(facts, entry)
    yield from _repeated(facts)
    yield from _links(facts)


def _manifest(facts: Facts) -> Iterator[Finding]:
    if MANIFEST not in facts.files:
        yield found("archive.manifest-missing", MANIFEST, f"there is no python/{MANIFEST}")
    elif facts.packed and facts.entries[0].path != f"python/{MANIFEST}":
        first = shown(facts.entries[0].path)
        yield found("archive.manifest-first", MANIFEST, f"expected as the first member, which is {first}")


def _entry(facts: Facts, entry: Entry) -> Iterator[Finding]:
    root = entry.kind is Kind.DIRECTORY and entry.path in (".", "python", "./python")
    where = shown(entry.path)
    if fault := name_fault(entry.path):
        if not root:
            yield found("archive.unsafe-name", where, f"the name {fault}")
    elif facts.packed and not root and not entry.path.removeprefix("./").startswith("python/"):
        yield found("archive.outside-root", where, "expected below python/")
    if entry.kind is Kind.OTHER:
        yield found("archive.special-file", where, "a device or a pipe, expected a file, a folder or a link")
    if entry.kind is Kind.FILE and entry.mode & 0o7000:
        yield found("archive.special-mode", where, f"mode {entry.mode:04o}, expected 0644 or 0755")


def _repeated(facts: Facts) -> Iterator[Finding]:
    counts = Counter(_normal(entry.path) for entry in facts.entries if entry.kind is not Kind.DIRECTORY)
    for name, count in counts.items():
        if count > 1:
            yield found("archive.duplicate-name", shown(name), f"in the archive {count} times")
    # Only the level where names begin to differ: not again for everything below two such folders.
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted({*facts.files, *facts.links, *facts.folders}):
        folder, _, last = name.rpartition("/")
        alike[folder, last.casefold()].append(name)
    for names in alike.values():
        if len(names) > 1:
            yield found("archive.case-collision", names[0], f"differs only in case from {', '.join(names[1:9])}")


def _links(facts: Facts) -> Iterator[Finding]:
    prefix = "python/" if facts.packed else ""
    for name, target in islice(facts.links.items(), _LINKS_FOLLOWED):
        if link_escapes(prefix + name, target):
            yield found("archive.link-escape", name, f"leads to {shown(target)}, which may be outside the archive")
        elif facts.damage is None and not facts.exists(name):
            yield found("archive.link-dangling", name, f"leads to {shown(target)}, which is not in the archive")
    seen: set[str] = set()
    for entry in facts.entries:
        if entry.kind is Kind.HARDLINK:
            yield from _hard_link(entry, seen, prefix)
        seen.add(_normal(entry.path))


def _hard_link(entry: Entry, seen: Container[str], prefix: str) -> Iterator[Finding]:
    where, target = shown(entry.path), entry.link or ""
    inside = _normal(entry.path).startswith(prefix)
    if name_fault(target) is not None or (inside and not _normal(target).startswith(prefix)):
        yield found("archive.link-escape", where, f"hard link to {shown(target)}, which is not below {prefix}")
    elif _normal(target) not in seen:
        yield found("archive.link-dangling", where, f"hard link to {shown(target)}, which is no earlier member")


def _normal(name: str) -> str:
    """One spelling for all of a name, as `check_name` has it."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))
