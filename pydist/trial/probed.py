"""Checks that the interpreter makes itself: scripts of `probes/`, run in the distribution, whose answers are read here.

Invariant: what a probe says is hostile until it was read: only lines that begin with the marker of this run count,
and a probe that did not say that it reached its end has failed.
"""

from __future__ import annotations

import json
import secrets
import shutil
from pathlib import Path

from pydist.errors import InputError
from pydist.manifest.convert import loads
from pydist.trial.outcome import Outcome, Problem, failed, lacking, not_applicable, passed
from pydist.trial.running import Ended
from pydist.trial.subject import Subject

__all__ = ["probe"]

_PROBES = Path(__file__).with_name("probes")
_STARTS = 20  # each module that takes the interpreter down costs one


def probe(name: str, subject: Subject) -> Outcome:
    """Run the script `name` and judge by what it said."""
    place, folder = subject.work / "probes", subject.work / "folder"
    shutil.copytree(_PROBES, place / "pydist" / "trial" / "probes", ignore=shutil.ignore_patterns("__pycache__"))
    folder.mkdir()
    reader = _Reader()
    for _ in range(_STARTS):
        task = {**_facts(subject), "folder": str(folder), "skip": reader.begun}
        marker = secrets.token_hex(16)
        # As a module: the processes that multiprocessing spawns find it again by its name.
        ended = subject.start(
            "-E", "-s", "-X", "utf8", "-m", f"pydist.trial.probes.{name}", marker, json.dumps(task), cwd=place,
        )  # fmt: skip
        reader.read(ended, marker)
        if reader.decided or not reader.interrupted:
            break
    return reader.outcome(ended)


def _facts(subject: Subject) -> dict[str, object]:
    """What probes are told about the distribution."""
    return {
        "prefix": str(subject.prefix),
        "series": subject.series,
        "options": list(subject.options),
        "linking": subject.linking,
        "libc": str(subject.target.libc),
        "emulated": bool(subject.emulator),
        "extensions": list(subject.extensions),
        "left_out": dict(subject.left_out),
    }


class _Reader:
    """Takes in what a probe says, over several starts when what it tried took the interpreter down."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.decided: Outcome | None = None
        self.interrupted = False
        self._problems: list[Problem] = []
        self._detail = ""
        self._done = False

    def read(self, ended: Ended, marker: str) -> None:
        open_item = None
        for line in ended.out.splitlines():
            if not line.startswith(marker):
                continue
            match _answer(line.removeprefix(marker)):
                case {"problem": dict(said)}:
                    self._problems.append(_problem(said))
                case {"lacking": str(reason)}:
                    self.decided = lacking(reason)
                case {"absent": str(reason)}:
                    self.decided = not_applicable(reason)
                case {"begin": str(item)}:
                    open_item = item
                    self.begun.append(item)
                case {"end": str()}:
                    open_item = None
                case {"done": str(detail)}:
                    self._done, self._detail = True, detail
        self.interrupted = open_item is not None and not ended.good
        if self.interrupted and open_item is not None:
            self._problems.append(Problem(what="took the interpreter down", where=open_item, found=ended.how))

    def outcome(self, ended: Ended) -> Outcome:
        if self.decided is not None and not self._problems and ended.good:
            return self.decided
        if not (self._done and ended.good):
            self._problems.append(Problem(what="the script of this check did not reach its end", found=ended.how))
        return failed(*self._problems) if self._problems else passed(self._detail)


def _answer(text: str) -> object:
    try:
        return loads(text.encode(), "answer")
    except InputError:
        return None


def _problem(said: dict[object, object]) -> Problem:
    what, where, expected, found = (str(said.get(key, "")) for key in ("what", "where", "expected", "found"))
    return Problem(what=what or "said nothing", where=where, expected=expected, found=found)
