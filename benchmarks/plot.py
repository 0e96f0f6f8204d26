"""Bar charts as small SVG files, written by hand: no fonts, no scripts, the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

__all__ = ["bars"]

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 720, 210, 110, 30, 48
_OURS, _THEIRS, _TEXT, _LINE = "#2f6f4f", "#9aa5b1", "#57606a", "#d0d7de"


def bars(title: str, values: Mapping[str, float], unit: str, ours: str) -> str:
    """A horizontal bar for each value, the one named `ours` in its own colour; shorter is better."""
    longest = max(values.values())
    height = _TOP + _ROW * len(values) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="{_TEXT}" role="img" aria-label="{escape(title)}">',
        f'<text x="12" y="26" font-size="15" font-weight="600">{escape(title)}</text>',
        f'<line x1="{_LEFT}" y1="{_TOP - 6}" x2="{_LEFT}" y2="{height - 8}" stroke="{_LINE}"/>',
    ]
    for row, (name, value) in enumerate(values.items()):
        y = _TOP + row * _ROW
        width = max(1.0, value / longest * (_WIDTH - _LEFT - _RIGHT))
        colour = _OURS if name == ours else _THEIRS
        parts += [
            f'<text x="{_LEFT - 10}" y="{y + 15}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_ROW - 9}" rx="2" fill="{colour}"/>',
            f'<text x="{_LEFT + width + 8:.1f}" y="{y + 15}">{value:g} {escape(unit)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
