"""`pydist inspect`: what a linked application or a distribution contains; what says nothing of itself is looked at."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.table import Table
from rich.text import Text

from pydist.cli.files import write_whole
from pydist.cli.inspect_licences import licences
from pydist.cli.inspect_page import page
from pydist.cli.inspect_trace import lines as traced_lines
from pydist.cli.inspect_trace import table as traced_table
from pydist.cli.options import add_file, add_json, add_quiet
from pydist.cli.terminal import Terminal, counted, plain
from pydist.errors import InputError
from pydist.link.inspect import INPUTS, Unstated, extract_application, inspect
from pydist.link.report import Contents, InspectReport, InterpreterFacts
from pydist.link.space import space_of
from pydist.link.trace import Trace, facts, read_trace
from pydist.manifest.convert import encode
from pydist.validate import look

__all__ = ["configure", "run"]

_EXAMPLES = """\
examples:
  pydist inspect ./http                   packages, versions, licences and sizes of an application
  pydist inspect ./http --extract folder  give its files back
  pydist inspect ./http --licences        licences of all that is in it; --text adds their texts
  PYDIST_TRACE=start.json ./http; pydist inspect ./http --trace start.json --html http.html
  pydist inspect cpython-3.14.7+…-full.tar.zst
  pydist inspect python                   an unpacked distribution
  pydist inspect /usr --html python.html  an installed Python: what its content says

What has no manifest is read whole, and says less; pydist adopt makes a distribution of an installed Python.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("file", metavar="FILE", type=Path, help=INPUTS)
    parser.add_argument("--extract", metavar="DIR", type=Path, help="write the files of an application to DIR")
    parser.add_argument("--licences", action="store_true", help="list the licences of all that is in an application")
    parser.add_argument("--text", action="store_true", help="with --licences: print the texts, too")
    add_file(parser, "--sbom", "write the bill of materials of an application (CycloneDX)")
    parser.add_argument("--modules", action="store_true", help="list every module of an application")
    parser.add_argument("--trace", metavar="FILE", type=Path,
                        help="what PYDIST_TRACE=FILE wrote: where the time of a start went")  # fmt: skip
    add_file(parser, "--html", "write a page with everything and charts")
    add_json(parser)
    add_quiet(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    if args.text and (args.json or not args.licences):
        raise InputError("--text adds texts to what --licences prints for people; expected it without --json")
    try:
        report = inspect(args.file)
    except Unstated:
        _check_application(args)  # before the content is read, which takes long
        report = _learned(args.file, terminal)
    contents = report.contents
    if contents is None:
        _check_application(args)
    trace = None
    if args.trace is not None:
        trace = _trace_of(report, args.trace)
        report = replace(report, trace=facts(trace))
    if args.html is not None:
        shares = space_of(args.file) if contents is not None else None
        write_whole(args.html, page(report, shares, trace).encode("utf-8", "backslashreplace"))
    if args.sbom is not None and contents is not None:
        # Here, because its library is slow to load.
        from pydist.link.bill import bill_of_materials

        write_whole(args.sbom, bill_of_materials(contents))
    if args.extract is not None:
        count = extract_application(args.file, args.extract)
        if not args.quiet:
            terminal.result(f"{counted(count, 'file')} written to {args.extract}")
    if args.json:
        terminal.result_json(encode(report))
    else:
        for line in _lines(report, args):
            terminal.result(line if isinstance(line, Table) else Text(plain(line)))
    return 0


def _lines(report: InspectReport, args: argparse.Namespace) -> Iterator[Table | str]:
    """What is printed for people."""
    contents = report.contents
    if args.licences and contents is not None:
        yield from licences(contents, args.file, texts=args.text)
    elif not args.quiet and args.extract is None:
        yield from _summary(report)
        if contents is not None and contents.packages:
            yield _packages(contents)
    if report.trace is not None and not args.quiet:
        yield from traced_lines(report.trace)
        yield traced_table(report.trace)
    if args.modules and report.modules:
        yield "\n".join(report.modules)


def _check_application(args: argparse.Namespace) -> None:
    """Raise `InputError` for options that are about applications only."""
    given = [f"--{name}" for name in ("extract", "licences", "sbom", "modules", "trace") if getattr(args, name)]
    if given:
        raise InputError(f"{', '.join(given)}: {args.file} is not an application that pydist linked")


def _trace_of(report: InspectReport, path: Path) -> Trace:
    """The trace in the file `path`. Raises `InputError` when it is none, or that of another application."""
    trace = read_trace(path)
    if trace.image_sha256 != report.image_sha256:
        raise InputError(
            f"{path} is the trace of another application, or of this one before it was linked again: expected the "
            f"image {report.image_sha256}, found {trace.image_sha256}; run {report.path} with PYDIST_TRACE={path}"
        )
    return trace


def _learned(path: Path, terminal: Terminal) -> InspectReport:
    """The report on a Python without a manifest."""
    seen = look(path, terminal)
    return InspectReport(
        path=str(path),
        kind="learned",
        size=seen.bytes if path.is_dir() else path.stat().st_size,
        interpreter=InterpreterFacts(
            implementation="cpython",
            version=seen.python_version or "",
            target_triple=seen.target_triple or "",
            build_options=seen.build_options or "",
            licenses=(),
        ),
        learned={f"{item.fact} {item.value}": item.where for item in seen.learned},
        space={share.category: share.bytes for share in seen.space},
        read=seen.read,
    )


def _summary(report: InspectReport) -> list[str]:
    facts = report.interpreter
    lines = [
        f"{report.path}  {report.kind}  {report.size:,} bytes",
        f"  Python {facts.version or 'of unknown version'}  {facts.target_triple}  {facts.build_options}".rstrip(),
        f"  licences of the interpreter and its libraries: {', '.join(facts.licenses) or 'not stated'}",
    ]
    if report.contents is not None:
        lines += [
            f"  starts {report.contents.entry}",
            f"  {counted(report.contents.modules, 'module')}, {counted(len(report.contents.packages), 'package')}",
            f"  linked by pydist {report.contents.pydist}, content verified: SHA-256 {report.image_sha256}",
        ]
    lines += [f"  {what}, as {where} says" for what, where in report.learned.items()]
    lines += [f"  {size:>12,} bytes  {name}" for name, size in (report.sections or report.space).items() if size]
    if report.components:
        lines.append(f"  built of {', '.join(f'{name} {text}' for name, text in sorted(report.components.items()))}")
    if report.read:
        lines.append(f"  {report.read}")
    if report.left_out:
        lines.append(f"  left out: {', '.join(report.left_out)}")
    if report.extensions:
        lines.append(f"  {counted(len(report.extensions), 'extension module')}: {', '.join(report.extensions)}")
    return lines


def _packages(contents: Contents) -> Table:
    table = Table("package", "version", "licence", "modules", "bytes", "origin", box=None, pad_edge=False)
    for package in contents.packages:
        # Names come from the file: so treated, they are neither markup nor commands to the terminal.
        facts = (package.name, package.version, package.license or "not stated")
        cells = (*facts, str(package.modules), f"{package.size:,}", package.origin)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table
