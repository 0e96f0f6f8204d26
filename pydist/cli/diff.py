"""`pydist diff`: what differs between two distributions."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.text import Text

from pydist.cli.files import write_whole
from pydist.cli.options import add_file, add_json, add_quiet, add_rules, words
from pydist.cli.terminal import Terminal, plain
from pydist.diff import DiffReport, diff
from pydist.diff.page import page
from pydist.diff.report import Input, Shown
from pydist.diff.sections import Section, counts, sections
from pydist.manifest.convert import encode
from pydist.validate import choose
from pydist.validate.html import size_text

__all__ = ["configure", "run"]

_ROWS = 15
_STYLES = {"+": "green", "-": "red", "~": "yellow"}
_LINE_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = """\
examples:
  pydist diff old-full.tar.zst new-full.tar.zst  what changed from one release to the next
  pydist diff --show PYTHON.json old.tar.zst new.tar.zst
  pydist diff --all --html diff.html old.tar.zst new.tar.zst

exit code 0: nothing differs; 1: something does; 2: wrong use, or an input that cannot be read
Nothing of the distributions is run."""
    parser.add_argument("first", type=Path, metavar="A", help="archive, folder with python/, or installed Python")
    parser.add_argument("second", type=Path, metavar="B", help="what it is compared with")
    parser.add_argument("--show", action="append", default=[], metavar="PATH",
                        help="show how this file (below python/) differs; may be repeated")  # fmt: skip
    parser.add_argument("--all", action="store_true", help="do not cut long lists")
    add_rules(parser, "compare only the verdicts of", "do not compare the verdicts of")
    add_file(parser, "--html", "write a page with all differences and charts")
    add_json(parser)
    add_quiet(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    rules = choose(words(args.select), words(args.ignore))
    report = diff(args.first, args.second, rules=rules, show=args.show, reporter=terminal)
    if args.html is not None:
        write_whole(args.html, page(report).encode("utf-8", "backslashreplace"))
    if args.json:
        terminal.result_json(encode(report))
    else:
        made = sections(report)
        terminal.result(_summary(report, made))
        for section in () if args.quiet else made:
            terminal.result(_section(section, len(section.rows) if args.all else _ROWS))
        for item in report.shown:
            terminal.result(_content(item))
    return 0 if report.equal else 1


def _summary(report: DiffReport, made: list[Section]) -> Text:
    text = Text()
    text.append("equal" if report.equal else "different", "bold green" if report.equal else "bold yellow")
    for mark, side in (("-", report.first), ("+", report.second)):
        text.append(f"\n{mark} ", _STYLES[mark])
        text.append(_line(_input(side)))
        if side.read:
            text.append(f"\n  {_line(side.read)}", "dim")
    for section in made:
        text.append(f"\n  {section.title}", "bold")
        text.append(f": {counts(section)}")
    return text


def _input(side: Input) -> str:
    known = " ".join(filter(None, (side.python_version, side.target_triple, side.build_options)))
    return ", ".join(
        filter(None, (f"{side.path}: {known}", f"{side.files:,} files", size_text(side.bytes), side.verdict))
    )


def _section(section: Section, most: int) -> Text:
    text = Text(f"\n{section.title}", "bold")
    text.append(f"  {section.about}", "not bold dim")
    for row in section.rows[:most]:
        text.append(f"\n{row.mark} ", f"not bold {_STYLES[row.mark]}")
        text.append(plain(row.name).replace("\n", "\ufffd"), "not bold")
        text.append(f"  {_line(row.text)}", "not bold dim")
    if (more := len(section.rows) - most) > 0:
        text.append(f"\n  … and {more:,} more; --all shows them, --json has everything", "not bold italic")
    return text


def _line(words: str) -> str:
    return plain(words).replace("\n", "\ufffd")


def _content(item: Shown) -> Text:
    text = Text(f"\n{_line(item.path)}", "bold")
    for line in item.lines or ("the same",):
        text.append(f"\n{_line(line)}", f"not bold {_LINE_STYLES.get(line[:1], '')}".strip())
    return text
