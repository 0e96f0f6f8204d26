"""What can be built: the rows of `builders/targets.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pydist.errors import FaultCollector, InputError
from pydist.policy import resources
from pydist.policy.table import Row, read_toml
from pydist.target import Target

__all__ = ["TargetRow", "find", "load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """How one target is built. `zig`, `configure` and `multiarch` are its names elsewhere."""

    target: Target
    zig: str
    configure: str
    multiarch: str
    static: bool
    cflags: tuple[str, ...]
    ldflags: tuple[str, ...]


@cache
def load() -> dict[str, TargetRow]:
    """All rows by triple. Raises `InputError` with every fault of the table."""
    path = resources.builders() / "targets.toml"
    faults = FaultCollector(str(path))
    rows = {}
    for triple, values in read_toml(path).items():
        with faults.at(triple):
            row = Row(values, faults)
            target = Target.parse(triple)
            if row.text("arch") != target.arch:
                faults.add("arch", f"expected {target.arch}, as the triple says")
            rows[triple] = TargetRow(
                target=target,
                zig=row.text("zig"),
                configure=row.text("configure"),
                multiarch=row.text("multiarch"),
                static=row.flag("static"),
                cflags=row.texts("cflags"),
                ldflags=row.texts("ldflags"),
            )
            row.done()
    faults.raise_if_any("the table of targets is not right")
    return rows


def find(triple: str) -> TargetRow:
    """The row of `triple`. Raises `InputError` that lists what can be built."""
    rows = load()
    if triple not in rows:
        raise InputError(f"target {triple!r} cannot be built; these can: {', '.join(sorted(rows))}")
    return rows[triple]
