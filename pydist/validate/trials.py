"""What is tried with a Python that starts: one trial per rule, side by side.

Invariant: every trial has a folder to itself and all of them one deadline; none outlives `try_out`, also when that is
interrupted. What they say holds no path of the folder they were made in.
"""

from __future__ import annotations

import functools
import os
import shutil
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from pydist.archive.places import is_lack_of_room
from pydist.errors import PydistError
from pydist.policy.series import within
from pydist.progress import Reporter, Silent
from pydist.trial import environments, places
from pydist.trial.compare import compare
from pydist.trial.failures import load_failures
from pydist.trial.features import Standing
from pydist.trial.offering import differences
from pydist.trial.outcome import Outcome, Problem, Verdict, failed, lacking, not_applicable, passed
from pydist.trial.probed import probe
from pydist.trial.subject import Subject
from pydist.trial.suite import faults_of, known_rows, start_suite, tests_folder

__all__ = ["TRIALS", "Trial", "try_out"]

_SECONDS = 60.0  # of one program; the longest takes three on an idle machine
_TESTS = 5  # CPython's tests have that many times as long
_WHOLE = 600.0  # of all trials together
_DEBUG, _EMULATED = 4, 8  # how much slower those are
_WORKERS = 8
_OLDEST = "3.10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How a rule is tried. `moves`: with copies of the tree; `children`: the interpreter starts itself."""

    act: Callable[[Subject], Outcome]
    moves: bool = False
    children: bool = False


def _probed(name: str, *, children: bool = False) -> Trial:
    return Trial(act=functools.partial(probe, name), children=children)


def _both(first: Callable[[Subject], Outcome], second: Callable[[Subject], Outcome]) -> Callable[[Subject], Outcome]:
    def act(subject: Subject) -> Outcome:
        outcomes = first(subject), second(subject)
        problems = [problem for outcome in outcomes for problem in outcome.problems]
        return failed(*problems) if problems else outcomes[0]

    return act


def _tests(subject: Subject) -> Outcome:
    """The quick part of CPython's own tests."""
    folder = tests_folder(subject)
    if folder is None:
        return not_applicable("the tests of CPython are not in this distribution")
    wanted = [name for name in load_failures().quick if (folder / f"{name}.py").is_file() or (folder / name).is_dir()]
    if not wanted:
        return not_applicable("the tests that are tried are not in this distribution")
    made = start_suite(subject, wanted, 1, Silent(), seconds=subject.seconds * _TESTS, each=2 * subject.seconds)
    late = made.code is None
    report = compare(made.log, made.results, known_rows(subject), faults=() if late else faults_of(made, wanted))
    if report.new_failures:
        return failed(*report.new_failures)
    if late:
        return lacking(f"time: {report.files} of {len(wanted)} files of CPython's tests ended, and all of them well")
    # Rows of the table that do not hold say something about the table, which is ours.
    return passed(f"{report.files} files, {report.passed:,} tests passed, {report.skipped:,} skipped")


def _inventory(subject: Subject) -> Outcome:
    """What it offers, against a native build of its series."""
    found = differences(subject)
    if isinstance(found, Outcome):
        return found
    by_group: dict[str, list[str]] = {}
    for item in found:
        if item.standing is Standing.MISSING:
            by_group.setdefault(item.group, []).append(item.name)
    what = "is without what a native build has"
    problems = [Problem(what=what, where=group, found=", ".join(names)) for group, names in by_group.items()]
    allowed = sum(item.standing is Standing.ALLOWED for item in found)
    extra = sum(item.standing is Standing.EXTRA for item in found)
    return failed(*problems) if problems else passed(f"{allowed} left out with a reason, {extra} beyond it")


