"""An interpreter is asked what it offers, and that is held against a native build of the same series."""

from __future__ import annotations

from dataclasses import replace

from pydist.errors import InputError
from pydist.policy import features
from pydist.trial.features import Difference, compare
from pydist.trial.outcome import Outcome, Problem, failed, not_applicable
from pydist.trial.subject import Subject

__all__ = ["differences"]


def differences(subject: Subject) -> tuple[Difference, ...] | Outcome:
    """Everything in which it is not the reference; or why that cannot be said."""
    try:
        reference = features.reference(subject.series, subject.target, static=subject.linking == "static")
    except InputError as error:
        return not_applicable(str(error))
    if subject.emulator and not subject.registered:
        # Part of what is tried there starts the interpreter once more.
        groups = {group: names for group, names in reference.groups.items() if group != "behaviour"}
        reference = replace(reference, groups=groups)
    ended = subject.start("-I", features.inventory())
    if not ended.good:
        return failed(Problem(what="does not say what it offers", found=ended.how))
    try:
        return compare(features.parse_groups(ended.out, "its answer"), reference)
    except InputError as error:
        return failed(Problem(what="does not say what it offers", found=str(error)))
