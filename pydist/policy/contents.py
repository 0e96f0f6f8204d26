"""Software of others inside CPython's own sources: the rows of `builders/contains.toml`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from pydist.errors import FaultCollector
from pydist.policy import resources
from pydist.policy.licenses import expression_fault
from pydist.policy.series import within
from pydist.policy.table import Row, read_toml

__all__ = ["ContainedPart", "load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainedPart:
    """One part. `license` is an SPDX expression, `text` a path below `builders/` or empty, `wheel` whether its files
    are wheels that carry their own version. `since` is the first series that has it, empty for all."""

    name: str
    files: tuple[str, ...]
    license: str
    text: str
    wheel: bool
    since: str = ""

    def exists_in(self, series: str) -> bool:
        """Whether the sources of `series` (such as `3.14`) have the part."""
        return within(series, self.since)

    def found(self, paths: Iterable[str]) -> list[str]:
        """Those of `paths` (relative to a distribution's root) that are this part's, sorted."""
        return sorted(path for path in paths if any(fnmatchcase(path, pattern) for pattern in self.files))


@cache
def load() -> tuple[ContainedPart, ...]:
    """All rows. Raises `InputError` with every fault of the table."""
    path = resources.builders() / "contains.toml"
    faults = FaultCollector(str(path))
    whole = Row(read_toml(path), faults)
    parts = []
    for position, values in enumerate(whole.tables("part")):
        with faults.at(f"part[{position}]"):
            row = Row(values, faults)
            name, kind = row.text("name"), row.text("kind", "source")
            part = ContainedPart(
                name=name, files=row.texts("files"), license=row.text("license"), text=row.text("text", ""),
                wheel=kind == "wheel", since=row.text("since", ""),
            )  # fmt: skip
            row.done()
            if kind not in ("source", "wheel"):
                faults.add("kind", "expected source or wheel")
            if fault := expression_fault(part.license):
                faults.add("license", fault)
            if part.text and not (resources.builders() / part.text).is_file():
                faults.add("text", f"no such file: {resources.builders() / part.text}")
            parts.append(part)
    whole.done()
    faults.raise_if_any("the table of what CPython contains is not right")
    return tuple(parts)
