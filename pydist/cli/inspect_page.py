"""What `inspect` says as one page of HTML that needs nothing else.

Invariant: that of `pydist.validate.html`; the same report gives the same page.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from pydist.cli.inspect_space import space as drawn_space
from pydist.cli.inspect_trace import timing
from pydist.link.report import InspectReport
from pydist.link.space import Share
from pydist.link.trace import Trace
from pydist.validate.html import chart, document, size_text

__all__ = ["page"]

_COLOUR = "#2f6f4f"


def page(report: InspectReport, shares: Share | None = None, trace: Trace | None = None) -> str:
    """The page; of an application, with where its bytes are and, if it was traced, where its time went."""
    return document("pydist inspect", _parts(report, shares, trace))


def _parts(report: InspectReport, shares: Share | None, trace: Trace | None) -> Iterator[str]:
    yield f"<h1>{escape(report.path)}</h1><table>"
    for name, value in _facts(report):
        if value:
            yield f'<tr><td class="name">{escape(name)}</td><td>{escape(value)}</td></tr>'
    yield "</table>"
    if trace is not None and report.trace is not None:
        yield from timing(trace, report.trace)
    if shares is not None:
        yield from drawn_space(shares)
    packages = report.contents.packages if report.contents is not None else ()
    space = report.sections or report.space
    yield from chart("What takes the space", ((name, size, size_text(size), _COLOUR) for name, size in space.items()))
    sizes = sorted(packages, key=lambda item: item.size, reverse=True)
    yield from chart("Packages", ((item.name, item.size, size_text(item.size), _COLOUR) for item in sizes))
    if packages:
        yield "<table><tr><th>package</th><th>version</th><th>licence</th><th>origin</th></tr>"
        for item in packages:
            cells = (item.name, item.version, item.license or "not stated", item.origin)
            yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        yield "</table>"


def _facts(report: InspectReport) -> Iterator[tuple[str, str]]:
    about = report.interpreter
    yield "what it is", f"{report.kind}, {report.size:,} bytes"
    yield "Python", f"{about.version} {about.target_triple} {about.build_options}"
    yield "licences", ", ".join(about.licenses)
    if report.contents is not None:
        yield "starts", report.contents.entry
        yield "linked by", f"pydist {report.contents.pydist}"
    yield from report.learned.items()
    yield "read", report.read or ""
    yield "built of", ", ".join(f"{name} {version}" for name, version in sorted(report.components.items()))
    yield "left out", ", ".join(report.left_out)
    yield f"{len(report.extensions)} extension modules", ", ".join(report.extensions)
