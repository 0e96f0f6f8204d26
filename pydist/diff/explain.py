"""How two versions of one file differ, in a few lines that a person can act on. Pure: bytes in, words out.

Invariant: any bytes give an answer; what cannot be read as what it seems to be is compared as plain bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice, zip_longest

from pydist.binary.ar import members
from pydist.binary.elf import SHT_NOBITS, ElfFile
from pydist.binary.kind import HEAD_SIZE, Kind, kind_of
from pydist.diff.values import ABSENT, differences
from pydist.errors import InputError
from pydist.manifest.convert import loads

__all__ = ["explain"]

_MOST = 12
"""Lines about one file."""
_ENOUGH = 1000
_WIDTH = 100


def explain(path: str, first: bytes, second: bytes) -> tuple[str, ...]:
    """What differs between two contents of the file `path`, most telling first, cut where it gets long."""
    lines = list(islice(_lines(path, first, second), _ENOUGH))
    more = f"{len(lines) - _MOST}" if len(lines) < _ENOUGH else "many"
    return (*lines[:_MOST], *([f"… and {more} more"] if len(lines) > _MOST else []))


def _lines(path: str, first: bytes, second: bytes) -> Iterator[str]:
    try:
        kinds = {kind_of(first[:HEAD_SIZE]), kind_of(second[:HEAD_SIZE])}
        if kinds == {Kind.AR}:
            yield from _ar(first, second)
        else:
            yield from _plain(path, first, second, kinds)
    except (InputError, UnicodeDecodeError, RecursionError):
        yield _bytes(first, second)


def _plain(path: str, first: bytes, second: bytes, kinds: set[Kind]) -> Iterator[str]:
    """Everything that holds no other files."""
    if kinds == {Kind.ELF}:
        yield from _elf(first, second)
    elif path.endswith(".json"):
        one, other = loads(first, path), loads(second, path)
        found = list(islice(_json(one, other), _ENOUGH))
        yield from found or ["the same values, written otherwise"]
    else:
        yield from _text(first.decode("utf-8"), second.decode("utf-8"))


def _elf(first: bytes, second: bytes) -> Iterator[str]:
    one, other = _sections(first), _sections(second)
    told = False
    for name in [*one, *(name for name in other if name not in one)]:
        if (before := one.get(name)) != (after := other.get(name)):
            told = True
            if before is None or after is None:
                yield f"section {name}: only in the {'second' if before is None else 'first'}"
            else:
                size = f"{before[0]} bytes" if before[0] == after[0] else f"{before[0]} and {after[0]} bytes"
                yield f"section {name}: {size}"
    if not told:
        yield f"outside of the sections: {_bytes(first, second)}"


def _sections(data: bytes) -> dict[str, tuple[int, str]]:
    """Size and digest of each section by name; sections that share a name are numbered."""
    found: dict[str, tuple[int, str]] = {}
    names: Counter[str] = Counter()
    left = 4 * len(data)  # sections of a hostile file may all be the whole file
    for section in ElfFile.parse(data).sections:
        name = section.name or "(no name)"
        names[name] += 1
        size = 0 if section.type == SHT_NOBITS else section.size
        left -= size
        content = memoryview(data)[section.offset : section.offset + size] if left >= 0 else b""
        unique = name if names[name] == 1 else f"{name} #{names[name]}"
        found[unique] = (section.size, hashlib.sha256(content).hexdigest())
    return found


def _ar(first: bytes, second: bytes) -> Iterator[str]:
    before, after = _members(first), _members(second)
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after or name not in before:
            yield f"member {name}: only in the {'first' if name in before else 'second'}"
        elif before[name] != after[name]:
            yield f"member {name}: {'; '.join(_member(name, bytes(before[name]), bytes(after[name])))}"
    if before == after:
        yield "headers or index of the library" if list(before) == list(after) else "order of the members"


def _members(data: bytes) -> dict[str, memoryview]:
    """By name; those that share one, as objects of different folders do, are numbered."""
    found: dict[str, memoryview] = {}
    names: Counter[str] = Counter()
    for name, content in members(data):
        names[name] += 1
        found[name if names[name] == 1 else f"{name} #{names[name]}"] = content
    return found


def _member(name: str, first: bytes, second: bytes) -> list[str]:
    """The same for a member, which is not looked into as a library once more."""
    kinds = {kind_of(first[:HEAD_SIZE]), kind_of(second[:HEAD_SIZE])}
    try:
        return list(islice(_plain(name, first, second, kinds), 3))
    except (InputError, UnicodeDecodeError, RecursionError):
        return [_bytes(first, second)]


def _json(first: object, second: object) -> Iterator[str]:
    for found in differences(first, second):
        if found.first is ABSENT or found.second is ABSENT:
            item = found.second if found.first is ABSENT else found.first
            what = f" {_cut(repr(item))}" if found.path.endswith("[]") else ""
            yield f"key {found.path}{what}: only in the {'second' if found.first is ABSENT else 'first'}"
        else:
            yield f"key {found.path}: {_cut(repr(found.first))} and {_cut(repr(found.second))}"


def _text(first: str, second: str) -> Iterator[str]:
    for number, (one, other) in enumerate(zip_longest(first.splitlines(True), second.splitlines(True)), 1):
        if one != other:
            yield f"line {number} of the first:  {_cut(repr(one)) if one is not None else '(ends before)'}"
            yield f"line {number} of the second: {_cut(repr(other)) if other is not None else '(ends before)'}"
            return


def _bytes(first: bytes, second: bytes) -> str:
    one, other = memoryview(first), memoryview(second)
    common = min(len(first), len(second))
    block = next((at for at in range(0, common, 4096) if one[at : at + 4096] != other[at : at + 4096]), common)
    place = next((at for at in range(block, min(block + 4096, common)) if one[at] != other[at]), common)
    sizes = "" if len(first) == len(second) else f"; {len(first)} and {len(second)} bytes in all"
    return f"from byte {place} on{sizes}"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
