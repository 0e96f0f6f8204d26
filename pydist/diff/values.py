"""Where two JSON values differ. Pure: it knows no document, only its shape.

Invariant: nothing is yielded for equal values, at least one difference for others, and exchanging both exchanges
`first` and `second` of each difference and nothing else.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["ABSENT", "Absent", "Difference", "differences", "written"]

_NAMES = ("name", "variant", "id")
_DEEPEST = 100  # a document may be nested as deeply as its reader allows
_LONGEST = 20_000


class Absent:
    """The type of `ABSENT`."""


ABSENT: Final = Absent()
"""Instead of a value: there is no such key."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not the same in both. `path` is `key.key[item]`."""

    path: str
    first: object
    second: object


def differences(first: object, second: object, place: str = "") -> Iterator[Difference]:
    """Every difference, by path. Lists of texts are compared as what is in them, lists of objects by their names."""
    yield from _differences(first, second, place, _DEEPEST)


def written(value: object) -> str:
    """A value as JSON in one line, cut where it is very long."""
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    except RecursionError:
        text = "(nested too deeply to be shown)"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _differences(first: object, second: object, place: str, left: int) -> Iterator[Difference]:
    if not left:
        if not _same(first, second):
            yield Difference(place, first, second)
    elif isinstance(first, dict) and isinstance(second, dict):
        yield from _members(first, second, (f"{place}." if place else "", ""), left)
    elif isinstance(first, list) and isinstance(second, list):
        yield from _lists(first, second, place, left)
    elif first != second or type(first) is not type(second):  # True == 1 here, and not in JSON
        yield Difference(place, first, second)


def _same(first: object, second: object) -> bool:
    if first is ABSENT or second is ABSENT:
        return first is second
    try:
        return json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    except RecursionError:
        return False


def _members(
    first: Mapping[str, object], second: Mapping[str, object], around: tuple[str, str], left: int
) -> Iterator[Difference]:
    """`around` is what stands before and behind the name of a member in its path."""
    for key in sorted(first.keys() | second.keys()):
        place = f"{around[0]}{key}{around[1]}"
        yield from _differences(first.get(key, ABSENT), second.get(key, ABSENT), place, left - 1)


def _lists(first: list[object], second: list[object], place: str, left: int) -> Iterator[Difference]:
    if all(isinstance(item, str) for item in (*first, *second)):
        yield from _texts([str(item) for item in first], [str(item) for item in second], place)
        return
    one, other = next(((one, other) for key in _NAMES if (one := _named(first, key)) is not None
                       and (other := _named(second, key)) is not None), (None, None))  # fmt: skip
    if one is not None and other is not None:
        yield from _members(one, other, (f"{place}[", "]"), left)
        if one.keys() == other.keys() and list(one) != list(other):
            yield Difference(f"{place} (order)", list(one), list(other))
        return
    for index in range(max(len(first), len(second))):
        before = first[index] if index < len(first) else ABSENT
        after = second[index] if index < len(second) else ABSENT
        yield from _differences(before, after, f"{place}[{index}]", left - 1)


def _texts(first: list[str], second: list[str], place: str) -> Iterator[Difference]:
    one, other = Counter(first), Counter(second)
    for text in sorted(one.keys() | other.keys()):
        times = one[text] - other[text]
        for _ in range(abs(times)):
            yield Difference(f"{place}[]", text if times > 0 else ABSENT, ABSENT if times > 0 else text)
    if one == other and first != second:
        yield Difference(f"{place} (order)", first, second)


def _named(items: list[object], key: str) -> dict[str, object] | None:
    """Objects by the text at `key`; None when that does not name each of them."""
    made: dict[str, object] = {
        item[key]: item for item in items if isinstance(item, dict) and isinstance(item.get(key), str)
    }
    return made if len(made) == len(items) else None
