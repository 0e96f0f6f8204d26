"""What an examination says: one result per check, and what CPython's own test-suite said.

Invariant: field names are the keys of `schema/test-report-1.schema.json`; the verdict follows from the results.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydist.examine.outcome import Problem, Verdict
from pydist.manifest.convert import doc

__all__ = ["KnownFailure", "Report", "Result", "SuiteReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one check ended."""

    check: str = field(metadata=doc("Id of the check, `family.name`."))
    promise: str = field(metadata=doc("What holds in a good distribution."))
    verdict: Verdict = field(
        metadata=doc("`not applicable`: not promised for such a distribution; `lacking`: this machine cannot tell.")
    )
    problems: tuple[Problem, ...] = field(default=(), metadata=doc("What is not as promised; only when failed."))
    reason: str | None = field(default=None, metadata=doc("Why nothing was decided."))
    detail: str | None = field(default=None, metadata=doc("What a passed check saw."))
    seconds: float = field(metadata=doc("How long it took."))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The output of `pydist test --json`."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    input: str = field(metadata=doc("The path that was examined."))
    verdict: Literal["good", "bad", "incomplete"] = field(
        metadata=doc("bad when something failed; incomplete when nothing did, but this machine could not tell all.")
    )
    python_version: str = field(metadata=doc("Version the manifest states."))
    target_triple: str = field(metadata=doc("Target the manifest states."))
    build_options: str = field(metadata=doc("Options the manifest states."))
    emulator: str | None = field(default=None, metadata=doc("What ran its programs; absent: the machine itself."))
    results: tuple[Result, ...] = field(metadata=doc("One per check, in the order they were made."))
    suite: SuiteReport | None = field(default=None, metadata=doc("CPython's test-suite; absent: not asked for."))

    @classmethod
    def judge(cls, results: tuple[Result, ...], suite: SuiteReport | None) -> Literal["good", "bad", "incomplete"]:
        """The verdict that follows."""
        verdicts = {result.verdict for result in results} | ({suite.verdict} if suite else set())
        if Verdict.FAILED in verdicts:
            return "bad"
        return "incomplete" if Verdict.LACKING in verdicts else "good"
