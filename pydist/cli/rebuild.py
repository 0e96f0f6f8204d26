"""`pydist rebuild`."""

from __future__ import annotations

import argparse
from pathlib import Path

from pydist.build.compare import FileDifference, InputDifference
from pydist.build.rebuild import rebuild
from pydist.build.report import RebuildReport
from pydist.cli.building import add_building
from pydist.cli.options import add_json, add_quiet
from pydist.cli.terminal import Terminal
from pydist.manifest.convert import encode

__all__ = ["configure", "run"]

_INPUTS, _FILES = 30, 50
_WORDS = {
    "missing": "only in the archive",
    "extra": "only in the rebuild",
    "kind": "another kind of file",
    "link": "another target of the link",
    "mode": "another mode",
    "bytes": "other bytes",
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example: pydist rebuild cpython-3.14.7+20260131-x86_64-unknown-linux-musl-noopt+static-full.tar.zst\n"
        "exit code 0: the same bytes, 1: something differs"
    )
    parser.add_argument("archive", type=Path, metavar="ARCHIVE", help="a full archive that pydist built")
    add_building(parser)
    parser.add_argument("--source", type=Path, metavar="DIR",
                        help="the CPython source tree of an archive that was built from one")  # fmt: skip
    parser.add_argument("--keep", type=Path, metavar="DIR",
                        help="where to keep what it makes; an interrupted one goes on there")  # fmt: skip
    add_quiet(parser)
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    report = rebuild(
        args.archive,
        box=args.box,
        jobs=args.jobs,
        downloads=args.downloads,
        keep=args.keep,
        source=args.source,
        reporter=terminal,
    )
    if args.json:
        terminal.result_json(encode(report))
    else:
        for line in lines(report):
            terminal.result(line)
    return 0 if report.identical else 1


def lines(report: RebuildReport) -> list[str]:
    """The report as a person reads it: what went in, then what came out."""
    if report.identical:
        return [f"identical: {report.archive.path}", f"sha256 {report.archive.sha256}, {report.seconds:.0f} s"]
    shown = [f"differs: {report.archive.path}"]
    if report.inputs:
        shown.append(f"{len(report.inputs)} inputs differ (archive -> here), which may be the whole reason:")
        causes = [line for row in report.inputs if row.kind != "key" for line in _input(row)]
        keys = [row.name for row in report.inputs if row.kind == "key"]
        shown += _cut(causes, 3 * _INPUTS)
        shown += [f"  so these steps have other keys: {', '.join(keys)}"] if keys else []
    else:
        shown.append("all recorded inputs are the same")
    if report.same_tree:
        return [*shown, f"all files are the same; the archives differ in: {', '.join(report.packing)}"]
    shown.append(f"{len({row.path for row in report.files})} files differ:")
    return shown + _cut([line for row in report.files for line in _file(row)], 3 * _FILES)


def _input(row: InputDifference) -> list[str]:
    if max(len(row.first or ""), len(row.second or "")) < 40:
        return [f"  {row.kind} {row.name}: {row.first or '(none)'} -> {row.second or '(none)'}"]
    return [f"  {row.kind} {row.name}:", f"    {row.first or '(none)'}", f"    {row.second or '(none)'}"]


def _file(row: FileDifference) -> list[str]:
    values = f": {row.first} -> {row.second}" if row.change in ("kind", "link", "mode") else ""
    return [f"  {row.path}: {_WORDS[row.change]}{values} ({row.origin})", *(f"    {line}" for line in row.details)]


def _cut(found: list[str], most: int) -> list[str]:
    return found if len(found) <= most else [*found[:most], f"  … {len(found) - most} more lines; --json has all"]
