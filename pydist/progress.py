"""How library code says what it is doing, without printing: one injected `Reporter`.

Invariant: nothing in pydist but `pydist.cli` writes to a terminal. A library call without a reporter is silent.
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["Reporter", "Silent"]


class Reporter(Protocol):
    """Receives what happens. Calls may come from several threads."""

    def step(self, name: str, detail: str = "") -> None:
        """A unit of work named `name` starts."""

    def advance(self, name: str, done: int, total: int | None = None) -> None:
        """`name` has done `done` of `total` (bytes, files: the unit is the step's own)."""

    def finish(self, name: str, detail: str = "", *, cached: bool = False) -> None:
        """`name` is complete; `cached` when its result was already there."""

    def note(self, message: str) -> None:
        """Something a user may want to know."""


class Silent:
    """A `Reporter` that says nothing: the default of every library function."""

    def step(self, name: str, detail: str = "") -> None:
        pass

    def advance(self, name: str, done: int, total: int | None = None) -> None:
        pass

    def finish(self, name: str, detail: str = "", *, cached: bool = False) -> None:
        pass

    def note(self, message: str) -> None:
        pass
