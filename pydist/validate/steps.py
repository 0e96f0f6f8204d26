"""A bound on work whose length the judged input decides.

Invariant: what is paid for here ends in time, however an archive is made.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Endless", "Steps"]


class Endless(Exception):
    """Looking takes longer than any real distribution needs."""


@dataclass(slots=True)
class Steps:
    """Steps that may still be taken."""

    left: int

    def spend(self, steps: int) -> None:
        """Take some. Raises `Endless` when there are no more."""
        self.left -= steps
        if self.left < 0:
            raise Endless
