"""How a probe answers: one line of JSON per answer on standard output, each behind a marker that only this run knows.

A probe is run by the interpreter that is examined (`python -m pydist.trial.probes.NAME MARKER TASK`), with nothing
of pydist but this folder. It ends with `done`; an exception that it lets out is a failure too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

__all__ = ["TASK", "absent", "done", "each", "expect", "lacking", "problem", "refuses"]

# A process that multiprocessing spawned imports the probe without the arguments of the first one.
_MARKER = sys.argv[1] if len(sys.argv) > 2 else ""
TASK: dict[str, Any] = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
"""What the examiner knows; `folder` may be written into, items in `skip` took an earlier process down."""


def _say(**answer: object) -> None:
    sys.stdout.write(f"\n{_MARKER}{json.dumps(answer)}\n")
    sys.stdout.flush()


def problem(what: str, *, where: str = "", expected: object = "", found: object = "") -> None:
    """Something is not as it was promised; the probe goes on."""
    _say(problem={"what": what, "where": where, "expected": str(expected), "found": str(found)})


def expect(what: str, found: object, expected: object, *, where: str = "") -> None:
    """A problem unless both are the same."""
    if found != expected:
        problem(what, where=where, expected=repr(expected), found=repr(found))


def refuses(what: str, kinds: type[BaseException] | tuple[type[BaseException], ...], act: Callable[[], object]) -> None:
    """A problem unless `act` raises one of `kinds`."""
    try:
        found = act()
    except kinds:
        return
    problem(what, expected=f"{kinds}", found=repr(found))


def each(items: Iterable[str], act: Callable[[str], str | None]) -> int:
    """Call `act` for each item, and say what it returns (a fault, or None) and raises; how many were fine.

    When an item takes the process down, the examiner knows which, and starts the probe again without it.
    """
    good = 0
    for item in items:
        if item in TASK.get("skip", ()):
            continue
        _say(begin=item)
        try:
            fault = act(item)
        except BaseException as error:
            fault = f"{type(error).__name__}: {error}"
        if fault:
            problem("does not work", where=item, found=fault)
        good += not fault
        _say(end=item)
    return good


def lacking(what: str) -> NoReturn:
    """This machine lacks `what`: nothing can be said about the distribution."""
    _say(lacking=what)
    sys.exit(0)


def absent(why: str) -> NoReturn:
    """The distribution does not have this, and says so: nothing is promised."""
    _say(absent=why)
    sys.exit(0)


def done(detail: str = "") -> None:
    """The end was reached."""
    _say(done=detail)
