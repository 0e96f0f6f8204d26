"""`pydist fetch`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from rich.table import Table

from pydist.cli.options import add_json, add_quiet
from pydist.cli.terminal import Terminal
from pydist.errors import InputError
from pydist.fetch.entry import Entry, Listing
from pydist.fetch.fetch import fetch, listing
from pydist.fetch.machine import Machine
from pydist.fetch.report import report_of_fetch, report_of_list
from pydist.fetch.select import Wanted, latest, matching, nothing
from pydist.link.settings import Settings, parse_toml
from pydist.manifest.convert import encode
from pydist.policy.names import Flavour
from pydist.repack.profile import profiles

__all__ = ["configure", "run"]

_VARIABLE = "PYDIST_INDEX"
_WIDTH = 140  # columns of a table in a pipe: no name is broken into lines there
_SHOWN = 5
_FLAVOURS = ", ".join(flavour.replace("_", "-") for flavour in Flavour)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  pydist fetch 3.13 --index download-metadata.json\n"
        "  pydist fetch 3.13.1+20250101 --options freethreaded --flavour install-only\n"
        "  pydist fetch 3.14 --list --target aarch64-unknown-linux-gnu\n"
        "  pydist fetch '>=3.12' --list --latest\n\n"
        "Without --target it is what this machine runs best."
    )
    parser.add_argument("version", nargs="?", default="", metavar="VERSION",
                        help="3.13, 3.13.1, 3.15.0rc1 or '>=3.12'; with +TAG that build of it")  # fmt: skip
    parser.add_argument("--target", metavar="TRIPLE", default="", help="where it runs (default: this machine)")
    parser.add_argument("--options", metavar="WORDS", default="",
                        help="build options joined by + (default: the fastest, not debug or freethreaded)")  # fmt: skip
    parser.add_argument("--flavour", type=_flavour, metavar="WORD",
                        help=f"how much of it: {_FLAVOURS}, or as repack --to says it "
                             "(default: the most there is)")  # fmt: skip
    parser.add_argument("--index", metavar="FILE|URL",
                        help=f"uv's download metadata, or SHA256SUMS or its folder (default: ${_VARIABLE}, "
                             "else index of [tool.pydist])")  # fmt: skip
    parser.add_argument("--list", action="store_true", help="show what the index has, the best first; fetch nothing")
    parser.add_argument("--latest", action="store_true",
                        help="with --list: of each series only the newest build of the newest version")  # fmt: skip
    parser.add_argument("--allow-unverified", action="store_true",
                        help="take an archive whose digest the index does not say")  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, default=Path(), metavar="DIR",
                        help="where the archive goes (default: here)")  # fmt: skip
    add_quiet(parser)
    add_json(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    wanted = Wanted.parse(args.version, target=args.target, options=args.options, flavour=args.flavour)
    index = args.index or _configured()
    if args.list:
        found = listing(index, reporter=terminal)
        machine = Machine.here()
        entries = matching(found.entries, wanted, machine)
        if not entries:
            raise nothing(found, wanted, machine)
        if args.latest:
            entries = latest(entries)
        if args.json:
            terminal.result_json(encode(report_of_list(found, entries)))
        else:
            _show(found, entries, terminal)
        return 0
    if not args.version:
        raise InputError("which version? Give one such as 3.13, or --list to see what there is")
    fetched = fetch(wanted, index, output=args.output, allow_unverified=args.allow_unverified, reporter=terminal)
    target = fetched.entry.name.target
    if wanted.target is None and target is not None and target.level > 1:
        terminal.note(f"{fetched.path.name} needs a processor of level x86-64-v{target.level}, which this machine has; "
                      f"for any, say --target {target.triple.replace(f'_v{target.level}', '', 1)}")  # fmt: skip
    if not fetched.verified:
        terminal.note(f"nobody vouches for {fetched.path}: the index has no digest of it")
    if args.json:
        terminal.result_json(encode(report_of_fetch(index, fetched)))
    else:
        terminal.result(str(fetched.path))
        terminal.result(f"sha256 {fetched.sha256}")
    return 0


def _configured() -> str:
    """The index of the environment or of the project that stands here."""
    project = Path("pyproject.toml")
    index = os.environ.get(_VARIABLE)
    if not index and project.is_file():
        try:
            text = project.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{project}: cannot be read: {error}") from None
        index = Settings.parse(parse_toml(text, str(project)), str(project)).index
    if not index:
        raise InputError(f"no index to look into: name one with --index, in {_VARIABLE}, or as index in [tool.pydist]; "
                         "it is uv's download metadata (JSON), or a release's folder with SHA256SUMS")  # fmt: skip
    return index


def _show(found: Listing, entries: list[Entry], terminal: Terminal) -> None:
    table = Table(title=f"{len(entries)} of {len(found.entries)} archives, {found.where}", title_justify="left")
    for heading in ("version", "build", "platform", "options", "flavour", "sha256"):
        table.add_column(heading, no_wrap=True)
    for entry in entries:
        name = entry.name
        kind = f"{name.content} {name.suffix}" if name.content else f"cross environment {name.suffix}"
        table.add_row(entry.version, name.build, "-".join(filter(None, [name.platform, name.linkage])),
                      "+".join(name.options), kind, entry.sha256[:12] if entry.sha256 else "none")  # fmt: skip
    if not terminal.out.is_terminal:
        terminal.out.width = _WIDTH
    terminal.result(table)
    for fault in found.left_out[:_SHOWN]:
        terminal.note(f"left out: {fault}")
    if len(found.left_out) > _SHOWN:
        terminal.note(f"{len(found.left_out) - _SHOWN} more entries were left out; --json has all")


def _flavour(text: str) -> Flavour:
    try:
        return profiles()[text].flavour if text in profiles() else Flavour(text.replace("-", "_"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected {_FLAVOURS}") from None
