"""What differs between two distributions. Pure: two sides in, a report out.

Invariant: nothing differs between a distribution and itself, no difference is left out, and exchanging both sides
exchanges the two halves of every row and nothing else.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydist.diff.names import pairs
from pydist.diff.report import (
    CategorySize,
    Change,
    DiffReport,
    ExtensionChange,
    FileChange,
    FileState,
    FindingChange,
    NeedsChange,
    Presence,
    SymbolChange,
    ValueChange,
)
from pydist.diff.side import Names, Side
from pydist.diff.values import ABSENT, differences, written
from pydist.validate.expected import dotted
from pydist.validate.facts import MANIFEST
from pydist.validate.report import Finding

__all__ = ["compare"]

_Pairs = list[tuple[str | None, str | None]]


def compare(first: Side, second: Side) -> DiffReport:
    """Everything that differs, the causes before what follows from them."""
    names = pairs(first.files, second.files)
    identity = tuple(_identity(first, second))
    manifest = tuple(_manifest(first, second))
    files = tuple(_files(first, second, names))
    extensions = tuple(_extensions(first, second))
    symbols = tuple(_symbols(first, second, names))
    needs = tuple(_needs(first, second, names))
    sizes = tuple(_sizes(first, second))
    findings = tuple(_findings(first, second, names))
    return DiffReport(
        first=first.input,
        second=second.input,
        equal=not (identity or manifest or files or extensions or symbols or needs or sizes or findings),
        identity=identity,
        manifest=manifest,
        files=files,
        extensions=extensions,
        symbols=symbols,
        needs=needs,
        sizes=sizes,
        findings=findings,
    )


def _identity(first: Side, second: Side) -> Iterator[ValueChange]:
    for origin in sorted(first.identity.keys() & second.identity.keys()):
        one, other = first.identity[origin], second.identity[origin]
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                yield ValueChange(path=key, first=one.get(key), second=other.get(key))


def _manifest(first: Side, second: Side) -> Iterator[ValueChange]:
    one, other = (ABSENT if side.manifest is None else side.manifest for side in (first, second))
    for found in differences(one, other):
        before, after = (None if value is ABSENT else written(value) for value in (found.first, found.second))
        yield ValueChange(path=found.path or MANIFEST, first=before, second=after)


def _files(first: Side, second: Side, names: _Pairs) -> Iterator[FileChange]:
    for one, other in names:
        before = None if one is None else first.files[one]
        after = None if other is None else second.files[other]
        what = tuple(_changes(before, after))
        renamed = other if one is not None and other != one else None
        if what or renamed:
            yield FileChange(
                path=one or other or "",
                renamed=renamed,
                category=first.categories[one] if one is not None else second.categories[other or ""],
                what=(*(("name",) if renamed else ()), *what),
                first=before,
                second=after,
            )


def _changes(first: FileState | None, second: FileState | None) -> Iterator[Change]:
    if first is None or second is None:
        yield "added" if first is None else "removed"
        return
    if first.kind != second.kind:
        yield "kind"
        return
    if (first.sha256, first.size) != (second.sha256, second.size):
        yield "content"
    if first.mode != second.mode:
        yield "mode"
    if first.link != second.link:
        yield "link"


def _extensions(first: Side, second: Side) -> Iterator[ExtensionChange]:
    """By both manifests; where one has none, by the modules that are files."""
    missing: Presence = "absent"
    one, other = first.extensions, second.extensions
    if one is None or other is None:
        missing = "no file"
        one, other = dict.fromkeys(first.modules, "shared"), dict.fromkeys(second.modules, "shared")
    for name in sorted(one.keys() | other.keys()):
        before, after = one.get(name, missing), other.get(name, missing)
        if before != after:
            yield ExtensionChange(name=name, first=before, second=after)


def _symbols(first: Side, second: Side, names: _Pairs) -> Iterator[SymbolChange]:
    yield from _symbol_change("", None, _outside(first), _outside(second))
    for path, renamed, one, other in _with_names(first, second, names):
        yield from _symbol_change(path, renamed, one, other)


def _symbol_change(path: str, renamed: str | None, first: Names, second: Names) -> Iterator[SymbolChange]:
    if first.exports != second.exports or first.needs != second.needs:
        yield SymbolChange(
            path=path,
            renamed=renamed,
            exports_added=tuple(sorted(second.exports - first.exports)),
            exports_removed=tuple(sorted(first.exports - second.exports)),
            needs_added=tuple(sorted(second.needs - first.needs)),
            needs_removed=tuple(sorted(first.needs - second.needs)),
        )


def _needs(first: Side, second: Side, names: _Pairs) -> Iterator[NeedsChange]:
    yield from _needs_change("", None, _outside(first), _outside(second))
    for path, renamed, one, other in _with_names(first, second, names):
        yield from _needs_change(path, renamed, one, other)


def _needs_change(path: str, renamed: str | None, first: Names, second: Names) -> Iterator[NeedsChange]:
    if first.libraries != second.libraries or first.glibc != second.glibc:
        newer = first.glibc != second.glibc
        yield NeedsChange(
            path=path,
            renamed=renamed,
            added=tuple(sorted(second.libraries - first.libraries)),
            removed=tuple(sorted(first.libraries - second.libraries)),
            glibc_first=(dotted(first.glibc) or None) if newer else None,
            glibc_second=(dotted(second.glibc) or None) if newer else None,
        )


def _with_names(first: Side, second: Side, names: _Pairs) -> Iterator[tuple[str, str | None, Names, Names]]:
    """Linked files and libraries that are in both."""
    for one, other in names:
        if one is not None and other is not None and one in first.names and other in second.names:
            yield one, other if other != one else None, first.names[one], second.names[other]


def _outside(side: Side) -> Names:
    """What all linked files together need and none of them offers."""
    loaded = [names for names in side.names.values() if names.loaded]
    offered = frozenset[str]().union(*(names.exports for names in loaded))
    return Names(
        exports=frozenset(),
        needs=frozenset[str]().union(*(names.needs for names in loaded)) - offered,
        libraries=frozenset[str]().union(*(names.libraries for names in loaded)),
        glibc=max((names.glibc for names in loaded), default=()),
        loaded=True,
    )


@dataclass(slots=True)
class _Sum:
    files: int = 0
    bytes: int = 0


def _sizes(first: Side, second: Side) -> Iterator[CategorySize]:
    one, other = _sums(first), _sums(second)
    for name in sorted(one.keys() | other.keys()):
        before, after = one.get(name, _Sum()), other.get(name, _Sum())
        if before != after:
            yield CategorySize(category=name, files_first=before.files, files_second=after.files,
                               bytes_first=before.bytes, bytes_second=after.bytes)  # fmt: skip


def _sums(side: Side) -> dict[str, _Sum]:
    sums: dict[str, _Sum] = defaultdict(_Sum)
    for name, state in side.files.items():
        if state.kind == "file":
            sums[side.categories[name]].files += 1
            sums[side.categories[name]].bytes += state.size
    return dict(sums)


def _findings(first: Side, second: Side, names: _Pairs) -> Iterator[FindingChange]:
    """Findings of one side only, by rules that both are judged by: full archives are by more than others.

    Those of one rule at one place that say another thing are one row.
    """
    rules, renamed = first.rules & second.rules, _renamed(first, second, names)
    here = [(_key(finding, {}), finding) for finding in first.findings if finding.rule in rules]
    there = [(_key(finding, renamed), finding) for finding in second.findings if finding.rule in rules]
    one, other = Counter(key for key, _ in here), Counter(key for key, _ in there)
    left, right = _by_place(dict(here), one - other), _by_place(dict(there), other - one)
    for place in sorted(left.keys() | right.keys()):
        before, after = left.get(place, []), right.get(place, [])
        for index in range(max(len(before), len(after))):
            yield FindingChange(
                first=before[index] if index < len(before) else None,
                second=after[index] if index < len(after) else None,
            )


_Said = tuple[str, str, str]


def _renamed(first: Side, second: Side, names: _Pairs) -> dict[str, str]:
    """What the first calls places of findings that have another name in the second: files, and others."""
    left, right = ({finding.where for finding in side.findings} - side.files.keys() for side in (first, second))
    found = (*names, *pairs(left, right))
    return {other: one for one, other in found if one is not None and other is not None and one != other}


def _key(finding: Finding, renamed: Mapping[str, str]) -> _Said:
    """What makes two findings the same; how serious one is may depend on what is judged."""
    return finding.rule, renamed.get(finding.where, finding.where), finding.message


def _by_place(findings: Mapping[_Said, Finding], said: Counter[_Said]) -> dict[tuple[str, str], list[Finding]]:
    """The findings that are `said`, by rule and place."""
    places: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for key in sorted(said.elements()):
        places[key[0], key[1]].append(findings[key])
    return places
