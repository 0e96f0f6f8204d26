"""Which libraries the bytes and the name of a file show to be inside, and whose licence a text is.

Invariant: pure functions of bytes that may be hostile, in time that is linear in them; the table is `licences.toml`.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PYTHON", "TEXT", "Bundle", "contained", "licences_in", "load_bundles", "named"]

TEXT = re.compile(r"(?i).*(licen[cs]e|copying|copyright|notice|/licenses/)")
"""Paths of files that may be licence texts."""

PYTHON = "cpython"
"""Stands for CPython itself among the licences of a text."""

_SPACE = re.compile(r"\s+")
_OWN = "python software foundation license version 2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One library of the table; `marks` are for bytes, `files` for the last part of a path."""

    name: str
    marks: tuple[re.Pattern[bytes], ...]
    files: re.Pattern[str]
    texts: tuple[str, ...]


@functools.cache
def load_bundles() -> Mapping[str, Bundle]:
    """All libraries by name."""
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        name: Bundle(
            name=name,
            marks=tuple(re.compile(mark.encode()) for mark in row.get("marks", ())),
            files=re.compile("|".join(row["files"]), re.ASCII),
            texts=tuple(row["texts"]),
        )
        for name, row in table.items()
    }


def contained(data: bytes | memoryview) -> frozenset[str]:
    """The libraries that a linked file contains."""
    return frozenset(name for name, row in load_bundles().items() if any(mark.search(data) for mark in row.marks))


def named(last: str) -> str | None:
    """The library that a file is, by the last part of its path."""
    return next((name for name, row in load_bundles().items() if row.files.fullmatch(last)), None)


def licences_in(data: bytes) -> frozenset[str]:
    """The libraries, and `PYTHON`, whose licence the text may be: one text often serves many."""
    text = _SPACE.sub(" ", data.decode("utf-8", "replace").lower())
    made = {name for name, row in load_bundles().items() if any(words in text for words in row.texts)}
    return frozenset(made | ({PYTHON} if _OWN in text else set()))
