"""`pydist adopt`: a distribution made of an installed CPython."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from rich.table import Table
from rich.text import Text

from pydist.adopt import AdoptReport, Request, adopt
from pydist.archive.zip_write import FORMATS
from pydist.cli.options import add_json, add_quiet
from pydist.cli.terminal import Terminal, counted, plain
from pydist.manifest.convert import encode

__all__ = ["configure", "run"]

_SHOWN = 12


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  pydist adopt /usr/bin/python3.11 -o debian/\n"
        "  pydist adopt ~/.pyenv/versions/3.11.7 --folder adopted\n"
        "  pydist adopt cpython-3.14.7+20260101-x86_64-unknown-linux-gnu-install_only.tar.gz -o full/\n"
        "  pydist adopt /usr --system-library 'libX*' --system-library 'libtk*'\n\n"
        "The interpreter is run: where it is, and once more as it was moved, each time with an empty environment and\n"
        "a deadline. Give only what you would run anyway.\n"
        "exit code 1: the result would have faults that the original has not; 2: it is no CPython, or cannot be moved"
    )
    what = "prefix, interpreter, virtual environment, or archive of an installed tree (install_only)"
    parser.add_argument("input", type=Path, metavar="PREFIX", help=what)
    parser.add_argument("-o", "--output", default=".", metavar="OUT",
                        help="folder (it exists, or ends with /) or file for the full archive")  # fmt: skip
    parser.add_argument("--format", choices=FORMATS, help="format of the archive (default: by OUT, else tar.zst)")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="make this folder, with python/ in it, and no archive"
    )
    parser.add_argument("--system-library", action="append", default=[], metavar="PATTERN",
                        help="leave libraries of these names to the system; '*' leaves all")  # fmt: skip
    add_json(parser)
    add_quiet(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    request = Request(
        source=args.input, output=args.output, suffix=args.format, folder=args.folder, stay=tuple(args.system_library)
    )
    report = adopt(request, reporter=terminal)
    for note in report.notes:
        terminal.note(note)
    if args.json:
        terminal.result_json(encode(report))
    else:
        if not args.quiet:
            _show_details(report, terminal)
        _show(report, terminal)
    return 0


def _show_details(report: AdoptReport, terminal: Terminal) -> None:
    table = Table()
    table.add_column("not known", no_wrap=True)
    table.add_column("why")
    table.add_column("what that costs")
    for item in report.absent:
        table.add_row(item.key, item.why, item.cost)
    terminal.result(table)
    for left in report.left_out[:_SHOWN]:
        terminal.note(f"left out: {left.path}: {left.reason}")
    if len(report.left_out) > _SHOWN:
        terminal.note(f"{len(report.left_out) - _SHOWN:,} more files were left out; --json has all")
    for library in report.system_libraries:
        terminal.note(f"the system has to have {library.name}, for {', '.join(library.needed_by[:_SHOWN])}")
    for (rule, severity), count in Counter((item.rule, item.severity) for item in report.remarks).most_common():
        terminal.note(f"as its maker left it: {rule}, {counted(count, 'time')} ({severity} in other full archives)")
    lines = [
        f"{counted(len(report.libraries), 'library', 'libraries')} came along" + (": " if report.libraries else ""),
        ", ".join(item.path.rpartition("/")[2] for item in report.libraries),
    ]
    terminal.result(plain("".join(lines)))


def _show(report: AdoptReport, terminal: Terminal) -> None:
    linkable = "pydist link can use it" if report.linkable else "pydist link cannot use it: no headers or no libpython"
    facts = (f"CPython {report.python_version}", report.target_triple, report.build_options, linkable)
    about = "".join(f"  {fact}" for fact in facts if fact)
    terminal.result(Text.assemble((plain(report.output), "bold"), f"  {report.size:,} bytes", plain(about)))
    if report.sha256 is not None:
        terminal.result(f"sha256 {report.sha256}")
