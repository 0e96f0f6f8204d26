"""One HTML page that stands alone: what differs, by section, and charts of what grew and shrank.

Invariant: everything from a report is escaped, and the page allows no scripts and no requests. The same report gives
the same page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from pydist.diff.report import DiffReport, Shown
from pydist.diff.sections import Section, counts, file_growth, sections, signed
from pydist.validate.html import Bar, chart, document, size_text

__all__ = ["page"]

_ROWS = 2000
_BARS = 20
_GREW, _SHRANK = "#b7791f", "#2f6f4f"
_CLASSES = {"+": "good", "-": "bad", "~": "warning"}
_NAME = 22  # characters beside a bar


def page(report: DiffReport) -> str:
    """The page for one comparison."""
    return document("pydist diff", _parts(report))


def _parts(report: DiffReport) -> Iterator[str]:
    word = "equal" if report.equal else "different"
    yield f'<h1><span class="{"good" if report.equal else "bad"}">{word}</span></h1>'
    yield "<table><tr><th></th><th>distribution</th><th>Python</th><th>files</th><th>size</th><th>validate</th></tr>"
    for name, side in (("first", report.first), ("second", report.second)):
        known = " ".join(filter(None, (side.python_version, side.target_triple, side.build_options)))
        place = f"{side.path} ({side.read})" if side.read else side.path
        cells = (name, place, known, f"{side.files:,}", size_text(side.bytes), side.verdict)
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
    yield "</table>"
    made = sections(report)
    if made:
        yield f"<p>{escape('; '.join(f'{section.title}: {counts(section)}' for section in made))}</p>"
    yield from chart("What grew and shrank", _bars((row.category, row.bytes_second - row.bytes_first)
                                                   for row in report.sizes))  # fmt: skip
    yield from chart("Files that grew and shrank most", _bars((_end(item.path), file_growth(item))
                                                              for item in report.files))  # fmt: skip
    for section in made:
        yield from _section(section)
    for item in report.shown:
        yield from _shown(item)


def _bars(rows: Iterable[tuple[str, int]]) -> list[Bar]:
    """The largest differences, as bars of their length."""
    largest = sorted((row for row in rows if row[1]), key=lambda row: (-abs(row[1]), row[0]))[:_BARS]
    return [(name, abs(growth), signed(growth), _GREW if growth > 0 else _SHRANK) for name, growth in largest]


def _end(path: str) -> str:
    """The file's own name, as far as there is room beside a bar."""
    name = path.rpartition("/")[2]
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def _section(section: Section) -> Iterator[str]:
    yield f"<h2>{escape(section.title)}</h2><p>{escape(f'{section.about}: {counts(section)}')}</p><table>"
    for row in section.rows[:_ROWS]:
        yield (
            f'<tr><td class="{_CLASSES[row.mark]}">{row.mark}</td><td><code>{escape(row.name)}</code></td>'
            f"<td>{escape(row.text)}</td></tr>"
        )
    yield "</table>"
    if (more := len(section.rows) - _ROWS) > 0:
        yield f"<p>… and {more:,} more; pydist diff --json has everything.</p>"


def _shown(item: Shown) -> Iterator[str]:
    yield f"<h2><code>{escape(item.path)}</code></h2>"
    lines = item.lines or ("the same",)
    yield f"<pre>{escape(chr(10).join(lines[:_ROWS]))}</pre>"
    if (more := len(lines) - _ROWS) > 0:
        yield f"<p>… and {more:,} more lines.</p>"