TRIALS: Mapping[str, Trial] = {
    # The longest begin first.
    "run.tests": Trial(act=_tests, children=True),
    "run.pip": Trial(act=environments.venv_pip, children=True),
    "run.library": _probed("library"),
    "run.read-only": Trial(act=places.read_only, moves=True),
    "run.odd-names": Trial(act=places.names, moves=True),
    "run.moved": Trial(act=places.moved, moves=True),
    "run.symlink": Trial(act=_both(places.symlink_file, places.symlink_folder)),
    "run.venv": Trial(act=_both(environments.venv_symlinks, environments.venv_copies), children=True),
    "run.recursion": _probed("recursion"),
    "run.threads": _probed("threads"),
    "run.multiprocessing": _probed("multiprocessing_methods", children=True),
    "run.processes": _probed("children"),
    "run.asyncio": _probed("asyncio_loop"),
    "run.tls": _probed("handshake"),
    "run.certificates": _probed("certificates"),
    "run.sqlite": _probed("sqlite"),
    "run.ctypes": _probed("ctypes_calls"),
    "run.compression": _probed("compression"),
    "run.hashes": _probed("hashes"),
    "run.numbers": _probed("numbers"),
    "run.text": _probed("text"),
    "run.time-zones": _probed("zones"),
    "run.curses": _probed("curses_screen"),
    "run.readline": _probed("readline_history"),
    "run.dbm": _probed("dbm_kinds"),
    "run.tkinter": _probed("window"),
    "run.paths": _probed("sysconfig_paths"),
    "run.inventory": Trial(act=_inventory),
}
"""By rule."""


def try_out(subject: Subject, rules: Collection[str], reporter: Reporter) -> Mapping[str, Outcome]:
    """The outcomes of the trials that `rules` name, in the order of the table. Each may write into a folder of its own
    below `subject.work`. Raises `OSError` and `InputError` when there is no room for that."""
    wanted = {rule: trial for rule, trial in TRIALS.items() if rule in rules}
    stop = threading.Event()
    debug = _DEBUG if "debug" in subject.options else 1
    subject = replace(
        subject,
        seconds=_SECONDS * debug,
        until=time.monotonic() + _WHOLE * debug * (_EMULATED if subject.emulator else 1),
        watch=functools.partial(_watch, stop),
    )
    reporter.step("try", f"{len(wanted)} trials")
    if any(trial.moves for trial in wanted.values()):
        subject = _untouched(subject)
    made: dict[str, Outcome] = {}
    workers = min(_WORKERS, _processors())
    # One after the other, the longest must not take the time of all.
    order = list(wanted) if workers > 1 else list(wanted)[::-1]
    with ThreadPoolExecutor(workers) as pool:
        futures = {pool.submit(_made, rule, wanted[rule], subject): rule for rule in order}
        try:
            for future in as_completed(futures):
                made[futures[future]] = future.result()
                reporter.advance("try", len(made), len(wanted))
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    reporter.finish("try", f"{sum(item.verdict is Verdict.PASSED for item in made.values())} of {len(made)} passed")
    return {rule: made[rule] for rule in wanted}


def _untouched(subject: Subject) -> Subject:
    """`subject` with a tree that can be copied while other trials have its programs write into the first one."""
    if subject.installed:
        return subject
    try:
        return subject.copied_first()
    except OSError as error:
        if is_lack_of_room(error):
            raise
        return subject  # each trial that copies it says what is wrong with it


class _Stopped(Exception):
    """Nobody waits for the outcome any more."""


def _watch(stop: threading.Event) -> None:
    if stop.is_set():
        raise _Stopped


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _made(rule: str, trial: Trial, subject: Subject) -> Outcome:
    _ = subject.watch and subject.watch()
    if time.monotonic() > subject.until:
        return lacking("time: the other trials took all of it")
    if not within(subject.series, _OLDEST, ""):
        return not_applicable(f"the scripts of the trials are for Python {_OLDEST} and newer")
    if trial.moves and subject.installed:
        return not_applicable("a Python that is installed stays where it is")
    if trial.children and subject.emulator and not subject.registered:
        return lacking(f"a kernel that starts programs for {subject.target.arch} by an emulator (binfmt_misc)")
    work = subject.work / rule
    work.mkdir()
    try:
        outcome = trial.act(subject.within(work))
    except (PydistError, OSError) as error:
        if is_lack_of_room(error):
            raise
        # A tree that is not what it says of itself.
        where = str(getattr(error, "filename", None) or "")
        outcome = failed(Problem(what="cannot be tried", where=where, found=str(error)))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if outcome.problems and time.monotonic() > subject.until:
        # Ended by the deadline of all, and not by its own.
        return lacking("time: the other trials took most of it")
    return _without(subject.work, outcome)


def _without(folder: Path, outcome: Outcome) -> Outcome:
    """`outcome` with its texts free of the private folder, which is another one each time."""

    def short(text: str) -> str:
        return text.replace(str(folder), "…")

    problems = tuple(
        Problem(what=short(item.what), where=short(item.where), expected=short(item.expected), found=short(item.found))
        for item in outcome.problems
    )
    return replace(outcome, problems=problems, reason=short(outcome.reason), detail=short(outcome.detail))
