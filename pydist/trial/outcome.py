"""What a check says: one of four outcomes, each with what a reader needs to act on it.

Invariant: a failed outcome has at least one problem; one that could not be decided has a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pydist.manifest.convert import doc

__all__ = ["Outcome", "Problem", "Verdict", "failed", "lacking", "not_applicable", "passed", "printable"]

_SHOWN = 2000  # characters of a text that the distribution said
_PROBLEMS = 200


class Verdict(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    LACKING = "lacking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is not as it was promised."""

    what: str = field(metadata=doc("What was tried."))
    where: str = field(default="", metadata=doc("A file, module or setting; empty: the distribution."))
    expected: str = field(default="", metadata=doc("What a good distribution shows."))
    found: str = field(default="", metadata=doc("What this one showed."))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        text += f"; expected {self.expected}" if self.expected else ""
        return f"{text}; found {self.found}" if self.found else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one check ended. `detail` is what a passed check saw, `reason` why another one decided nothing."""

    verdict: Verdict
    problems: tuple[Problem, ...] = ()
    reason: str = ""
    detail: str = ""


def passed(detail: str = "") -> Outcome:
    return Outcome(verdict=Verdict.PASSED, detail=printable(detail))


def failed(*problems: Problem) -> Outcome:
    """At least one of `problems`; what the distribution said in them is made printable and cut."""
    shown = tuple(
        Problem(
            what=printable(item.what),
            where=printable(item.where),
            expected=printable(item.expected),
            found=printable(item.found),
        )
        for item in problems[:_PROBLEMS]
    )
    if len(problems) > _PROBLEMS:
        shown += (Problem(what=f"and {len(problems) - _PROBLEMS:,} more problems"),)
    return Outcome(verdict=Verdict.FAILED, problems=shown)


def not_applicable(reason: str) -> Outcome:
    """The promise is not made for this kind of distribution."""
    return Outcome(verdict=Verdict.NOT_APPLICABLE, reason=printable(reason))


def lacking(reason: str) -> Outcome:
    """This machine has not what is needed to find out; `reason` names it."""
    return Outcome(verdict=Verdict.LACKING, reason=printable(reason))


def printable(text: str) -> str:
    r"""`text` without what a terminal would obey, on one line and not longer than a reader wants.

    >>> printable("a\x1b[2J\nb")
    'a\\x1b[2J | b'
    """
    line = " | ".join(part for part in text[: 2 * _SHOWN].splitlines() if part.strip())
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
