"""What can be built: the rows of `builders/targets.toml`.

Invariant: a row has at least one way of linking, and its default options name one that it has.
"""

from __future__ import annotations

import difflib
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydist.errors import FaultCollector, InputError
from pydist.policy import resources
from pydist.policy.options import Options
from pydist.policy.table import Row, read_toml
from pydist.target import Target

__all__ = ["Linkage", "TargetRow", "find", "load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linkage:
    """Flags of every compilation and of CPython's links, for one way of linking.

    `loader` are the files that a machine must have to run such programs, each with the Debian package it is in.
    """

    cflags: tuple[str, ...]
    ldflags: tuple[str, ...]
    loader: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """How one target is built. `zig`, `configure` and `multiarch` are its names elsewhere.

    `floor` is the oldest glibc that results run on (`2.17`), empty where there is none. `emulator` is the command that
    runs a program of the target where the machine cannot, `runner` the files that such a machine must have for it, each
    with the Debian package it is in.
    """

    target: Target
    zig: str
    configure: str
    multiarch: str
    floor: str
    default: Options
    emulator: tuple[str, ...]
    runner: Mapping[str, str]
    dynamic: Linkage | None
    static: Linkage | None

    def linkage(self, options: Options) -> Linkage:
        """The flags for `options`. Raises `InputError` where the target is not linked in that way."""
        found = self.static if options.static else self.dynamic
        if found is None:
            wanted, other = ("static", "without +static") if options.static else ("dynamic", "with +static")
            raise InputError(f"{self.target}: there is no {wanted} build of it; ask for the options {other}")
        return found

    def to_run(self, options: Options) -> dict[str, str]:
        """The files that this machine must have to run what is built, each with the Debian package it is in."""
        return {**self._foreign(), **self.linkage(options).loader}

    def packages(self) -> frozenset[str]:
        """The Debian packages that a machine like this one needs to run anything that is built for the target."""
        loaders = (linkage.loader.values() for linkage in (self.dynamic, self.static) if linkage)
        return frozenset(self._foreign().values()).union(*loaders)

    def _foreign(self) -> Mapping[str, str]:
        return {} if self.target.arch == platform.machine() else self.runner


@cache
def load() -> dict[str, TargetRow]:
    """All rows by triple. Raises `InputError` with every fault of the table."""
    path = resources.builders() / "targets.toml"
    faults = FaultCollector(str(path))
    rows = {}
    for triple, values in read_toml(path).items():
        with faults.at(triple):
            rows[triple] = _row(triple, values, faults)
    faults.raise_if_any("the table of targets is not right")
    return rows


def find(triple: str) -> TargetRow:
    """The row of `triple`. Raises `InputError` that lists what can be built."""
    rows = load()
    if triple not in rows:
        near = difflib.get_close_matches(triple[:80], rows, len(rows), cutoff=0)
        raise InputError(f"target {triple[:80]!r} cannot be built; these can, the nearest first: {', '.join(near)}")
    return rows[triple]


def _row(triple: str, values: Mapping[str, Any], faults: FaultCollector) -> TargetRow:
    row = Row(values, faults)
    linkages = {name: _linkage(name, row.table(name), faults) for name in ("dynamic", "static")}
    found = TargetRow(
        target=Target.parse(triple),
        zig=row.text("zig"),
        configure=row.text("configure"),
        multiarch=row.text("multiarch"),
        floor=row.text("floor", ""),
        default=Options.parse(row.text("default")),
        emulator=row.texts("emulator", []),
        runner=row.mapping("runner"),
        dynamic=linkages["dynamic"],
        static=linkages["static"],
    )
    row.done()
    if (found.static if found.default.static else found.dynamic) is None:
        faults.add("default", f"{found.default}: the row has no table for this way of linking")
    return found


def _linkage(name: str, values: Mapping[str, Any] | None, faults: FaultCollector) -> Linkage | None:
    if values is None:
        return None
    with faults.at(name):
        row = Row(values, faults)
        linkage = Linkage(cflags=row.texts("cflags"), ldflags=row.texts("ldflags"), loader=row.mapping("loader"))
        row.done()
    return linkage
