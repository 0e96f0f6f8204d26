"""The table of checks: what each id promises, and for which distributions.

Invariant: an id is `family.name`, is in `checks.toml` or stands for a row of `builders/cpython/wheels.toml`, and never
changes its meaning.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydist.errors import Fault, FaultCollector, InputError
from pydist.examine import wheels
from pydist.manifest.convert import doc
from pydist.policy.table import Row, read_toml

__all__ = ["Check", "Checks", "choose", "load_checks"]

_SECONDS = 120
_LINKING = ("", "static", "dynamic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that holds in every good distribution."""

    id: str = field(metadata=doc("`family.name`."))
    family: str = field(metadata=doc("What it is about; selects all checks of one kind."))
    promise: str = field(metadata=doc("What holds in a good distribution."))
    probe: str | None = field(default=None, metadata=doc("Script that finds out inside of the interpreter."))
    only: str = field(default="*", metadata=doc("Pattern of the target triples that it is promised for."))
    linking: str = field(default="", metadata=doc("static or dynamic: promised for this kind only; empty: for both."))
    children: bool = field(default=False, metadata=doc("Whether the interpreter has to start programs of its own."))
    seconds: int = field(default=_SECONDS, metadata=doc("Deadline of every program that is started for it."))

    def why_not(self, triple: str, linking: str) -> str | None:
        """Why nothing is promised for a distribution of this kind; None when it is."""
        if not fnmatchcase(triple, self.only):
            return f"promised for {self.only} only"
        if self.linking and self.linking != linking:
            return f"promised for {self.linking} distributions only"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The output of `pydist test --list-checks --json`."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    checks: tuple[Check, ...] = field(metadata=doc("All checks, in the order of the table."))


@functools.cache
def load_checks() -> Mapping[str, Check]:
    """All checks by id, in the order they are made. Raises `InputError` with every fault of the tables."""
    path = Path(__file__).with_name("checks.toml")
    faults = FaultCollector(str(path))
    made = []
    for family, rows in read_toml(path).items():
        for name, values in rows.items():
            with faults.at(f"{family}.{name}"):
                row = Row(values, faults)
                linking = row.text("linking", "")
                if linking not in _LINKING:
                    faults.add("linking", f"expected static or dynamic, found {linking!r}")
                made.append(
                    Check(
                        id=f"{family}.{name}",
                        family=family,
                        promise=row.text("promise"),
                        probe=row.text("probe", "") or None,
                        only=row.text("only", "*"),
                        linking=linking,
                        children=row.flag("children"),
                        seconds=row.number("seconds") if "seconds" in values else _SECONDS,
                    )
                )
                row.done()
    faults.raise_if_any("the table of checks is not right")
    made += [
        Check(
            id=f"wheel.{wheel.name}",
            family="wheel",
            promise=f"the wheel of {wheel.name} can be installed and its code in C runs",
            only="*-linux-gnu",
            linking="dynamic",
            children=True,
            seconds=600,
        )
        for wheel in wheels.load()
    ]
    return {check.id: check for check in made}


def choose(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Check, ...]:
    """The checks that `select` names (default all), without those that `ignore` names, in the order of the table.

    Both take ids and families. Raises `InputError` that lists every name that is neither.
    """
    checks = load_checks()
    families = {check.family for check in checks.values()}
    unknown = [name for name in (*select, *ignore) if name not in checks and name not in families]
    if unknown:
        known = ", ".join(sorted(families))
        faults = [Fault(name, f"neither a check nor a family; families: {known}") for name in unknown]
        raise InputError("unknown checks; `pydist test --list-checks` shows all", faults)

    def named(check: Check, names: Sequence[str]) -> bool:
        return check.id in names or check.family in names

    return tuple(
        check for check in checks.values() if (not select or named(check, select)) and not named(check, ignore)
    )
