"""`pydist repack`: another archive of the same distribution."""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

from rich.table import Table
from rich.text import Text

from pydist.archive.zip_write import FORMATS
from pydist.cli.options import add_json, add_quiet
from pydist.cli.terminal import Terminal
from pydist.errors import Fault, InputError, PydistError
from pydist.manifest.convert import encode
from pydist.policy.names import WORDS, AssetName, Flavour
from pydist.progress import Reporter
from pydist.repack import RepackReport, Request, repack
from pydist.repack.profile import DROPPABLE, Form, profile_named, profiles
from pydist.validate import Finding, validate
from pydist.validate.gather import gather
from pydist.validate.rules import Severity

__all__ = ["configure", "run"]

_SHOWN = 20
_PROFILES = {Form.FULL: "full", Form.INSTALLED: "install-only"}
"""Which of validate's profiles holds for the result."""
_STATING = ("manifest", "measured", "shared", "abi")  # families of rules about what a full archive's manifest says


class Spoiled(PydistError):
    """The result would be worse than the input."""

    exit_code = 1


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  pydist repack cpython-3.14.7+20260101-x86_64-unknown-linux-gnu-pgo+lto-full.tar.zst --to stripped\n"
        "  pydist repack python/ --to minimal --drop packages --debug-files debug/ -o small.tar.xz\n"
        "  pydist repack theirs-full.tar.zst --to install-only --fix -o ours/\n\n"
        "The result is judged before it gets its name; exit code 1: it has faults that the input has not."
    )
    parser.add_argument("input", type=Path, metavar="INPUT", help="archive, or folder with or as python/")
    meanings = "; ".join(f"{name}: {profile.meaning}" for name, profile in profiles().items())
    parser.add_argument("--to", required=True, choices=list(profiles()), help=meanings)
    parser.add_argument("-o", "--output", default=".", metavar="OUT",
                        help="folder (it exists, or ends with /) or file (default: here)")  # fmt: skip
    parser.add_argument("--format", choices=FORMATS, help="format of the archive (default: by OUT, else by --to)")
    parser.add_argument("--drop", action="append", default=[], metavar="CATEGORY",
                        help=f"leave out these too: {', '.join(DROPPABLE)}")  # fmt: skip
    parser.add_argument("--fix", action="store_true",
                        help="make sysconfig, pkg-config and scripts find their own place")  # fmt: skip
    parser.add_argument("--debug-files", type=Path, metavar="DIR",
                        help="keep what is stripped, where debuggers look for it")  # fmt: skip
    add_json(parser)
    add_quiet(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    dropped = tuple(word.strip() for item in args.drop for word in item.split(",") if word.strip())
    request = Request(
        source=args.input, profile=profile_named(args.to, dropped), output=args.output, suffix=args.format,
        fix=args.fix, debug_files=args.debug_files,
    )  # fmt: skip
    report = repack(
        request,
        judge=lambda path, form: _judge(path, form, args.input),
        identify=lambda path: _identify(path, terminal),
        reporter=terminal,
    )
    for note in report.notes:
        terminal.note(note)
    if args.json:
        terminal.result_json(encode(report))
    else:
        if not args.quiet:
            _show_details(report, terminal)
        terminal.result(Text.assemble((str(report.output), "bold"), f"  {report.size:,} bytes"))
        terminal.result(f"sha256 {report.sha256}")
    return 0


def _identify(path: Path, reporter: Reporter) -> AssetName | None:
    """What the judge learns of a distribution that does not say what it is."""
    learned = gather(path, reporter).identity
    if learned.version is None or learned.target is None:
        return None
    words = tuple(word for word in WORDS if word in learned.words)
    made = AssetName(version=learned.version.value, platform=learned.target.triple, options=words,
                     flavour=Flavour.INSTALL_ONLY, suffix="tar.gz")  # fmt: skip
    try:
        return AssetName.parse(str(made))
    except InputError:
        return None  # the series of a version alone


def _judge(made: Path, form: Form, source: Path) -> None:
    """Raise `Spoiled` for errors that the input has not: what others did wrong is not ours to refuse."""
    wrong = _errors(made, _PROFILES[form])
    known = {_place(finding) for finding in _errors(source, _PROFILES[form])} if wrong else set()
    if any(finding.rule.startswith("compact.") for finding in wrong) and _misstated(source):
        wrong = [finding for finding in wrong if not finding.rule.startswith("compact.")]
    faults = [Fault(f"{item.rule} {item.where}".rstrip(), item.message) for item in wrong if _place(item) not in known]
    if faults:
        more = [f"  and {len(faults) - _SHOWN:,} more"] if len(faults) > _SHOWN else []
        raise Spoiled("\n".join(["the result would have faults that the input has not; nothing was published",
                                 *(f"  {fault}" for fault in faults[:_SHOWN]), *more]))  # fmt: skip


def _misstated(source: Path) -> bool:
    """Whether the manifest of `source` says what is not so: the compact one, which is made of it, says it again."""
    return any(item.rule.partition(".")[0] in _STATING for item in _errors(source, None))


def _place(finding: Finding) -> tuple[str, str]:
    return finding.rule, finding.where.removeprefix("install/")


def _errors(path: Path, profile: str | None) -> list[Finding]:
    report = validate(path, profile=profile, run=False)
    return [finding for finding in report.findings if finding.severity is Severity.ERROR]


def _show_details(report: RepackReport, terminal: Terminal) -> None:
    table = Table("category", title_justify="left", show_footer=True)
    rows = report.space
    before, after = sum(row.bytes_before for row in rows), sum(row.bytes_after for row in rows)
    columns = {"files before": sum(row.files_before for row in rows), "kB before": before // 1000,
               "files after": sum(row.files_after for row in rows), "kB after": after // 1000}  # fmt: skip
    table.columns[0].footer = "all"
    for heading, total in columns.items():
        table.add_column(heading, f"{total:,}", justify="right")
    for row in rows:
        table.add_row(row.category, f"{row.files_before:,}", f"{row.bytes_before // 1000:,}", f"{row.files_after:,}",
                      f"{row.bytes_after // 1000:,}")  # fmt: skip
    terminal.result(table)
    alone: dict[str, list[str]] = defaultdict(list)
    for item in report.left_alone:
        alone[item.reason].append(item.path)
    for reason, paths in list(alone.items())[:_SHOWN]:
        more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
        terminal.note(f"not stripped: {paths[0]}{more}: {reason}")
    if len(alone) > _SHOWN:
        terminal.note("more files were not stripped; --json has all")
