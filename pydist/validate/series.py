"""What a series of CPython has: bytecode, standard library, extension modules.

Invariant: the tables are `series.toml`, `library.toml` and `extensions.toml`; nothing here knows a distribution.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydist.target import Os

__all__ = ["Series", "load_series", "series_of"]

_RANGE = re.compile(r"(?:3\.(\d+))?-(?:3\.(\d+))?", re.ASCII)
_SERIES = re.compile(r"3\.\d{1,2}(?=\.|$)", re.ASCII)
_PRERELEASE = re.compile(r"3\.\d+\.0(?:a|b|rc)\d+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series, `name` is 3.14. `library` are dotted names of modules in Python; `whole` those of its packages that
    may be absent with all that is in them on any system. Of extension modules, `known` are all that there are, and
    `start` those without which nothing starts."""

    name: str
    magic: int | None
    magics: tuple[int, int]
    library: frozenset[str]
    whole: frozenset[str]
    known: frozenset[str]
    start: frozenset[str]
    _expected: Mapping[str, frozenset[str]]
    _only: Mapping[Os, frozenset[str]]

    def dispensable(self, system: Os | None) -> frozenset[str]:
        """Packages and modules that a distribution for `system` may lack with all that is in them: those of other
        systems are, where it is not known."""
        return self.whole.union(*(names for only, names in self._only.items() if only is not system))

    def expected(self, system: Os) -> frozenset[str]:
        """Extension modules that every distribution for `system` has."""
        own = {Os.LINUX: ("posix",), Os.DARWIN: ("posix", "darwin"), Os.WINDOWS: ("windows",)}[system]
        return frozenset().union(*(self._expected[name] for name in ("all", *own)))

    def bytecode(self, magic: int, version: str) -> bool:
        """Whether bytecode of `version` begins with the number `magic`."""
        if self.magic is None or _PRERELEASE.match(version):
            return self.magics[0] <= magic <= self.magics[1]
        return magic == self.magic


@functools.cache
def load_series() -> Mapping[str, Series]:
    """All series by name."""
    library, extensions = _table("library"), _table("extensions")
    return {name: _series(name, row, library, extensions) for name, row in _table("series").items()}


def series_of(version: str | None) -> Series | None:
    """The series of a version, `3.14.7` or `3.14`; None for those that the tables do not have."""
    found = _SERIES.match(version or "")
    return load_series().get(found[0]) if found else None


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))


def _series(name: str, row: dict[str, Any], library: dict[str, Any], extensions: dict[str, Any]) -> Series:
    minor = int(name.partition(".")[2])
    expected = {group: frozenset(_names(rows, minor)) for group, rows in extensions["expected"].items()}
    return Series(
        name=name,
        magic=row.get("magic"),
        magics=(row["magics"][0], row["magics"][1]),
        library=frozenset(_names(library["modules"], minor)),
        whole=frozenset(library["whole"]),
        known=frozenset(_names(extensions["optional"], minor)).union(*expected.values()),
        start=frozenset(_names(extensions["start"], minor)),
        _expected=expected,
        _only={Os(system): frozenset(names) for system, names in library["only"].items()},
    )


def _names(rows: Mapping[str, str], minor: int) -> Iterator[str]:
    for span, names in rows.items():
        match = _RANGE.fullmatch(span)
        if match is None:
            raise ValueError(f"{span!r} is no range of series")
        first, last = match.groups()
        if (first is None or int(first) <= minor) and (last is None or minor <= int(last)):
            yield from names.split()
