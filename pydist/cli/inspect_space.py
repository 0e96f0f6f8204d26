"""Where the bytes of an application are, drawn: a treemap, in which areas are bytes, and a table that says the same.

Invariant: that of `pydist.validate.html`. Boxes lie inside their parent's and do not overlap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from pydist.link.report import STANDARD_LIBRARY
from pydist.link.space import APPLICATION, INTERPRETER, TABLES, Share
from pydist.validate.html import size_text

__all__ = ["Box", "space", "squarified"]

_WIDTH, _HEIGHT = 960.0, 540.0
_HEAD, _EDGE = 15.0, 1.5  # of a box that has others in it: its name above them, and what is around them
_LETTER = 6.4  # width of one, more or less
_MOST = 80  # boxes in a box; the others are one together
_ROWS = 30
_COLOURS = {INTERPRETER: "#b9c3d0", STANDARD_LIBRARY: "#9cc3e6", APPLICATION: "#f2b880", TABLES: "#d5d1c4"}
_OTHER = "#a3d3b1"
"""Of packages. Letters on all of these are dark, whatever the page is."""


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    width: float
    height: float

    def inside(self) -> Box:
        """What is left for others below its name."""
        return Box(
            self.left + _EDGE, self.top + _HEAD, max(0.0, self.width - 2 * _EDGE), max(0.0, self.height - _HEAD - _EDGE)
        )


def squarified(sizes: Sequence[float], box: Box) -> Iterator[Box]:
    """Divide `box` into boxes whose areas are as `sizes`, which are above 0 and begin with the largest.

    Rows are laid along the shorter side, each as long as that makes its boxes more like squares (Bruls, Huizing and van
    Wijk, Squarified Treemaps, 2000).
    """
    scale = box.width * box.height / math.fsum(sizes) if sizes else 0.0
    areas = [size * scale for size in sizes]
    at = 0
    while at < len(areas):
        side = min(box.width, box.height)
        end, total = at + 1, areas[at]
        while end < len(areas) and _worst(areas[at], areas[end], total + areas[end], side) <= _worst(
            areas[at], areas[end - 1], total, side
        ):
            total += areas[end]
            end += 1
        thick = total / side if side else 0.0
        place = 0.0
        upright = box.width >= box.height
        for area in areas[at:end]:
            long = area / thick if thick else 0.0
            if upright:
                yield Box(box.left, box.top + place, thick, long)
            else:
                yield Box(box.left + place, box.top, long, thick)
            place += long
        if upright:
            box = Box(box.left + thick, box.top, max(0.0, box.width - thick), box.height)
        else:
            box = Box(box.left, box.top + thick, box.width, max(0.0, box.height - thick))
        at = end


def _worst(largest: float, smallest: float, total: float, side: float) -> float:
    """How far the boxes of a row are from squares: the longer side over the shorter one, of the worst."""
    if not side or not total or not smallest:
        return math.inf
    return max(side * side * largest / (total * total), total * total / (side * side * smallest))


def space(whole: Share) -> Iterator[str]:
    """The treemap below a title, and the table."""
    yield "<h2>What takes the space, drawn</h2><p>Areas are bytes; point at one to see what it is.</p>"
    label = f"Treemap of {whole.size:,} bytes; the table below has the same figures"
    yield (
        f'<svg viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" width="{_WIDTH:.0f}" height="{_HEIGHT:.0f}" role="img" '
        f'aria-label="{escape(label)}">'
    )
    for group, box in _placed(whole.parts, Box(0, 0, _WIDTH, _HEIGHT)):
        yield from _drawn(group, box, _COLOURS.get(group.name, _OTHER), (), whole.size)
    yield "</svg>"
    yield from _table(whole)


def _placed(shares: Sequence[Share], box: Box) -> Iterator[tuple[Share, Box]]:
    kept = [share for share in shares if share.size > 0]
    if len(kept) > _MOST:
        rest = kept[_MOST - 1 :]
        kept = [*kept[: _MOST - 1], Share(f"{len(rest):,} others", sum(share.size for share in rest))]
        kept.sort(key=lambda share: -share.size)
    yield from zip(kept, squarified([share.size for share in kept], box), strict=True)


def _drawn(share: Share, box: Box, colour: str, above: tuple[str, ...], whole: int) -> Iterator[str]:
    if box.width < 1 or box.height < 1:
        return
    names = (*above, share.name)
    shown = f"{' / '.join(names)}: {share.size:,} bytes, {share.size / whole * 100:.1f} %"
    yield (
        f'<g><title>{escape(shown)}</title><rect x="{box.left:.1f}" y="{box.top:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" fill="{colour}" class="box"/>'
    )
    room = int((box.width - 6) / _LETTER)
    if box.height >= _HEAD and room >= 3:
        name = share.name if len(share.name) <= room else f"{share.name[: room - 1]}…"
        yield f'<text class="in" x="{box.left + 4:.1f}" y="{box.top + 11:.1f}">{escape(name)}</text>'
    yield "</g>"
    inside = box.inside()
    if share.parts and inside.width > 8 and inside.height > 8:
        for part, place in _placed(share.parts, inside):
            yield from _drawn(part, place, colour, names, whole)


def _table(whole: Share) -> Iterator[str]:
    kinds = sorted({part.name for group in whole.parts for part in group.parts})
    heads = "".join(f'<th class="number">{escape(name)}</th>' for name in ("bytes", *kinds))
    yield f"<table><tr><th>what</th>{heads}</tr>"
    for group in whole.parts[:_ROWS]:
        sizes = {part.name: part.size for part in group.parts}
        cells = [group.size, *(sizes.get(kind, 0) for kind in kinds)]
        numbers = "".join(f'<td class="number">{f"{cell:,}" if cell else ""}</td>' for cell in cells)
        yield f"<tr><td>{escape(group.name)}</td>{numbers}</tr>"
    yield "</table>"
    if more := whole.parts[_ROWS:]:
        yield f"<p>… and {len(more):,} more with {size_text(sum(group.size for group in more))}.</p>"
