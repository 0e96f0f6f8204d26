"""What a distribution has to offer: the answer of a native build, and what a target may lack of it.

The files stand in `builders/cpython/features/`: `inventory.py` is run by an interpreter, `<series>.json` is what it
said in a native build of that series, `allowed.toml` are the reasons why something may be missing.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydist.errors import FaultCollector, InputError
from pydist.policy import resources
from pydist.policy.series import series_order
from pydist.policy.table import Row, read_toml
from pydist.target import Os, Target

__all__ = [
    "Allowance",
    "Groups",
    "Reference",
    "compared_with",
    "inventory",
    "load_allowances",
    "parse_groups",
    "reference",
]

Groups = Mapping[str, frozenset[str]]
"""Names of what is there, by the group that `inventory.py` puts them in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Names of one group that may be missing. `target` and `names` are patterns (fnmatch), `static` None is either.

    `sometimes` says what decides whether they are: then it is no news that they are there.
    """

    target: str
    static: bool | None
    group: str
    names: tuple[str, ...]
    reason: str
    sometimes: str = ""

    def holds(self, target: Target, *, static: bool) -> bool:
        return fnmatchcase(target.triple, self.target) and self.static in (None, static)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What one kind of distribution is compared with."""

    groups: Groups
    allowances: tuple[Allowance, ...]


def inventory() -> Path:
    """The script that an interpreter runs to say what it offers."""
    return _folder() / "inventory.py"


def reference(series: str, target: Target, *, static: bool) -> Reference:
    """For distributions of a series (`3.14`). Of a series between two recorded ones, what both of those have.

    Raises `InputError` when nothing was recorded that tells.
    """
    if target.os is not Os.LINUX:
        raise InputError(f"no features of a native build are recorded for {target.os}, only for linux")
    return Reference(
        groups=_groups(series),
        allowances=tuple(row for row in load_allowances() if row.holds(target, static=static)),
    )


def compared_with(series: str) -> tuple[str, ...]:
    """The recorded series of which `series` is expected to have what they all have: itself, or the two around it. Empty
    when nothing was recorded that tells."""
    try:
        wanted = series_order(series)
    except ValueError:
        return ()
    recorded = _recorded()
    below = [name for name in recorded if series_order(name) <= wanted][-1:]
    above = [name for name in recorded if series_order(name) >= wanted][:1]
    return tuple(dict.fromkeys(below + above)) if below and above else ()


def _recorded() -> list[str]:
    return sorted((path.stem for path in _folder().glob("*.json")), key=series_order)


def _groups(series: str) -> Groups:
    found = [_read(_folder() / f"{name}.json") for name in compared_with(series)]
    if not found:
        known = ", ".join(_recorded())
        raise InputError(f"no features of a native build are recorded for Python {series}; there are {known}")
    return {group: names & found[-1].get(group, frozenset()) for group, names in found[0].items()}


@functools.cache
def _read(path: Path) -> Groups:
    return parse_groups(path.read_text(encoding="utf-8"), str(path))


def parse_groups(text: str, where: str) -> Groups:
    """Read what `inventory.py` printed. Raises `InputError` that names `where` it came from."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise InputError(f"{where}: expected the JSON of inventory.py: {error}") from error
    if not isinstance(values, dict) or not all(_is_names(names) for names in values.values()):
        raise InputError(f"{where}: expected an object of lists of names")
    return {group: frozenset(names) for group, names in values.items()}


def load_allowances() -> tuple[Allowance, ...]:
    """All rows of `allowed.toml`. Raises `InputError` with every fault of the table."""
    path = _folder() / "allowed.toml"
    faults = FaultCollector(str(path))
    rows = []
    for position, values in enumerate(read_toml(path).get("allowed", [])):
        with faults.at(f"allowed[{position}]"):
            row = Row(values, faults)
            rows.append(
                Allowance(
                    target=row.text("target", "*"),
                    static=row.flag_or_none("static"),
                    group=row.text("group"),
                    names=row.texts("names"),
                    reason=row.text("reason"),
                    sometimes=row.text("sometimes", ""),
                )
            )
            row.done()
    faults.raise_if_any("the table of features that may be missing is not right")
    return tuple(rows)


def _folder() -> Path:
    return resources.builders() / "cpython" / "features"


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)
