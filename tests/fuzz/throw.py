"""Throw inputs at `validate`, `inspect` and the reading of distributions that `link` does, and watch what happens.

Invariant: a reader either returns or raises a `PydistError`; anything else, more than `_PATIENCE` seconds, a file
outside the folders meant for it or more than `_ROOM` inside them is a failure, reported with the number that makes the
input again.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydist.errors import PydistError
from pydist.link.dist import choose_distribution
from pydist.link.inspect import extract_application, inspect
from pydist.progress import Silent
from pydist.store import Store
from pydist.target import Target
from pydist.validate import validate
from tests.fuzz.inputs import make_input
from tests.support import tiny

__all__ = ["Outcome", "throw"]

_PATIENCE = 20.0  # seconds; the slowest inputs, bombs, take one
_ROOM = 512 << 20  # bytes; twice what any small archive may become
_STORE = {"nodes", "work", "locks", "refs", "downloads"}


class Hang(BaseException):
    """Not an Exception, so that no reader takes it for damage of its input."""


@dataclass(slots=True)
class Outcome:
    """How often each reader returned or refused, by kind of input; and everything that should not have happened."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def throw(count: int, seed: int, folder: Path, first: int = 0, tell: Callable[[int], None] = lambda _: None) -> Outcome:
    """Throw inputs `first` to `first + count` of `seed`, working in the empty `folder`."""
    outcome = Outcome()
    rooms = {name: folder / name for name in ("in", "tmp", "store", "out", "here", "outside")}
    for room in rooms.values():
        room.mkdir()
    with _inside(rooms["here"], rooms["tmp"]):
        for number in range(first, first + count):
            path = rooms["in"] / "input"
            kind = make_input(seed, number, path, rooms["outside"])
            for name, reader in _readers(path, rooms, run=number % 4 == 0).items():
                said = _call(reader)
                outcome.counts[f"{kind}: {name} {said if said in ('returned', 'refused') else 'failed'}"] += 1
                if said not in ("returned", "refused"):
                    outcome.failures.append(f"input {number} of seed {seed}, {kind}, {name}: {said}")
            outcome.failures.extend(f"input {number} of seed {seed}, {kind}: {item}" for item in _strays(folder, rooms))
            for name in ("in", "out", "store"):
                _empty(rooms[name])
            tell(number)
    return outcome


def _readers(path: Path, rooms: dict[str, Path], *, run: bool) -> dict[str, Callable[[], object]]:
    target = Target.parse(tiny.TRIPLE)
    store = Store(rooms["store"])
    return {
        "validate": lambda: validate(path, run=run),
        "inspect": lambda: inspect(path),
        "extract": lambda: extract_application(path, rooms["out"] / "app"),
        "link --dist": lambda: choose_distribution(str(path), "3.14", target, store, Silent()),
    }


def _call(reader: Callable[[], object]) -> str:
    def ring(_number: int, _frame: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
    try:
        reader()
    except PydistError as error:
        return "refused" if str(error) else "refused without a word"
    except Hang:
        return f"more than {_PATIENCE:.0f} seconds\n{traceback.format_exc()}"
    except Exception:
        return traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return "returned"


def _strays(folder: Path, rooms: dict[str, Path]) -> Iterator[str]:
    """Files where nothing should have been written."""
    for stray in {item.name for item in folder.iterdir()} - rooms.keys():
        yield f"wrote {stray} beside its folders"
    for name in ("here", "outside", "tmp"):
        for path in rooms[name].iterdir():
            yield f"wrote {path}"
            _empty(rooms[name])
    for stray in {item.name for item in rooms["store"].iterdir()} - _STORE:
        yield f"wrote {stray} in the store"
    for stray in {item.name for item in rooms["out"].iterdir()} - {"app"}:
        yield f"wrote {stray} beside the application's folder"
    for name in ("store", "out"):
        size = sum(path.lstat().st_size for path in rooms[name].rglob("*") if not path.is_dir())
        if size > _ROOM:
            yield f"wrote {size:,} bytes into {name}, expected at most {_ROOM:,}"


def _empty(room: Path) -> None:
    for item in list(room.iterdir()):
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        else:
            item.unlink()


@contextmanager
def _inside(here: Path, tmp: Path) -> Iterator[None]:
    before, folder = tempfile.tempdir, Path.cwd()
    tempfile.tempdir = str(tmp)
    os.chdir(here)
    try:
        yield
    finally:
        tempfile.tempdir = before
        os.chdir(folder)
