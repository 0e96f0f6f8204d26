"""Known oddities of published manifests: the table `quirks.toml`, and what finds and mends them.

Invariant: only documents that were checked to have the form of the newest version are walked; nothing in a document
can make it fail, and what is found is bounded.
"""

from __future__ import annotations

import functools
import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["EARLY_KEYS", "Oddity", "Quirk", "load_quirks", "settle"]

EARLY_KEYS = "keys-of-later-version"
_MOST = 100  # of one id; a hostile manifest could have millions
_LONGEST = 4096  # texts that are looked at; longer ones are no path and no name
_SERIES = re.compile(r"(\d{1,3})\.(\d{1,3})(\.|$)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """A row of the table, where every key is explained. `becomes` is an expression and its replacement."""

    id: str
    meaning: str
    releases: str
    recognised: str
    done: str
    at: tuple[tuple[str, ...], ...] = ()
    matches: re.Pattern[str] | None = None
    beside: Mapping[tuple[str, ...], re.Pattern[str]]
    lacking: Mapping[tuple[str, ...], re.Pattern[str]]
    stated: Mapping[tuple[str, ...], re.Pattern[str]]
    sibling: Mapping[str, object]
    targets: tuple[str, ...] = ("*",)
    python: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (999, 999))
    modules: tuple[str, ...] = ()
    beyond: str | None = None
    becomes: tuple[str, str] | None = None
    drop: bool = False
    absent: bool = False
    usual: bool = False
    explains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quirk:
    """An oddity at a place of a manifest; `found` is the text that stands there, cut, empty for a whole object."""

    id: str
    where: str
    found: str

    @property
    def oddity(self) -> Oddity:
        """What the table says about it."""
        return load_quirks()[self.id]


class _Place(NamedTuple):
    """A value, its key in the value of `above`, and the part of the document it belongs to."""

    above: _Place | None
    key: Any
    value: Any
    part: Any
    module: str | None

    @property
    def holder(self) -> Any:
        """The object or list that holds the value."""
        return self.above.value if self.above is not None else None

    @property
    def where(self) -> str:
        """The way to it, as other faults say it: `build_info.extensions._ssl[0].links[1].name`."""
        if self.above is None:
            return ""
        before = self.above.where
        if isinstance(self.key, int):
            return f"{before}[{self.key}]"
        return f"{before}.{self.key[:80]}" if before else self.key[:80]


@functools.cache
def load_quirks() -> Mapping[str, Oddity]:
    """All rows of `quirks.toml` by id, in their order."""
    table = tomllib.loads(Path(__file__).with_name("quirks.toml").read_text(encoding="utf-8"))
    return {name: _oddity(name, row) for name, row in table.items()}


def settle(document: dict[str, Any]) -> tuple[Quirk, ...]:
    """Find all oddities of `document`, which has the form of the newest version, and mend those that can be.

    Everything is looked for before anything is mended.
    """
    found = [(row, places) for row in load_quirks().values() if (places := _places(row, document))]
    removed: dict[int, tuple[list[Any], list[Any]]] = {}
    for row, places in found:
        for place in places:
            if row.becomes is not None:
                # A second oddity of the same text finds what the first one left.
                holder = place.holder
                holder[place.key] = re.sub(row.becomes[0], row.becomes[1], holder[place.key])
            if row.drop and (target := _item(document, place)) is not None:
                removed.setdefault(id(target[0]), (target[0], []))[1].append(target[1])
    for holder, items in removed.values():
        gone = {id(item) if isinstance(item, dict) else item for item in items}
        holder[:] = [item for item in holder if (id(item) if isinstance(item, dict) else item) not in gone]
    return tuple(Quirk(row.id, place.where, _text(place.value)) for row, places in found for place in places[:_MOST])


def _places(row: Oddity, document: dict[str, Any]) -> list[_Place]:
    """Where it is: all places that are to be mended, else no more than are told."""
    return list(itertools.islice(_find(row, document), None if row.becomes or row.drop else _MOST))


def _find(row: Oddity, document: dict[str, Any]) -> Iterator[_Place]:
    if not row.at or not any(fnmatchcase(document["target_triple"], pattern) for pattern in row.targets):
        return
    if not row.python[0] <= _series(document["python_version"]) <= row.python[1]:
        return
    if not all(_any(document, path, expression) for path, expression in row.stated.items()):
        return
    start = _Place(None, None, document, document, None)
    parts: dict[int, bool] = {}  # answers of parts by identity: one may hold a million texts
    for path in row.at:
        for place in _walk(start, path):
            if _is_odd(row, place, document):
                if id(place.part) not in parts:
                    parts[id(place.part)] = _is_odd_part(row, place.part)
                if parts[id(place.part)]:
                    yield place


def _is_odd(row: Oddity, place: _Place, document: dict[str, Any]) -> bool:
    if row.modules and place.module not in row.modules:
        return False
    if row.matches is not None and not _matches(row.matches, place.value):
        return False
    if any(place.holder.get(key) != value for key, value in row.sibling.items()):
        return False
    if row.beyond is not None:
        folder = document.get(row.beyond)
        if not isinstance(folder, str) or place.value.rpartition("/")[0] == folder.rstrip("/"):
            return False
    return True


def _is_odd_part(row: Oddity, part: Any) -> bool:
    return all(_any(part, path, expression) for path, expression in row.beside.items()) and not any(
        _any(part, path, expression) for path, expression in row.lacking.items()
    )


def _walk(start: _Place, path: tuple[str, ...]) -> Iterator[_Place]:
    """All places that `path` leads to; a part of it is a key, `*` or `[]`."""
    places = iter((start,))
    for step in path:
        places = _items(places) if step == "[]" else _named(places) if step == "*" else _at(places, step)
    return places


def _items(places: Iterator[_Place]) -> Iterator[_Place]:
    for place in places:
        _, _, value, part, module = place
        variants = module is not None and part is value  # those of an extension module are parts by themselves
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield _Place(place, index, item, item if variants else part, module)


def _named(places: Iterator[_Place]) -> Iterator[_Place]:
    for place in places:
        for name, item in place.value.items() if isinstance(place.value, dict) else ():
            yield _Place(place, name, item, item, name)


def _at(places: Iterator[_Place], key: str) -> Iterator[_Place]:
    for place in places:
        value = place.value.get(key) if isinstance(place.value, dict) else None
        if value is not None:
            yield _Place(place, key, value, value if key == "core" else place.part, place.module)


def _any(part: Any, path: tuple[str, ...], expression: re.Pattern[str]) -> bool:
    start = _Place(None, None, part, part, None)
    return any(_matches(expression, place.value) for place in _walk(start, path))


def _matches(expression: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST and expression.fullmatch(value) is not None


def _item(document: dict[str, Any], place: _Place) -> tuple[list[Any], Any] | None:
    """The list that holds the text, or the object with the text, and what to take out of it."""
    if isinstance(place.holder, list):
        return place.holder, place.value
    links = place.part.get("links") if isinstance(place.part, dict) else None
    return (links, place.holder) if isinstance(links, list) else None


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) else ""


def _series(version: str) -> tuple[int, int]:
    match = _SERIES.match(version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _oddity(name: str, row: dict[str, Any]) -> Oddity:
    row = dict(row)
    for key in ("beside", "lacking", "stated"):
        row[key] = {_path(place): re.compile(text, re.ASCII) for place, text in row.get(key, {}).items()}
    if "matches" in row:
        row["matches"] = re.compile(row["matches"], re.ASCII | re.DOTALL)
    if "python" in row:
        oldest, _, newest = row["python"].partition("-")
        row["python"] = (_series(oldest), _series(newest) if newest else (999, 999))
    row["at"] = tuple(map(_path, row.get("at", ())))
    for key in ("targets", "modules", "becomes", "explains"):
        if key in row:
            row[key] = tuple(row[key])
    return Oddity(id=name, **{"sibling": {}, **row})


def _path(text: str) -> tuple[str, ...]:
    """`links[].name` as (links, [], name)."""
    return tuple(step for step in text.replace("[]", ".[]").split(".") if step)
