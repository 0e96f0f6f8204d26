"""What to say of a module that the standard library has, had or will have, and the application has not.

Invariant: a name that is one of a standard library is never taken for that of a package: on the registry it would be
somebody else's.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydist.policy import defaults
from pydist.policy.table import read_toml

__all__ = ["StandardNames", "load"]

_TABLE = Path(__file__).with_name("standard_names.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardNames:
    """`tk` and `tests` are names; the rest has names with the system, or the version, that has, lost or got them."""

    tk: frozenset[str]
    tests: frozenset[str]
    systems: Mapping[str, str]
    removed: Mapping[str, str]
    new: Mapping[str, str]

    def advice(self, module: str, *, dynamic: bool) -> str:
        """Where `module` is to be had, or "" when it is of no standard library; `dynamic`: the application is for
        glibc."""
        top = module.partition(".")[0]
        if top in self.tk and not dynamic:
            return f"Tk is for glibc only: --target {defaults.NATIVE_TARGET}"
        lacking = "this distribution has not got it"
        rows: tuple[tuple[Collection[str], str], ...] = (
            (self.tests, f"tests of CPython are left out: --include '{top}/*' (include = [\"{top}/*\"])"),
            (self.systems, f"only Python for {self.systems.get(top)} has it: import it where sys.platform says so"),
            (self.removed, f"removed from Python in version {self.removed.get(top)}"),
            (self.new, f"of the standard library since version {self.new.get(top)}: {lacking} (--python)"),
            (sys.stdlib_module_names | self.tk, f"of the standard library, and {lacking}: another may (--dist)"),
        )
        return next((text for names, text in rows if top in names), "")


@cache
def load(path: Path = _TABLE) -> StandardNames:
    """Read the table."""
    table = read_toml(path)
    return StandardNames(
        tk=frozenset(table["tk"]), tests=frozenset(table["tests"]), systems=dict(_turned(table["systems"])),
        removed=dict(_turned(table["removed"])), new=dict(_turned(table["new"])),
    )  # fmt: skip


def _turned(lists: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    for what, names in lists.items():
        for name in names:
            yield name, what
