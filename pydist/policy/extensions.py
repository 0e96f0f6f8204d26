"""What becomes of each extension module: the rows of `builders/cpython/extensions.toml`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache

from pydist.errors import FaultCollector
from pydist.policy import resources
from pydist.policy.options import Options
from pydist.policy.series import within
from pydist.policy.table import Row, read_toml
from pydist.target import Target

__all__ = ["ExtensionRow", "for_build", "load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRow:
    """One module of one build. `off` is the reason why it is not there, empty when it is; `shared` the reason why it
    is a file of its own and not in the interpreter, empty when it is built in. `only` is the pattern of the triples
    that have it, `static` how the interpreter must be linked (None: either way); `off` is then why others have it not.
    """

    name: str
    off: str
    shared: str
    only: str
    static: bool | None
    test: bool
    required: bool
    since: str
    until: str

    def exists_in(self, series: str) -> bool:
        """Whether upstream's `series` (such as `3.14`) has the module."""
        return within(series, self.since, self.until)

    @property
    def is_for_some(self) -> bool:
        """Whether not every build has the module, as far as the table alone says."""
        return self.only != "*" or self.static is not None

    def is_for(self, target: Target, options: Options) -> bool:
        """Whether builds such as this one have the module."""
        return fnmatchcase(target.triple, self.only) and self.static in (None, options.static)


@cache
def load() -> tuple[ExtensionRow, ...]:
    """All rows. Raises `InputError` with every fault of the table."""
    path = resources.builders() / "cpython" / "extensions.toml"
    faults = FaultCollector(str(path))
    rows = []
    for name, values in read_toml(path).get("modules", {}).items():
        with faults.at(f"modules.{name}"):
            row = Row(values, faults)
            rows.append(
                ExtensionRow(
                    name=name,
                    off=row.text("off", ""),
                    shared=row.text("shared", ""),
                    only=row.text("only", "*"),
                    static=row.flag_or_none("static"),
                    test=row.flag("test"),
                    required=row.flag("required"),
                    since=row.text("since", ""),
                    until=row.text("until", ""),
                )
            )
            row.done()
    faults.raise_if_any("the table of extension modules is not right")
    return tuple(rows)


def for_build(series: str, target: Target, options: Options) -> dict[str, ExtensionRow]:
    """The rows of one build, by module name: a module that cannot be there is off, with the reason."""
    return {row.name: _in_build(row, target, options) for row in load() if row.exists_in(series)}


def _in_build(row: ExtensionRow, target: Target, options: Options) -> ExtensionRow:
    if not row.is_for(target, options):
        return replace(row, off=row.off or f"only for {row.only}: {row.shared}", shared="")
    if row.is_for_some:
        row = replace(row, off="")
    if row.off:
        return row
    if options.static:
        return replace(row, off=row.shared, shared="")
    if row.test and not row.shared:
        return replace(row, shared="for CPython's own tests: nobody else wants it in the interpreter")
    return row
