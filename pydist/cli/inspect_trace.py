"""Where the time of a start went, for people: a flame graph of the imports, bars and a table; on a terminal, lines.

Invariant: that of `pydist.validate.html`. Nothing here recurses: imports may be nested to any depth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from rich.table import Table
from rich.text import Text

from pydist.cli.terminal import plain
from pydist.link.report import TraceFacts
from pydist.link.trace import Import, Trace
from pydist.validate.html import chart

__all__ = ["lines", "table", "timing"]

DEAREST = 30

_WIDTH, _ROW, _LETTER = 960.0, 18, 6.4
_DEEPEST = 80  # rows of a graph
_THREADS = 8
_LEAST = 0.35  # width that can be seen
_PHASE, _IMPORTS = "#3b6ea5", "#b7791f"
_COLOURS = {"standard library": "#9cc3e6", "packages and application": "#f2b880", "native code": "#d9b3e0"}


def lines(facts: TraceFacts) -> Iterator[str]:
    """The phases."""
    yield f"  traced: {_ms(sum(facts.phases.values()))}, {len(facts.imports):,} modules imported"
    for name, time in facts.phases.items():
        imports = facts.imports_us.get(name, 0)
        yield f"  {_ms(time):>12}  {name}{f', of it {_ms(imports)} importing' if imports else ''}"
    if facts.events_lost:
        yield f"  {facts.events_lost:,} imports were too many to be kept"


def table(facts: TraceFacts) -> Table:
    """The dearest modules."""
    made = Table("dearest imports", "own ms", "with imports", "bytes", "imported by", box=None, pad_edge=False)
    for row in facts.imports[:DEAREST]:
        cells = (row.name, f"{row.own_us / 1000:.2f}", f"{row.total_us / 1000:.2f}", f"{row.bytes:,}", row.importer)
        made.add_row(*(Text(plain(cell)) for cell in cells))
    return made


def timing(trace: Trace, facts: TraceFacts) -> Iterator[str]:
    """What a page says of a trace."""
    yield from chart("Where the time went", _bars(facts))
    yield "<p>Measured from the beginning of the program's own code; what the kernel did before is not in it.</p>"
    if facts.events_lost:
        yield f"<p>{facts.events_lost:,} imports were too many to be kept.</p>"
    if not trace.imports:
        return
    yield "<h2>Imports</h2><p>Widths are times, one import beside the other as they came, without what was between"
    yield "them; below an import are those that it caused. Point at one to see its figures.</p><p>"
    yield " ".join(f'<span class="key" style="background:{_COLOURS[name]}">{name}</span>' for name in _COLOURS)
    yield "</p>"
    threads = [(thread, list(group)) for thread, group in groupby(trace.imports, key=lambda item: item.thread)]
    for thread, _ in threads[:_THREADS]:
        name = "" if thread == trace.main_thread else f"in thread {thread}"
        if name:
            yield f"<h3>{name}</h3>"
        yield from _graph(trace.imports, thread, name)
    if more := len(threads) - _THREADS:
        yield f"<p>… and {more:,} more threads.</p>" if more > 0 else ""
    yield from _dearest(facts)


def _bars(facts: TraceFacts) -> Iterator[tuple[str, float, str, str]]:
    for name, time in facts.phases.items():
        yield name, time, _ms(time), _PHASE
        if imports := facts.imports_us.get(name):
            yield f"imports in {name}", imports, _ms(imports), _IMPORTS


def _graph(imports: Sequence[Import], thread: int, name: str) -> Iterator[str]:
    """The imports of one thread: beside each other, and below those that they are part of."""
    own = [number for number, item in enumerate(imports) if item.thread == thread]
    widths = _widths(imports, own)
    total = sum(widths[number] for number in own if imports[number].parent is None)
    if not total:
        return
    scale, depth = _WIDTH / total, 0
    places: dict[int | None, float] = {None: 0.0}  # where the next one in it begins
    boxes = []
    for number in own:
        item = imports[number]
        left = places[item.parent]
        places[item.parent] = left + widths[number]
        places[number] = left
        if widths[number] * scale >= _LEAST and item.depth < _DEEPEST:
            depth = max(depth, item.depth + 1)
            boxes.append(_box(item, left * scale, widths[number] * scale))
    label = f"Flame graph of {len(own):,} imports {name}, {_ms(total)}; the table below names the dearest"
    height = depth * _ROW
    yield (
        f'<svg viewBox="0 0 {_WIDTH:.0f} {height}" width="{_WIDTH:.0f}" height="{height}" role="img" '
        f'aria-label="{escape(label)}">'
    )
    yield from boxes
    yield "</svg>"
    if hidden := len(own) - len(boxes):
        yield f"<p>{hidden:,} are too short to be seen.</p>"


def _widths(imports: Sequence[Import], own: Sequence[int]) -> dict[int, float]:
    """The time of each, or of those in it where they overlap and are more."""
    inner: dict[int | None, float] = {}
    widths = {}
    for number in reversed(own):  # parts come after the whole
        item = imports[number]
        widths[number] = max(item.duration, inner.get(number, 0.0))
        inner[item.parent] = inner.get(item.parent, 0.0) + widths[number]
    return widths


def _box(item: Import, left: float, width: float) -> str:
    step = "" if item.step == "run" else f" ({item.step})"
    shown = (
        f"{item.name}{step}: {_ms(item.duration)}, of its own {_ms(item.own)}"
        f"{f'; {item.bytes:,} bytes' if item.bytes else ''}{f'; {item.path}' if item.path else ''}"
    )
    top, room = item.depth * _ROW, int((width - 6) / _LETTER)
    name = item.name if len(item.name) <= room else f"{item.name[: room - 1]}…"
    text = f'<text class="in" x="{left + 3:.2f}" y="{top + 13}">{escape(name)}</text>' if room >= 3 else ""
    return (
        f'<g><title>{escape(shown)}</title><rect x="{left:.2f}" y="{top}" width="{width:.2f}" height="{_ROW}" '
        f'fill="{_COLOURS[_kind(item)]}" class="box"/>{text}</g>'
    )


def _kind(item: Import) -> str:
    if item.step != "run":
        return "native code"
    return "packages and application" if "/site-packages/" in item.path else "standard library"


def _dearest(facts: TraceFacts) -> Iterator[str]:
    yield f"<h3>The dearest {min(DEAREST, len(facts.imports))} of {len(facts.imports):,} modules</h3><table><tr>"
    yield '<th>module</th><th class="number">own ms</th><th class="number">with imports</th>'
    yield '<th class="number">bytes</th><th>imported by</th></tr>'
    for row in facts.imports[:DEAREST]:
        numbers = (f"{row.own_us / 1000:.2f}", f"{row.total_us / 1000:.2f}", f"{row.bytes:,}")
        cells = "".join(f'<td class="number">{cell}</td>' for cell in numbers)
        yield f"<tr><td>{escape(row.name)}</td>{cells}<td>{escape(row.importer)}</td></tr>"
    yield "</table>"


def _ms(time: float) -> str:
    return f"{time / 1000:,.2f} ms"
