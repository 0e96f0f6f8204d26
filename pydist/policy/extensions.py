"""What becomes of each extension module: the rows of `builders/cpython/extensions.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pydist.errors import FaultCollector
from pydist.policy import resources
from pydist.policy.table import Row, read_toml

__all__ = ["ExtensionRow", "for_series", "load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRow:
    """One module. `off` is the reason why it is not built, empty when it is."""

    name: str
    off: str
    test: bool
    required: bool
    since: str
    until: str

    def exists_in(self, series: str) -> bool:
        """Whether upstream's `series` (such as `3.14`) has the module."""
        return _order(self.since or series) <= _order(series) <= _order(self.until or series)


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
                    test=row.flag("test"),
                    required=row.flag("required"),
                    since=row.text("since", ""),
                    until=row.text("until", ""),
                )
            )
            row.done()
    faults.raise_if_any("the table of extension modules is not right")
    return tuple(rows)


def for_series(series: str) -> dict[str, ExtensionRow]:
    """The rows that apply to one Python series, by module name."""
    return {row.name: row for row in load() if row.exists_in(series)}


def _order(series: str) -> tuple[int, ...]:
    return tuple(int(part) for part in series.split("."))
