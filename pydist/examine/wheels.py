"""The wheels with C code that a distribution has to run: `builders/cpython/wheels.toml`."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from pydist.errors import FaultCollector
from pydist.policy import resources
from pydist.policy.table import Row, read_toml

__all__ = ["Wheel", "load"]

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A project of the package index. `run` is Python that reaches its C code; empty `series` means all.

    `freethreaded` are the series with wheels for free-threaded interpreters; None means all.
    """

    name: str
    run: str
    series: tuple[str, ...]
    freethreaded: tuple[str, ...] | None


@functools.cache
def load() -> tuple[Wheel, ...]:
    """All rows, most downloaded first. Raises `InputError` with every fault of the table."""
    path = resources.builders() / "cpython" / "wheels.toml"
    faults = FaultCollector(str(path))
    made = []
    for name, values in read_toml(path).items():
        with faults.at(name):
            row = Row(values, faults)
            if not _NAME.fullmatch(name):
                faults.add("", "expected the normalised name of a project")
            freethreaded = row.texts("freethreaded") if "freethreaded" in values else None
            series = row.texts("series", [])
            made.append(Wheel(name=name, run=row.text("run"), series=series, freethreaded=freethreaded))
            row.done()
    faults.raise_if_any("the table of wheels is not right")
    return tuple(made)
