"""Changes to a conforming distribution, with all that is found of each."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Row"]


class Row(NamedTuple):
    """`change` breaks `rule` at `where`, and the rules `also`, in which the same fault shows."""

    rule: str
    where: str
    change: Any
    also: str = ""

    @property
    def broken(self) -> set[str]:
        """Every rule that is broken."""
        return {self.rule, *self.also.split()}
