"""What programs for macOS and Windows may need of their system: the tables of `systems.toml`, with types.

Invariant: it knows systems, and nothing of a particular distribution.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydist.binary.macho import Version
from pydist.target import Arch

__all__ = ["MacOs", "SystemLibrary", "Windows", "mac_version", "macos", "windows"]

_NUMBERED = re.compile(r"\d{1,4}(\.\d{1,3}){0,2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLibrary:
    """A library of macOS: the compatibility version that it offers, and the first macOS with it where that matters."""

    offers: Version
    since: Version | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MacOs:
    """macOS. `oldest` is by processor; `padding` in bytes."""

    libraries: Mapping[str, SystemLibrary]
    loader: str
    folders: frozenset[str]
    oldest: Mapping[Arch, Version]
    padding: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Windows. Names of libraries are patterns in small letters."""

    libraries: tuple[str, ...]
    runtime: tuple[str, ...]
    universal: tuple[str, ...]
    debugging: tuple[str, ...]
    templates: tuple[str, ...]
    oldest: Mapping[str, str]

    def has(self, library: str) -> bool:
        """Whether every Windows has it."""
        return _any(library.lower(), self.libraries)

    def is_runtime(self, library: str) -> bool:
        """Whether it is a compiler's run time, in the form that may be passed on."""
        return _any(library.lower(), self.runtime) and not self.is_debugging(library)

    def is_universal(self, library: str) -> bool:
        """Whether it is a part of the universal C run time."""
        return _any(library.lower(), self.universal)

    def is_debugging(self, library: str) -> bool:
        return _any(library.lower(), self.debugging)

    def is_template(self, path: str) -> bool:
        """Whether the program `path` is there to be copied."""
        return _any(path, self.templates)

    def oldest_for(self, series: str) -> tuple[int, int]:
        """The oldest Windows that Python `series`, 3.14, runs on."""
        major, _, minor = self.oldest.get(series, self.oldest["newer"]).partition(".")
        return int(major), int(minor)


def mac_version(text: str) -> Version | None:
    """`11.0` or `10.15.4` as a version; None for what is none."""
    return _version(text) if _NUMBERED.fullmatch(text) else None


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@functools.cache
def macos() -> MacOs:
    """The table of macOS."""
    row = _table()["macos"]
    return MacOs(
        libraries={
            path: SystemLibrary(offers=_version(item["offers"]), since=mac_version(item.get("since", "")))
            for path, item in row["libraries"].items()
        },
        loader=row["loader"],
        folders=frozenset(row["folders"]),
        oldest={Arch(arch): _version(text) for arch, text in row["oldest"].items()},
        padding=row["padding"],
    )


@functools.cache
def windows() -> Windows:
    """The table of Windows."""
    row = _table()["windows"]
    lists = ("libraries", "runtime", "universal", "debugging", "templates")
    return Windows(oldest=row["oldest"], **{name: tuple(row[name]) for name in lists})


def _version(text: str) -> Version:
    numbers = [*map(int, text.split(".")), 0, 0]
    return Version(*numbers[:3])


def _any(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
