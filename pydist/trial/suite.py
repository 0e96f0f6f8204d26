"""Run CPython's test-suite in the moved copy and judge what it says.

Invariant: a suite that did not come to its end is never good.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydist.errors import InputError
from pydist.progress import Reporter
from pydist.trial.compare import SuiteReport, compare
from pydist.trial.failures import KnownRow, load_failures
from pydist.trial.junit import JunitResults, read_junit
from pydist.trial.outcome import Problem, Verdict, printable
from pydist.trial.regrtest import LogFacts, read_log
from pydist.trial.running import run
from pydist.trial.subject import Subject

__all__ = ["SuiteRun", "faults_of", "known_rows", "run_suite", "start_suite", "tests_folder"]

_NAME = "suite"
_LARGEST_LOG = 256 << 20
_TAIL = 1500
_WHOLE = 4 * 3600.0  # seconds for all files; an hour on two cores is usual
# Of `python -m test`: 0 good, 2 something failed, 3 the environment changed, 4 no tests ran, 5 after a second run.
_JUDGED = {0, 2, 3, 5}


def tests_folder(subject: Subject) -> Path | None:
    """Where CPython's tests are in the distribution, if they are."""
    library = subject.prefix / "lib"
    places = [library / f"python{subject.series}", *sorted(library.glob("python3*"))]
    return next((place / "test" for place in places if (place / "test" / "libregrtest").is_dir()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """What a run left behind. `code` is None when it did not end in time; `said` is the end of its log; `faults` are
    what is wrong with the files that it wrote."""

    code: int | None
    said: str
    log: LogFacts
    results: JunitResults
    faults: tuple[Problem, ...]


def run_suite(subject: Subject, tests: Sequence[str], jobs: int, reporter: Reporter) -> SuiteReport:
    """Run the files `tests` (default all) with `jobs` processes, and judge what they say."""
    if tests_folder(subject) is None:
        return SuiteReport(verdict=Verdict.NOT_APPLICABLE, reason="the tests of CPython are not in this distribution")
    if subject.emulator and not subject.registered:
        reason = f"a kernel that starts programs for {subject.target.arch} by an emulator (binfmt_misc)"
        return SuiteReport(verdict=Verdict.LACKING, reason=reason)
    began = time.monotonic()
    reporter.step(_NAME, f"{len(tests) or 'all'} files, {jobs} processes")
    made = start_suite(subject, tests, jobs, reporter)
    report = compare(made.log, made.results, known_rows(subject), faults=faults_of(made, tests))
    reporter.finish(_NAME, f"{report.files} files, {len(report.new_failures)} new failures")
    return replace(report, seconds=round(time.monotonic() - began, 1))


def faults_of(made: SuiteRun, tests: Sequence[str]) -> list[Problem]:
    """What is wrong with the run itself, that was asked for `tests`."""
    faults = [*made.faults, *_missing(tests, made.log)]
    if made.code not in _JUDGED:
        found = f"{'it did not end in time' if made.code is None else f'exit code {made.code}'}: {made.said}"
        faults.insert(0, Problem(what="the test-suite did not come to its end", found=printable(found)))
    return faults


def known_rows(subject: Subject) -> tuple[KnownRow, ...]:
    """The rows of the table of failures that hold for the distribution."""
    return load_failures().of(subject.target.triple, subject.options, subject.series)


def start_suite(
    subject: Subject,
    tests: Sequence[str],
    jobs: int,
    reporter: Reporter,
    *,
    seconds: float = _WHOLE,
    each: float | None = None,
) -> SuiteRun:
    """Run the files `tests` for `seconds` at the most, and each of them for `each` (default: as the table says)."""
    table = load_failures()
    folder = subject.work / "suite"
    folder.mkdir()
    log, results = folder / "log.txt", folder / "results.xml"
    home = folder / "home"
    home.mkdir()
    faults, code = [], None
    try:
        ended = run(
            subject.command(
                "-m", "test", f"-j{jobs}", "-W", "--timeout", str(each or table.seconds),
                "-u", ",".join(table.resources), "--junit-xml", results, "--tempdir", folder, *tests,
            ),
            cwd=folder,
            # No terminal and no display; the language that messages are compared in.
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LC_ALL": "C.UTF-8", "TERM": "dumb"},
            seconds=subject.patience(seconds),
            log=log,
            each=_Follower(log, reporter, subject.watch).look,
        )  # fmt: skip
        code = ended.code
    except InputError as error:
        faults.append(Problem(what="the test-suite was ended", found=str(error)))
    with log.open("rb") as file:
        text = file.read(_LARGEST_LOG).decode("utf-8", "replace")
    read = JunitResults()
    try:
        read = read_junit(results)
    except InputError as error:
        faults.append(Problem(what="the results cannot be read", found=printable(str(error))))
    return SuiteRun(code=code, said=text[-_TAIL:], log=read_log(text), results=read, faults=tuple(faults))


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
