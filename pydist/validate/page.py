"""Reports as one page of HTML that needs nothing else: findings with what to do, and charts of what was looked at.

Invariant: everything from a report is escaped, and the page allows no scripts and no requests: names in archives are
hostile. The same reports give the same page.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from html import escape

from pydist.validate.html import Bar, chart, document, size_text
from pydist.validate.report import Finding, Report
from pydist.validate.rules import Severity

__all__ = ["page"]

_COLOURS = {Severity.ERROR: "#b3261e", Severity.WARNING: "#b7791f", Severity.NOTE: "#3b6ea5"}
_SPACE, _GLIBC = "#2f6f4f", "#5b5f97"


def page(reports: Sequence[Report]) -> str:
    """The page for all reports, in their order."""
    return document("pydist validate", (part for report in reports for part in _report(report)))


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
    if summary.tried:
        yield "<h2>What was tried with the interpreter</h2><table>"
        for trial in summary.tried:
            shown = (f"<code>{escape(trial.rule)}</code>", escape(trial.verdict), escape(trial.detail or ""))
            yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in shown)}</tr>"
        yield "</table>"
    space = [(share.category, share.bytes, size_text(share.bytes), _SPACE) for share in summary.space]
    glibc = [(need.version, need.files, f"{need.files} files", _GLIBC) for need in summary.glibc]
    yield from chart("What takes the space", space)
    yield from chart("Findings by family", _families(report.findings))
    yield from chart("The glibc that programs and libraries need", glibc)


def _facts(report: Report) -> Iterator[str]:
    summary = report.summary
    for text in (summary.python_version, summary.target_triple, summary.build_options, summary.read):
        if text:
            yield text
    yield f"{summary.entries:,} entries"
    yield size_text(summary.bytes)
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


def _families(findings: Sequence[Finding]) -> Iterator[Bar]:
    """One bar for each family, in the colour of its worst finding."""
    counts = Counter(finding.rule.partition(".")[0] for finding in findings)
    order = list(Severity)
    for family, count in counts.most_common():
        worst = min((item.severity for item in findings if item.rule.startswith(f"{family}.")), key=order.index)
        yield family, count, str(count), _COLOURS[worst]
