"""What an examination says: one result per check, and what CPython's own test-suite said.

Invariant: field names are the keys of `schema/test-report-1.schema.json`; the verdict follows from the results.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydist.manifest.convert import doc
from pydist.trial.compare import SuiteReport
from pydist.trial.outcome import Problem, Verdict

__all__ = ["Report", "Result"]


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
