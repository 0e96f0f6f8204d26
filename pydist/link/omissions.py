"""What stays out of applications: the table `omissions.toml`, loaded and checked.

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

__all__ = ["Omission", "Omissions", "PackageOmission", "load"]

_TABLE = Path(__file__).with_name("omissions.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """One row for the standard library or for extension modules: `pattern` in fnmatch's syntax; `name` is what people
    call the files; `unless` names an extension module that keeps what would be left out; a `static` row does not hold
    for applications that load shared objects. An import of one of `imports` brings the files back, and so can the user,
    unless the row is `final`; of a `reached` row an import of a package does only when it is run at the start.
    Those of a `whole` row come back together."""

    pattern: str
    reason: str
    name: str = ""
    unless: str = ""
    static: bool = False
    final: bool = False
    imports: tuple[str, ...] = ()
    reached: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageOmission:
    """One row for files of packages: `folders` are names, `paths` and `but` (what stays) patterns below site-packages;
    a source of the wheel that has one of `texts` keeps its files."""

    name: str
    reason: str
    folders: frozenset[str]
    paths: tuple[str, ...]
    but: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Omissions:
    """The table. `digest` is that of its file: part of the keys of what depends on it."""

    stdlib: tuple[Omission, ...]
    extensions: tuple[Omission, ...]
    packages: tuple[PackageOmission, ...]
    digest: str

    def of_file(self, path: str, extensions: Collection[str], *, dynamic: bool = False) -> Omission | None:
        """The row that leaves out the file at `path` below the standard library's folder, or None.

        `extensions` are the modules that the application can have, `dynamic` says whether it loads shared objects.
        """
        folder, _, name = path.rpartition("/")
        rows = (row for row in self.stdlib if fnmatchcase(path, row.pattern) and not (row.static and dynamic))
        if found := next((row for row in rows if not row.unless or row.unless not in extensions), None):
            return found
        return self.of_extension(name.partition(".")[0]) if folder == "lib-dynload" else None

    def of_extension(self, name: str) -> Omission | None:
        """The row that leaves out the extension module `name`, or None."""
        return next((row for row in self.extensions if fnmatchcase(name, row.pattern)), None)

    def kept(self, names: Iterable[str]) -> frozenset[str]:
        """Those of the extension modules `names` that no row leaves out: an application has them built in."""
        return frozenset(name for name in names if self.of_extension(name) is None)

    @property
    def words(self) -> frozenset[str]:
        """The parts of module names that an import must have to bring back what a row leaves out."""
        folders = (folder for row in self.packages for folder in row.folders)
        return frozenset((*folders, *(name for row in self.stdlib for name in row.imports)))


@cache
def load(path: Path = _TABLE) -> Omissions:
    """Read the table. Raises `InputError` with every fault."""
    faults = FaultCollector(str(path))
    tables = read_toml(path)
    stdlib = tuple(_row(row, "path") for row in _rows(tables, "stdlib", faults))
    extensions = tuple(_row(row, "name") for row in _rows(tables, "extension", faults))
    packages = tuple(_of_packages(row) for row in _rows(tables, "package", faults))
    for name in sorted(tables):
        faults.add(name, "not a known table; expected stdlib, extension or package")
    faults.raise_if_any("the table of omissions is not right")
    return Omissions(stdlib=stdlib, extensions=extensions, packages=packages, digest=digest_file(path))


def _rows(tables: dict[str, object], name: str, faults: FaultCollector) -> Iterable[Row]:
    found = tables.pop(name, [])
    if not isinstance(found, list):
        faults.add(name, "expected a list of tables")
        return
    for number, table in enumerate(found):
        with faults.at(f"{name}.[{number}]"):
            row = Row(table if isinstance(table, dict) else {}, faults)
            yield row
            row.done()


def _row(row: Row, key: str) -> Omission:
    return Omission(
        pattern=row.text(key),
        reason=row.text("reason"),
        name="test modules" if key == "name" else row.text("name", ""),
        unless=row.text("unless", ""),
        static=row.flag("static"),
        final=row.flag("final"),
        imports=row.texts("imports", []),
        reached=row.flag("reached"),
        whole=row.flag("whole"),
    )


def _of_packages(row: Row) -> PackageOmission:
    return PackageOmission(
        name=row.text("name"),
        reason=row.text("reason"),
        folders=frozenset(row.texts("folders", [])),
        paths=row.texts("paths", []),
        but=row.texts("but", []),
        texts=row.texts("texts", []),
    )
