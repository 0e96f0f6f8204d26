"""A comparison as people read it: sections of rows, the same in the terminal and on the page. Pure; nothing is cut.

Invariant: texts are as in the report, hostile; whoever shows them makes them harmless.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from pydist.diff.report import DiffReport, FileChange, FileState, FindingChange, NeedsChange, SymbolChange, ValueChange
from pydist.validate.html import size_text
from pydist.validate.rules import Severity

__all__ = ["Row", "Section", "counts", "file_growth", "sections", "signed"]

Mark = Literal["+", "-", "~"]
_NONE, _ARROW = "(none)", " -> "
_AROUND = 30  # characters shown of what is the same around a difference in a long text
_LONG = 60
_SYMBOLS = 12
_NOT_THERE = ("absent", "no file")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `+` in the second only, `-` in the first only, `~` in both and not the same."""

    mark: Mark
    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one kind; `about` says what they are in a line."""

    title: str
    about: str
    rows: tuple[Row, ...]


def sections(report: DiffReport) -> list[Section]:
    """All sections that have rows: what somebody who must trust the second asks first."""
    made = [
        Section("identity", "what each says it is", tuple(map(_value, report.identity))),
        Section("verdicts", "findings of validate", tuple(map(_finding, sorted(report.findings, key=_severity)))),
        Section("extension modules", "by name", tuple(_extensions(report))),
        Section("libraries and glibc", "what is needed to load files", tuple(map(_needs, report.needs))),
        Section("symbols", "what files offer and need", tuple(_symbols(report))),
        Section("manifest", "keys of PYTHON.json", tuple(map(_value, report.manifest))),
        Section("sizes", "by kind of content", tuple(_sizes(report))),
        Section("files", _by_category(report), tuple(map(_file, sorted(report.files, key=_by_growth)))),
    ]
    return [section for section in made if section.rows]


def counts(section: Section) -> str:
    """How many rows of each kind: `3 added, 1 removed, 20 changed`."""
    words = {"+": "added", "-": "removed", "~": "changed"}
    found = ((sum(row.mark == mark for row in section.rows), word) for mark, word in words.items())
    return ", ".join(f"{count:,} {word}" for count, word in found if count)


def signed(count: int) -> str:
    """A difference of sizes: `+1.5 MB`, `-20 bytes`."""
    return f"{'-' if count < 0 else '+'}{size_text(abs(count))}"


def file_growth(change: FileChange) -> int:
    """Bytes that the second has more."""
    return (change.second.size if change.second else 0) - (change.first.size if change.first else 0)


def _mark(first: object, second: object) -> Mark:
    return "+" if first is None else "-" if second is None else "~"


def _value(change: ValueChange) -> Row:
    mark = _mark(change.first, change.second)
    if change.first is not None and change.second is not None:
        return Row(mark, change.path, _ARROW.join(_apart(change.first, change.second)))
    return Row(mark, change.path, _short(change.second or change.first or ""))


def _apart(first: str, second: str) -> tuple[str, str]:
    """Both texts without most of what is the same at their start and end, where they are long."""
    if max(len(first), len(second)) <= _LONG:
        return first, second
    least = min(len(first), len(second))
    start = next((at for at in range(least) if first[at] != second[at]), least)
    end = next((at for at in range(least - start) if first[-1 - at] != second[-1 - at]), least - start)
    skip, keep = max(0, start - _AROUND), max(0, end - _AROUND)
    one, other = (
        f"{'…' if skip else ''}{_short(text[skip : len(text) - keep])}{'…' if keep else ''}" for text in (first, second)
    )
    return one, other


def _short(text: str) -> str:
    return text if len(text) <= 4 * _LONG else f"{text[: 3 * _LONG]}…{text[-_LONG:]}"


def _severity(change: FindingChange) -> int:
    return min(list(Severity).index(item.severity) for item in (change.first, change.second) if item is not None)


def _finding(change: FindingChange) -> Row:
    finding = change.second or change.first
    if finding is None:
        return Row("~", "")
    messages = [item.message for item in (change.first, change.second) if item is not None]
    text = _ARROW.join(_short(message) for message in messages)
    place = f"{finding.where}: " if finding.where else ""
    return Row(_mark(change.first, change.second), f"{finding.severity} {finding.rule}", f"{place}{text}")


def _extensions(report: DiffReport) -> Iterator[Row]:
    for change in report.extensions:
        mark: Mark = "+" if change.first in _NOT_THERE else "-" if change.second in _NOT_THERE else "~"
        yield Row(mark, change.name, f"{change.first}{_ARROW}{change.second}")


def _needs(change: NeedsChange) -> Row:
    words = [f"+{name}" for name in change.added] + [f"-{name}" for name in change.removed]
    if change.glibc_first != change.glibc_second:
        words.append(f"glibc {change.glibc_first or _NONE}{_ARROW}{change.glibc_second or _NONE}")
    return Row("~", change.path or "(all files together)", _listed(words))


def _symbols(report: DiffReport) -> Iterator[Row]:
    """Of all files together, then of what is loaded, then of static libraries."""
    for change in sorted(report.symbols, key=lambda item: (item.path.endswith((".a", ".lib")), item.path)):
        yield from _symbols_of(change)


def _symbols_of(change: SymbolChange) -> Iterator[Row]:
    path = change.path or "(from outside of the distribution)"
    kinds: tuple[tuple[Mark, str, tuple[str, ...]], ...] = (
        ("+", "offers", change.exports_added),
        ("-", "offers no more", change.exports_removed),
        ("+", "needs", change.needs_added),
        ("-", "needs no more", change.needs_removed),
    )
    for mark, words, names in kinds:
        if names:
            yield Row(mark, path, f"{words} {_listed(names)}")


def _listed(names: Iterable[str]) -> str:
    """Names in a line; of many some, and how many more."""
    found = list(names)
    more = f" and {len(found) - _SYMBOLS:,} more" if len(found) > _SYMBOLS else ""
    return ", ".join(_short(name) for name in found[:_SYMBOLS]) + more


def _sizes(report: DiffReport) -> Iterator[Row]:
    first, second = report.first, report.second
    if report.sizes:
        total = f"{size_text(first.bytes)}{_ARROW}{size_text(second.bytes)} ({signed(second.bytes - first.bytes)})"
        yield Row("~", "all", f"{total}, {first.files:,}{_ARROW}{second.files:,} files")
    for row in sorted(report.sizes, key=lambda item: (-abs(item.bytes_second - item.bytes_first), item.category)):
        growth = signed(row.bytes_second - row.bytes_first)
        files = (
            "" if row.files_first == row.files_second else f", {row.files_first:,}{_ARROW}{row.files_second:,} files"
        )
        sizes = f"{size_text(row.bytes_first)}{_ARROW}{size_text(row.bytes_second)} ({growth}){files}"
        yield Row(_mark(row.files_first or None, row.files_second or None), row.category, sizes)


def _by_category(report: DiffReport) -> str:
    found = Counter(change.category for change in report.files)
    kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(found.items(), key=lambda row: (-row[1], row[0])))
    return f"{kinds}; the largest changes of size first"


def _by_growth(change: FileChange) -> tuple[bool, int, str]:
    """Files of one side before those of both; the largest change first."""
    return change.first is not None and change.second is not None, -abs(file_growth(change)), change.path


def _file(change: FileChange) -> Row:
    first, second = change.first, change.second
    if first is None or second is None:
        state = second or first
        return Row(_mark(first, second), change.path, _state(state) if state else "")
    words = []
    if change.renamed is not None:
        words.append(f"now {change.renamed}")
    if "kind" in change.what:
        words.append(f"{_state(first)}{_ARROW}{_state(second)}")
    if "content" in change.what:
        growth = file_growth(change)
        words.append(
            f"{size_text(first.size)}, {signed(growth)}" if growth else f"{size_text(first.size)}, other bytes"
        )
    if "mode" in change.what:
        words.append(f"mode {first.mode}{_ARROW}{second.mode}")
    if "link" in change.what:
        words.append(f"link to {first.link or _NONE}{_ARROW}{second.link or _NONE}")
    return Row("~", change.path, "; ".join(words))


def _state(state: FileState) -> str:
    if state.kind == "link":
        return f"link to {state.link}"
    return size_text(state.size) if state.kind == "file" else "neither file nor folder, or outside of python/"
