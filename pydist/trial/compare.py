"""Results of the test-suite against the table of known failures: a judgement that opens no file.

Invariant: every failure is in the report exactly once, as new or with the reason of the first row that names it; a row
that holds on every machine and did not hold here is reported too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydist.manifest.convert import doc
from pydist.trial.failures import KnownRow
from pydist.trial.junit import JunitResults
from pydist.trial.outcome import Problem, Verdict, printable
from pydist.trial.regrtest import LogFacts

__all__ = ["KnownFailure", "SuiteReport", "compare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFailure:
    """A test that failed as the table of failures says."""

    test: str = field(metadata=doc("Id of the test, or name of the file."))
    reason: str = field(metadata=doc("Why it fails."))


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteReport:
    """What CPython's test-suite said, held against the table of failures."""

    verdict: Verdict = field(metadata=doc("failed when there are new failures, or rows that are out of date."))
    reason: str | None = field(default=None, metadata=doc("Why it was not run."))
    files: int = field(default=0, metadata=doc("Test files that were run."))
    tests: int = field(default=0, metadata=doc("Tests that passed, failed or were skipped."))
    passed: int = field(default=0, metadata=doc("Tests that passed."))
    skipped: int = field(default=0, metadata=doc("Tests that skipped themselves, in files that ran."))
    new_failures: tuple[Problem, ...] = field(default=(), metadata=doc("Failures that no row of the table explains."))
    known_failures: tuple[KnownFailure, ...] = field(default=(), metadata=doc("Failures that the table explains."))
    out_of_date: tuple[Problem, ...] = field(default=(), metadata=doc("Rows of the table that do not hold any more."))
    skipped_files: Mapping[str, str] = field(
        default_factory=dict, metadata=doc("Files that skipped themselves as a whole, with their reasons.")
    )
    seconds: float = field(default=0.0, metadata=doc("How long it took."))


def compare(
    log: LogFacts, results: JunitResults, rows: Sequence[KnownRow], *, faults: Sequence[Problem] = ()
) -> SuiteReport:
    """Judge; `faults` are what went wrong with running the suite itself."""
    failures = _failures(log, results)
    new: list[Problem] = list(faults)
    known: list[KnownFailure] = []
    for test, message in sorted(failures.items()):
        row = next((row for row in rows if row.names(test)), None)
        if row is None:
            new.append(Problem(what="fails", where=test, found=printable(message[-1500:])))
        else:
            reason = f"{row.reason} (depends on: {row.sometimes})" if row.sometimes else row.reason
            known.append(KnownFailure(test=test, reason=reason))
    stale = tuple(problem for row in rows if (problem := _stale(row, failures, log, results)))
    return SuiteReport(
        verdict=Verdict.FAILED if new or stale else Verdict.PASSED,
        files=log.files,
        tests=len(results.passed) + len(results.skipped) + len(failures),
        passed=len(results.passed - set(failures)),
        skipped=len(results.skipped),
        new_failures=tuple(new),
        known_failures=tuple(known),
        out_of_date=stale,
        skipped_files={name: printable(reason) for name, reason in sorted(log.skipped.items())},
    )


def _failures(log: LogFacts, results: JunitResults) -> dict[str, str]:
    """Every failure by id, with what it said; a file that failed without one stands for itself."""
    found = {test: sub or "fails" for test, sub in log.tests.items()}
    found.update(results.failed)
    for name, end in log.failed.items():
        # A file that crashed after a failure has two: the tests behind the crash are not known.
        whole = not end.startswith("failed") or "env changed" in end or "uncaught" in end
        if whole or (not any(_of(test, name) for test in found) and not log.by_file.get(name)):
            found[name] = end
    return found


def _stale(row: KnownRow, failures: dict[str, str], log: LogFacts, results: JunitResults) -> Problem | None:
    """A problem when the tests of a row were run and none failed, or when there are none in a file that was run."""
    if row.sometimes or any(row.names(test) for test in failures):
        return None
    if row.test in log.fine:
        return Problem(what="the table says that this file fails", where=row.test, found="it passes")
    if any(row.names(test) for test in results.passed):
        return Problem(what="the table says that this test fails", where=row.test, found="it passes")
    file = next((name for name in log.fine | set(log.failed) if _of(row.test, name)), None)
    # The tests behind a crash are not known, and one that skipped itself says nothing.
    if file is None or file in failures or any(row.names(test) for test in results.skipped):
        return None
    return Problem(what="the table names a test that does not exist", where=row.test, found=f"{file} ran without it")


def _of(test: str, file: str) -> bool:
    """Whether the id or pattern `test` is one of the test file `file`."""
    return f"{test}.".startswith(f"test.{file}.") or f"{test}.".startswith(f"{file}.")
