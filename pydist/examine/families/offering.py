"""feature.*: what the interpreter offers against a native build."""

from __future__ import annotations

from collections import Counter

from pydist.errors import InputError
from pydist.examine.checks import Check
from pydist.examine.features import Standing, compare
from pydist.examine.outcome import Outcome, Problem, failed, not_applicable, passed
from pydist.examine.subject import Subject
from pydist.policy import features

__all__ = ["native"]

_EXPECTED = {
    Standing.MISSING: "there, as in a native build",
    Standing.OUT_OF_DATE: "missing, as builders/cpython/features/allowed.toml says",
}


def native(check: Check, subject: Subject) -> Outcome:
    try:
        reference = features.reference(subject.series, subject.target, static=subject.linking == "static")
    except InputError as error:
        return not_applicable(str(error))
    ended = subject.start("-I", features.inventory(), seconds=check.seconds)
    if not ended.good:
        return failed(Problem(what="does not say what it offers", found=ended.how))
    try:
        found = features.parse_groups(ended.out, "its answer")
    except InputError as error:
        return failed(Problem(what="does not say what it offers", found=str(error)))
    differences = compare(found, reference)
    count = Counter(difference.standing for difference in differences)
    problems = [
        Problem(
            what=item.name,
            where=item.group,
            expected=_EXPECTED[item.standing],
            found="not there" if item.standing is Standing.MISSING else "all of it there",
        )
        for item in differences
        if item.fault
    ]
    if problems:
        return failed(*problems)
    return passed(f"{count[Standing.ALLOWED]} left out with a reason, {count[Standing.EXTRA]} beyond it")
