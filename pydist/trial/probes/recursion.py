"""process.recursion: recursion through C code ends as an error before the stack does, wherever the stack begins."""

from __future__ import annotations

import copy
import functools
import json
import marshal
import pickle
from collections.abc import Callable
from typing import Any

from pydist.trial.probes.say import done, each

LEVELS = 1_000_000
STARTS = 32
"""The interpreter looks where the stack ends at some places in its code only: how near it can come depends on where the
recursion began."""


class Endless:
    """Whatever is asked of it, it asks itself, through C and back."""

    def __getattr__(self, name: str) -> object:
        return getattr(self, name)

    def __eq__(self, other: object) -> bool:
        return (self,) == (Endless(),)

    def __hash__(self) -> int:
        return hash((self,))

    def __len__(self) -> int:
        return len(self)

    def __call__(self) -> object:
        return functools.partial(self)()

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (), None, iter([type(self)()])


def endless_partial() -> object:
    """As in CPython's test_functools: the first that ran over the end of the stack, 5 times of 8."""
    partial: Any = functools.partial(dict)
    partial.__setstate__((partial, (), {}, {}))
    return partial


def nested() -> list[object]:
    found: list[object] = []
    for _ in range(LEVELS):
        found = [found]
    return found


ENDLESS: dict[str, Callable[[], object]] = {
    "getattr": lambda: Endless().missing,
    "equal": lambda: Endless() == 0,
    "hash": lambda: hash(Endless()),
    "len": lambda: len(Endless()),
    "call": Endless(),
    "pickle.object": lambda: pickle.dumps(Endless()),
    "pickle.partial": lambda: pickle.dumps(endless_partial()),
}
DEEP: dict[str, Callable[[], object]] = {
    "repr": lambda: repr(nested()),
    "compare": lambda: nested() == nested(),
    "deepcopy": lambda: copy.deepcopy(nested()),
    "json": lambda: json.dumps(nested()),
    "marshal": lambda: marshal.dumps(nested()),
    "compile": lambda: compile("-" * LEVELS + "1", "deep", "eval"),
}


def later(start: int, act: Callable[[], object]) -> object:
    """`act`, called from `start` levels of C code."""
    return functools.partial(later, start - 1, act)() if start else act()


def ends(name: str) -> str | None:
    """Why the recursion does not end as an error; a crash is seen by who runs this."""
    for start in range(STARTS) if name in ENDLESS else (0,):
        try:
            found = later(start, (ENDLESS | DEEP)[name])
        except (RecursionError, MemoryError, ValueError):
            continue
        return f"no error: {found!r:.80}"
    return None


done(f"{each(ENDLESS | DEEP, ends)} ways")
