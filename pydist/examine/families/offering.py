"""feature.*: what the interpreter offers against a native build."""

from __future__ import annotations

from collections import Counter

from pydist.trial.features import Standing
from pydist.trial.offering import differences
from pydist.trial.outcome import Outcome, Problem, failed, passed
from pydist.trial.subject import Subject

__all__ = ["native"]

_EXPECTED = {
    Standing.MISSING: "there, as in a native build",
    Standing.OUT_OF_DATE: "missing, as builders/cpython/features/allowed.toml says",
}


def native(subject: Subject) -> Outcome:
    found = differences(subject)
    if isinstance(found, Outcome):
        return found
    problems = [
        Problem(
            what=item.name,
            where=item.group,
            expected=_EXPECTED[item.standing],
            found="not there" if item.standing is Standing.MISSING else "all of it there",
        )
        for item in found
        if item.fault
    ]
    if problems:
        return failed(*problems)
    count = Counter(difference.standing for difference in found)
    return passed(f"{count[Standing.ALLOWED]} left out with a reason, {count[Standing.EXTRA]} beyond it")
