"""What of a distribution stays out of applications: the table `omissions.toml`, loaded and checked.

Invariant: every row has a reason, and a file or a module that no row names goes in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from pydist.errors import FaultCollector
from pydist.policy.table import Row, read_toml
from pydist.store import digest_file

__all__ = ["Omission", "Omissions", "load"]

_TABLE = Path(__file__).with_name("omissions.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """One row: `pattern` in fnmatch's syntax; `unless` names an extension module that keeps what would be left out;
    a `static` row does not hold for applications that load shared objects."""

    pattern: str
    reason: str
    unless: str = ""
    static: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Omissions:
    """The table. `digest` is that of its file: part of the keys of what depends on it."""

    stdlib: tuple[Omission, ...]
    extensions: tuple[Omission, ...]
    digest: str

    def of_file(self, path: str, extensions: Collection[str], *, dynamic: bool = False) -> Omission | None:
        """The row that leaves out the file at `path` below the standard library's folder, or None.

        `extensions` are the modules that the application can have, `dynamic` says whether it loads shared objects.
        """
        folder, _, name = path.rpartition("/")
        if folder == "lib-dynload" and (row := self.of_extension(name.partition(".")[0])):
            return row
        rows = (row for row in self.stdlib if fnmatchcase(path, row.pattern) and not (row.static and dynamic))
        return next((row for row in rows if not row.unless or row.unless not in extensions), None)

    def of_extension(self, name: str) -> Omission | None:
        """The row that leaves out the extension module `name`, or None."""
        return next((row for row in self.extensions if fnmatchcase(name, row.pattern)), None)

    def kept(self, names: Iterable[str]) -> frozenset[str]:
        """Those of the extension modules `names` that no row leaves out: an application has them built in."""
        return frozenset(name for name in names if self.of_extension(name) is None)


@cache
def load(path: Path = _TABLE) -> Omissions:
    """Read the table. Raises `InputError` with every fault."""
    faults = FaultCollector(str(path))
    tables = read_toml(path)
    stdlib = _rows(tables.pop("stdlib", []), "path", "stdlib", faults)
    extensions = _rows(tables.pop("extension", []), "name", "extension", faults)
    for name in sorted(tables):
        faults.add(name, "not a known table; expected stdlib or extension")
    faults.raise_if_any("the table of omissions is not right")
    return Omissions(stdlib=stdlib, extensions=extensions, digest=digest_file(path))


def _rows(tables: object, key: str, name: str, faults: FaultCollector) -> tuple[Omission, ...]:
    if not isinstance(tables, list):
        faults.add(name, "expected a list of tables")
        return ()
    rows = []
    for number, table in enumerate(tables):
        with faults.at(f"{name}.[{number}]"):
            row = Row(table if isinstance(table, dict) else {}, faults)
            made = Omission(
                pattern=row.text(key),
                reason=row.text("reason"),
                unless=row.text("unless", ""),
                static=row.flag("static"),
            )
            row.done()
            if not made.pattern or not made.reason:
                faults.add("", f"expected {key} and reason, both with a text")
            rows.append(made)
    return tuple(rows)
