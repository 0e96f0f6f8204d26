"""`pydist validate`: judge distributions and say everything that is wrong with them at once."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from itertools import groupby
from pathlib import Path

from rich.table import Table
from rich.text import Text

from pydist.cli.files import write_whole
from pydist.cli.options import add_file, add_json, add_quiet, add_rules, words
from pydist.cli.terminal import Terminal, counted
from pydist.errors import InputError
from pydist.manifest.convert import encode
from pydist.trial.outcome import Verdict
from pydist.validate import Report, choose, validate
from pydist.validate.page import page
from pydist.validate.profiles import load_profiles
from pydist.validate.report import Reports
from pydist.validate.rules import Rules, Severity, load_rules
from pydist.validate.sarif import sarif
from pydist.validate.waivers import load_waivers

__all__ = ["configure", "run", "summary_text"]

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}

_ROWS = 5  # findings of one rule; most often they have one cause
_EXIT_CODES = {"good": 0, "bad": 1, "unreadable": 2}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example: pydist validate cpython-3.14.7+20260101-x86_64-unknown-linux-musl-noopt+static-full.tar.zst\n\n"
        "exit code 0: all good; 1: at least one judged bad; 2: wrong use, or what cannot be opened or is no Python;\n"
        "3: no room for temporary files\n"
        "The interpreter of an archive is run when this machine can; --no-run for archives you do not trust."
    )
    what = "archive, folder with python/, prefix of an installed Python, virtual environment, or a manifest alone"
    parser.add_argument("inputs", nargs="*", type=Path, metavar="INPUT", help=what)
    add_rules(parser, "apply only", "do not apply")
    parser.add_argument(
        "--profile", metavar="P", help=f"{', '.join(load_profiles())}; by default the one that fits the input"
    )
    parser.add_argument("--all", action="store_true", help="do not cut long lists of findings of one rule")
    parser.add_argument("--no-run", dest="start", action="store_false", help="do not start the interpreter")
    parser.add_argument("--waivers", type=Path, metavar="FILE", help="accepted findings, with reasons (TOML)")
    add_file(parser, "--sarif", "write the findings for code hosts and editors")
    add_file(parser, "--html", "write a page with findings and charts")
    parser.add_argument("--list-rules", action="store_true", help="show all rules and what to do about violations")
    add_json(parser)
    add_quiet(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    if args.list_rules:
        return _list_rules(args, terminal)
    if not args.inputs:
        raise InputError("nothing to judge; expected an archive: pydist validate ARCHIVE…")
    rules = choose(words(args.select), words(args.ignore))
    waivers = load_waivers(args.waivers) if args.waivers else ()
    reports = []
    for path in args.inputs:
        try:
            report = validate(
                path, rules=rules, profile=args.profile, waivers=waivers, run=args.start, reporter=terminal
            )
        except InputError as error:
            terminal.error(str(error))
            reports.append(Report.unreadable(str(path), str(error)))
            continue
        reports.append(report)
        if not args.quiet or not report.good:
            terminal.result(_findings(report, len(report.findings) if args.all else _ROWS) + summary_text(report))
    if args.json:
        terminal.result_json(encode(Reports(reports=tuple(reports))))
    if args.sarif:
        write_whole(args.sarif, (json.dumps(sarif(reports), indent=2) + "\n").encode())
    if args.html:
        write_whole(args.html, page(reports).encode("utf-8", "backslashreplace"))
    return max(_EXIT_CODES[report.verdict] for report in reports)


def _findings(report: Report, most: int) -> Text:
    """The findings in their order, with no more than `most` of each rule."""
    text = Text()
    for rule, group in groupby(report.findings, lambda finding: finding.rule):
        findings = list(group)
        for finding in findings[:most]:
            text.append(f"{finding.severity:>7} ", _STYLES[finding.severity])
            text.append(rule, "bold")
            text.append(f"  {finding.where}: {finding.message}\n" if finding.where else f"  {finding.message}\n")
            if finding is findings[0]:
                text.append(f"        {finding.fix}\n", "dim")
        if (more := len(findings) - most) > 0:
            text.append(f"        … and {more:,} more of {rule}; --all shows them\n", "italic")
    return text


def summary_text(report: Report) -> Text:
    """What was looked at and how it ended, for people."""
    text, summary = Text(), report.summary
    text.append("good" if report.good else "bad", "bold green" if report.good else "bold red")
    counts = [counted(sum(item.severity is severity for item in report.findings), severity) for severity in Severity]
    read = f"{counted(summary.entries, 'entry', 'entries')}, {counted(summary.binaries, 'binary', 'binaries')}"
    text.append(f"  {report.input}: {', '.join(counts)}; {read}, ")
    if report.waived:
        text.append(f"{len(report.waived)} waived, ")
    verdicts = Counter(item.verdict for item in summary.tried)
    others = "".join(f", {count} {verdict}" for verdict, count in verdicts.items() if verdict is not Verdict.PASSED)
    trials = f", {verdicts[Verdict.PASSED]} of {len(summary.tried)} trials passed{others}" if summary.tried else ""
    ran = f"interpreter ran, {counted(summary.modules_imported, 'extension module')} imported{trials}"
    text.append(ran if summary.ran else "interpreter not run")
    text.append(f"\n        profile {report.profile}")
    for trial in summary.tried:
        if trial.verdict not in (Verdict.PASSED, Verdict.FAILED):  # those that failed are findings
            text.append(f"\n        {trial.rule} {trial.verdict}: {trial.detail}", "dim")
    for item in summary.learned:
        text.append(f"\n        {item.fact} {item.value}, as {item.where} says", "dim")
    if summary.read:
        text.append(f"\n        {summary.read}", "dim")
    return text


def _list_rules(args: argparse.Namespace, terminal: Terminal) -> int:
    rules = tuple(load_rules().values())
    if args.json:
        terminal.result_json(encode(Rules(rules=rules)))
    table = Table("rule", "severity", "what holds in a good archive", "what to do otherwise", show_lines=False)
    for rule in rules:
        table.add_row(Text(rule.id, "bold"), Text(rule.severity, _STYLES[rule.severity]), rule.meaning, rule.fix)
    terminal.result(table)
    return 0
