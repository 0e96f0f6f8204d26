"""Run CPython's test-suite in the moved copy and judge what it says.

Invariant: a suite that did not come to its end is never good.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pydist.errors import InputError
from pydist.progress import Reporter
from pydist.trial.compare import SuiteReport, compare
from pydist.trial.failures import load_failures
from pydist.trial.junit import JunitResults, read_junit
from pydist.trial.outcome import Problem, Verdict, printable
from pydist.trial.regrtest import LogFacts, read_log
from pydist.trial.running import run
from pydist.trial.subject import Subject

__all__ = ["run_suite", "tests_folder"]

_NAME = "suite"
_LARGEST_LOG = 256 << 20
_WHOLE = 4 * 3600.0  # seconds for all files; an hour on two cores is usual
# Of `python -m test`: 0 good, 2 something failed, 3 the environment changed, 4 no tests ran, 5 after a second run.
_JUDGED = {0, 2, 3, 5}


def tests_folder(subject: Subject) -> Path | None:
    """Where CPython's tests are in the distribution, if they are."""
    library = subject.prefix / "lib"
    places = [library / f"python{subject.series}", *sorted(library.glob("python3*"))]
    return next((place / "test" for place in places if (place / "test" / "libregrtest").is_dir()), None)


def run_suite(
    subject: Subject, tests: Sequence[str], jobs: int, reporter: Reporter, seconds: float = _WHOLE
) -> SuiteReport:
    """Run the files `tests` (default all) with `jobs` processes, for `seconds` at the most."""
    if tests_folder(subject) is None:
        return SuiteReport(verdict=Verdict.NOT_APPLICABLE, reason="the tests of CPython are not in this distribution")
    if subject.emulator and not subject.registered:
        reason = f"a kernel that starts programs for {subject.target.arch} by an emulator (binfmt_misc)"
        return SuiteReport(verdict=Verdict.LACKING, reason=reason)
    table = load_failures()
    folder = subject.work / "suite"
    folder.mkdir()
    log, results = folder / "log.txt", folder / "results.xml"
    reporter.step(_NAME, f"{len(tests) or 'all'} files, {jobs} processes")
    began = time.monotonic()
    home = folder / "home"
    home.mkdir()
    ended = run(
        subject.command(
            "-m", "test", f"-j{jobs}", "-W", "--timeout", str(table.seconds), "-u", ",".join(table.resources),
            "--junit-xml", results, "--tempdir", folder, *tests,
        ),
        cwd=folder,
        # No terminal and no display; the language that messages are compared in.
        env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LC_ALL": "C.UTF-8", "TERM": "dumb"},
        seconds=subject.patience(seconds),
        log=log,
        each=_Follower(log, reporter, subject.watch).look,
    )  # fmt: skip
    text = log.read_text(encoding="utf-8", errors="replace")
    facts = read_log(text)
    faults = []
    read = JunitResults()
    if ended.code not in _JUDGED:
        found = f"{'it did not end in time' if ended.code is None else f'exit code {ended.code}'}: {text[-1500:]}"
        faults.append(Problem(what="the test-suite did not come to its end", found=printable(found)))
    try:
        read = read_junit(results)
    except InputError as error:
        faults.append(Problem(what="the results cannot be read", found=printable(str(error))))
    faults += _missing(tests, facts)
    rows = table.of(subject.target.triple, subject.options, subject.series)
    report = compare(facts, read, rows, faults=faults)
    reporter.finish(_NAME, f"{report.files} files, {len(report.new_failures)} new failures")
    return replace(report, seconds=round(time.monotonic() - began, 1))


def _missing(tests: Sequence[str], facts: LogFacts) -> list[Problem]:
    """Files that were asked for and of which the log does not say how they ended."""
    ended = {*facts.fine, *facts.failed, *facts.skipped}
    # A package of tests is split into its files.
    return [
        Problem(what="was asked for and not run", where=name)
        for name in tests
        if name not in ended and not any(file.split(".")[-2:-1] == [name] or f".{name}." in file for file in ended)
    ]


class _Follower:
    """Tells how many files are done while the suite runs, from the end of its log."""

    def __init__(self, log: Path, reporter: Reporter, watch: Callable[[], None] | None) -> None:
        self._log, self._reporter, self._position = log, reporter, 0
        self._done = 0
        self._watch = watch

    def look(self) -> None:
        if self._watch is not None:
            self._watch()
        if self._log.stat().st_size > _LARGEST_LOG:
            raise InputError(f"CPython's tests wrote a log of more than {_LARGEST_LOG:,} bytes")
        with self._log.open("rb") as file:
            file.seek(self._position)
            new = file.read(1 << 20)
        self._position += len(new)
        self._done += read_log(new.decode("utf-8", "replace")).files
        self._reporter.advance(_NAME, self._done)
