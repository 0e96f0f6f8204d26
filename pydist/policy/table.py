"""Reading of TOML tables with all faults at once: the small part that every policy loader shares."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydist.errors import FaultCollector, InputError

__all__ = ["Row", "read_toml"]

_T = TypeVar("_T")


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of `path`. Raises `InputError` that names the file and the line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: {error}") from error


class Row:
    """One table of a file, read key by key; `done` complains about keys that nobody asked for.

    Every reading method returns a value of the right type even after a fault, so that reading goes on and all faults
    of a file are reported together.
    """

    def __init__(self, values: Mapping[str, Any], faults: FaultCollector) -> None:
        self._values = dict(values)
        self._faults = faults

    def text(self, key: str, default: str | None = None) -> str:
        value = self._take(key, default)
        return value if isinstance(value, str) else self._wrong(key, "a string", "")

    def number(self, key: str) -> int:
        value = self._take(key, None)
        return value if isinstance(value, int) and not isinstance(value, bool) else self._wrong(key, "a number", 0)

    def flag(self, key: str) -> bool:
        value = self._take(key, False)
        return value if isinstance(value, bool) else self._wrong(key, "true or false", False)

    def flag_or_none(self, key: str) -> bool | None:
        """A flag that may be missing: a row that says nothing holds either way."""
        return self.flag(key) if key in self._values else None

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        value = self._take(key, default)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        return self._wrong(key, "a list of strings", ())

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        value = self._take(key, [])
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
        return self._wrong(key, "a list of tables", [])

    def table(self, key: str) -> Mapping[str, Any] | None:
        """A table that may be missing."""
        value = self._take(key, None)
        return value if value is None or isinstance(value, dict) else self._wrong(key, "a table", None)

    def mapping(self, key: str) -> dict[str, str]:
        """A table of strings, empty when it is missing."""
        value = self._take(key, {})
        if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
            return value
        return self._wrong(key, "a table of strings", {})

    def done(self) -> None:
        for key in sorted(self._values):
            self._faults.add(key, "not a known key")

    def _take(self, key: str, default: object) -> Any:
        return self._values.pop(key, default)

    def _wrong(self, key: str, expected: str, instead: _T) -> _T:
        self._faults.add(key, f"expected {expected}")
        return instead
