"""`pydist test`: run a distribution through our checks and CPython's test-suite, and say what is not as promised."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from pydist.cli.options import add_json, add_quiet
from pydist.cli.terminal import Terminal
from pydist.errors import InputError
from pydist.examine import Report, choose, examine
from pydist.examine.checks import Checks, load_checks
from pydist.manifest.convert import encode
from pydist.trial.compare import SuiteReport
from pydist.trial.outcome import Problem, Verdict

__all__ = ["configure", "run"]

_STYLES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "bold red",
    Verdict.LACKING: "yellow",
    Verdict.NOT_APPLICABLE: "dim",
}
_EXIT_CODES = {"good": 0, "bad": 1, "incomplete": 3}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  pydist test dist/cpython-3.14.7+20260101-x86_64-unknown-linux-gnu-pgo+lto-full.tar.zst\n"
        "  pydist test dist/python-folder --no-suite            our own checks, about two minutes\n"
        "  pydist test …-full.tar.zst --select compile --ignore compile.relink\n"
        "  pydist test …-full.tar.zst --tests test_ssl,test_os  these files of CPython's tests, no checks\n\n"
        "exit code 0: all as promised; 1: something is not; 2: wrong use, or no distribution; 3: nothing failed, but\n"
        "this machine lacks what some checks need (the report says what; --ignore leaves them out)\n"
        "The programs of the archive are run: test only what you trust."
    )
    parser.add_argument("input", nargs="?", type=Path, metavar="ARCHIVE", help="full archive, or folder with python/")
    for name, what in (("select", "make only"), ("ignore", "do not make")):
        parser.add_argument(
            f"--{name}", action="append", default=[], metavar="CHECK", help=f"{what} this check or family"
        )
    parser.add_argument(
        "--suite", action=argparse.BooleanOptionalAction, default=None,
        help="run CPython's test-suite (default: yes, unless checks are selected)",
    )  # fmt: skip
    parser.add_argument(
        "--tests", action="append", default=[], metavar="FILE", help="run only this file of CPython's test-suite"
    )
    parser.add_argument("-j", "--jobs", type=int, metavar="N", help="processes of the test-suite (default: the cores)")
    parser.add_argument(
        "--emulator", metavar="COMMAND", help="what runs programs of the target (default: as the table of targets says)"
    )
    parser.add_argument("--list-checks", action="store_true", help="show all checks and what they promise")
    add_json(parser)
    add_quiet(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    if args.list_checks:
        return _list_checks(args, terminal)
    if args.input is None:
        raise InputError("nothing to test; expected an archive: pydist test ARCHIVE")
    if args.jobs is not None and args.jobs < 1:
        raise InputError(f"--jobs: expected a number from 1 on, found {args.jobs}")
    select, tests = _words(args.select), _words(args.tests)
    if tests and args.suite is False:
        raise InputError("--tests names files of the test-suite, and --no-suite leaves it out; expected one of them")
    report = examine(
        args.input,
        checks=() if tests and not select else choose(select, _words(args.ignore)),
        suite=bool(tests) or (not select if args.suite is None else args.suite),
        tests=tests,
        jobs=args.jobs,
        emulator=shlex.split(args.emulator) if args.emulator is not None else None,
        reporter=terminal,
    )
    if not args.quiet or report.verdict != "good":
        terminal.result(_text(report))
    if args.json:
        terminal.result_json(encode(report))
    return _EXIT_CODES[report.verdict]


def _words(given: Sequence[str]) -> list[str]:
    return [word.strip() for item in given for word in item.split(",") if word.strip()]


def _text(report: Report) -> Text:
    text = Text()
    for result in report.results:
        text.append(f"{result.verdict:>14} ", _STYLES[result.verdict])
        text.append(result.check, "bold")
        text.append(f"  {result.reason or result.detail or ''}\n", "dim")
        if result.verdict is Verdict.FAILED:
            text.append(f"{'':15}promised: {result.promise}\n")
        _append(text, result.problems)
    if report.suite is not None:
        _append_suite(text, report.suite)
    text.append(report.verdict, "bold green" if report.verdict == "good" else "bold red")
    counts = [f"{sum(item.verdict is verdict for item in report.results)} {verdict}" for verdict in Verdict]
    text.append(f"  {report.input}: {', '.join(counts)}")
    if report.emulator:
        text.append(f"; run by {report.emulator}")
    return text


def _append_suite(text: Text, suite: SuiteReport) -> None:
    text.append(f"{suite.verdict:>14} ", _STYLES[suite.verdict])
    text.append("CPython's test-suite", "bold")
    if suite.reason:
        text.append(f"  {suite.reason}\n", "dim")
        return
    text.append(
        f"  {suite.files:,} files, {len(suite.skipped_files)} of them skipped; {suite.tests:,} tests: {suite.passed:,} "
        f"passed, {suite.skipped:,} skipped, {len(suite.known_failures)} known failures, "
        f"{len(suite.new_failures)} new failures, {len(suite.out_of_date)} rows of the table out of date\n"
    )
    _append(text, (*suite.new_failures, *suite.out_of_date))


def _append(text: Text, problems: Sequence[Problem]) -> None:
    for problem in problems:
        text.append(f"{'':15}{problem}\n")


def _list_checks(args: argparse.Namespace, terminal: Terminal) -> int:
    checks = tuple(load_checks().values())
    if args.json:
        terminal.result_json(encode(Checks(checks=checks)))
    table = Table("check", "what holds in a good distribution", "for", show_lines=False)
    for check in checks:
        table.add_row(Text(check.id, "bold"), check.promise, f"{check.linking} {check.only}".strip().rstrip("*"))
    terminal.result(table)
    return 0
