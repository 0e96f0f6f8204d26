"""Reports as one page of HTML that needs nothing else: findings with what to do, and charts of what was looked at.

Invariant: everything from a report is escaped, and the page allows no scripts and no requests: names in archives are
hostile. The same reports give the same page.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from pydist.validate.report import Finding, Report
from pydist.validate.rules import Severity

__all__ = ["page"]

_COLOURS = {Severity.ERROR: "#b3261e", Severity.WARNING: "#b7791f", Severity.NOTE: "#3b6ea5"}
_SPACE, _GLIBC = "#2f6f4f", "#5b5f97"
_Bar = tuple[str, int, str, str]  # name, value, what stands beside it, colour
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
@media (prefers-color-scheme: dark) { body { background: #16191d; color: #e4e7eb } svg text { fill: #e4e7eb }
  td { border-color: #323f4b } .fix { color: #9aa5b1 } }
"""


def page(reports: Sequence[Report]) -> str:
    """The page for all reports, in their order."""
    parts = [part for report in reports for part in _report(report)]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8"><title>pydist validate</title>',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width">',
            f"<style>{_STYLE}</style></head><body>",
            *parts,
            "</body></html>",
            "",
        ]
    )


def _report(report: Report) -> Iterator[str]:
    yield f'<h1><span class="{report.verdict}">{report.verdict}</span> {escape(report.input)}</h1>'
    if report.error is not None:
        yield f"<p>{escape(report.error)}</p>"
        return
    yield f"<p>{escape(', '.join(_facts(report)))}</p>"
    yield from _findings(report.findings)
    if report.waived:
        yield "<h2>Waived</h2><table><tr><th>rule</th><th>where</th><th>reason</th><th>until</th></tr>"
        for item in report.waived:
            cells = (item.finding.rule, item.finding.where, item.reason, item.until or "")
            yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        yield "</table>"
    summary = report.summary
    space = [(share.category, share.bytes, _size(share.bytes), _SPACE) for share in summary.space]
    glibc = [(need.version, need.files, f"{need.files} files", _GLIBC) for need in summary.glibc]
    yield from _chart("What takes the space", space)
    yield from _chart("Findings by family", _families(report.findings))
    yield from _chart("The glibc that programs and libraries need", glibc)


def _facts(report: Report) -> Iterator[str]:
    summary = report.summary
    for text in (summary.python_version, summary.target_triple, summary.build_options):
        if text:
            yield text
    yield f"{summary.entries:,} entries"
    yield _size(summary.bytes)
    yield f"{summary.binaries:,} binaries"
    yield f"interpreter ran, {summary.modules_imported} modules imported" if summary.ran else "interpreter not run"


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield "<p>Nothing was found.</p>"
        return
    rules: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        rules[finding.rule].append(finding)
    yield "<h2>Findings</h2><table>"
    for rule, group in rules.items():
        first = group[0]
        yield (
            f'<tr><td><b class="{first.severity}">{first.severity}</b><br><code>{escape(rule)}</code></td><td>'
            + "<br>".join(f"<code>{escape(item.where)}</code> {escape(item.message)}" for item in group)
            + f'<div class="fix">{escape(first.fix)}</div></td></tr>'
        )
    yield "</table>"


def _families(findings: Sequence[Finding]) -> Iterator[_Bar]:
    """One bar for each family, in the colour of its worst finding."""
    counts = Counter(finding.rule.partition(".")[0] for finding in findings)
    order = list(Severity)
    for family, count in counts.most_common():
        worst = min((item.severity for item in findings if item.rule.startswith(f"{family}.")), key=order.index)
        yield family, count, str(count), _COLOURS[worst]


def _chart(title: str, rows: Iterable[_Bar]) -> Iterator[str]:
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


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count:,} bytes"
