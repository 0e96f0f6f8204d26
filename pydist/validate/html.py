"""What pages of reports are made of: the document around them, and charts.

Invariant: texts are escaped, and the document allows no scripts and no requests: names in archives are hostile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

__all__ = ["Bar", "chart", "document", "size_text"]

Bar = tuple[str, float, str, str]
"""Name, value, what stands beside it, colour."""

_WIDTH, _LEFT, _RIGHT, _ROW = 720, 170, 130, 24
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
h1 { font-size: 1.3rem; overflow-wrap: anywhere } h2 { font-size: 1.05rem; margin-top: 2rem }
.good { color: #2f6f4f } .bad, .unreadable, .error { color: #b3261e }
.warning { color: #b7791f } .note { color: #3b6ea5 }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0 }
td { border-top: 1px solid #e4e7eb; overflow-wrap: anywhere } code { font-size: .92em }
.fix { color: #616e7c } svg { max-width: 100%; height: auto }
svg text { font: 13px system-ui, sans-serif; fill: #1f2933 }
svg text.in { font-size: 11px; fill: #14181d } svg .box { stroke: #fff; stroke-width: .6 }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; padding-right: 1.2rem }
.name { white-space: nowrap }
.key { color: #14181d; padding: .1rem .5rem; border-radius: 3px }
@media (prefers-color-scheme: dark) { body { background: #16191d; color: #e4e7eb } svg text { fill: #e4e7eb }
  td { border-color: #323f4b } .fix { color: #9aa5b1 } svg .box { stroke: #16191d } }
@media print { body { background: #fff; color: #000; margin: 0; max-width: none } svg text { fill: #000 }
  svg, tr { break-inside: avoid } svg, .key { print-color-adjust: exact } }
"""


def document(title: str, parts: Iterable[str]) -> str:
    """The whole page; `parts` are HTML, their texts already escaped."""
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width">',
            f"<style>{_STYLE}</style></head><body>",
            *parts,
            "</body></html>",
            "",
        ]
    )


def chart(title: str, rows: Iterable[Bar]) -> Iterator[str]:
    """Horizontal bars below a title; nothing when there are none."""
    bars = list(rows)
    if not bars:
        return
    longest, height = max(value for _, value, _, _ in bars) or 1, _ROW * len(bars) + 8
    yield f"<h2>{escape(title)}</h2>"
    yield f'<svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img">'
    for number, (name, value, shown, colour) in enumerate(bars):
        top = _ROW * number + 4
        width = max(1.0, value / longest * (_WIDTH - _LEFT - _RIGHT))
        yield f'<text x="{_LEFT - 10}" y="{top + 14}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_ROW - 7}" rx="2" fill="{colour}"/>'
        yield f'<text x="{_LEFT + width + 8:.1f}" y="{top + 14}">{escape(shown)}</text>'
    yield "</svg>"


def size_text(count: int) -> str:
    """A size for people: in MB from 0.1 MB on."""
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count:,} bytes"
