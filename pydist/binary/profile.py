"""What instrumented code counted -> the profile that clang's `-fprofile-use` reads.

Invariant: the same counts give the same bytes, in whatever order processes added to them.
Sources: the counts are what builders/cpython/profile/runtime.c writes; the profile is LLVM's "indexed" format, version
13, as `llvm-profdata merge` of LLVM 22 writes it (an on-disk hash table behind a summary).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pydist.errors import InputError

__all__ = ["CountsInvalid", "FunctionProfile", "check_profile", "combined", "digest", "read_counts", "write_profile"]

_COUNTS_MAGIC = 0x31434F5250594450
_RAW_VERSION = 10
_IR_LEVEL = 1 << 56  # counted in LLVM's intermediate code, which -fprofile-generate does
_FLAGS = 0xFF << 56
_HEADER = struct.Struct("<9Q")
_FUNCTION = struct.Struct("<6QI3HxxI")
_SLOTS = 16
_KINDS = 3  # indirect calls, sizes of memory operations, virtual tables
_CALLS = 0
_MASK = (1 << 64) - 1
_LONGEST_NAMES = 256 << 20

_MAGIC = 0x8169666F72706CFF
_VERSION = 13
_CUTOFFS = (10_000, 100_000, 200_000, 300_000, 400_000, 500_000, 600_000, 700_000, 800_000, 900_000, 950_000, 990_000,
            999_000, 999_900, 999_990, 999_999)  # fmt: skip

_Sites = tuple[tuple[Counter[int], ...], ...]


class CountsInvalid(InputError):
    """The bytes are not what the run time writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionProfile:
    """One function: how often its parts ran and, for each kind and place, which values were seen there how often.

    `hash` stands for the shape of its code: counts are used only where the code still has that shape.
    """

    name: str
    hash: int
    counters: tuple[int, ...]
    sites: _Sites

    def without_calls(self) -> FunctionProfile:
        """The same without what it called through pointers, so that no such call is guessed and inlined."""
        return replace(self, sites=(tuple(Counter() for _ in self.sites[_CALLS]), *self.sites[_CALLS + 1 :]))


def read_counts(data: bytes, where: str) -> list[FunctionProfile]:
    """The functions of one `.counts` file. Raises `CountsInvalid` that begins with `where`."""
    try:
        return list(_functions(data))
    except (struct.error, zlib.error, IndexError, KeyError, OverflowError, ValueError) as error:
        raise CountsInvalid(f"{where}: no counts of instrumented code: {error}") from error


def combined(parts: Iterable[FunctionProfile]) -> list[FunctionProfile]:
    """One entry for each name and hash, with the sums, in order of names."""
    found: dict[tuple[str, int], FunctionProfile] = {}
    for part in parts:
        key = part.name, part.hash
        found[key] = _sum(found[key], part) if key in found else part
    return [found[key] for key in sorted(found)]


def write_profile(functions: Sequence[FunctionProfile]) -> bytes:
    """The profile of `functions`, which `combined` gave."""
    by_name: dict[bytes, list[FunctionProfile]] = {}
    for function in functions:
        by_name.setdefault(function.name.encode(), []).append(function)
    summary = _summary(functions)
    start = 9 * 8 + len(summary)
    table, buckets = _table({name: b"".join(map(_record, items)) for name, items in by_name.items()}, start)
    # Behind the table stand identities of binaries and names of virtual tables, none of either.
    tail = buckets + len(table) - (buckets - start)
    header = struct.pack("<9Q", _MAGIC, _VERSION | _IR_LEVEL, 0, 0, buckets, 0, tail, 0, tail + 8)
    return header + summary + table + bytes(16)


def check_profile(data: bytes, where: str) -> None:
    """Raises `InputError` when `data` cannot be a profile for `-fprofile-use`."""
    if len(data) < 40 or struct.unpack_from("<Q", data)[0] != _MAGIC:
        raise InputError(f"{where}: expected a profile as `llvm-profdata merge` writes it, found something else")
    version = struct.unpack_from("<Q", data, 8)[0]
    if not version & _IR_LEVEL:
        raise InputError(f"{where}: a profile of the front end; expected one of code compiled with -fprofile-generate")
    if (version & ~_FLAGS) > _VERSION:
        raise InputError(f"{where}: profile format {version & ~_FLAGS}; the compiler reads up to {_VERSION}")


def _functions(data: bytes) -> Iterator[FunctionProfile]:
    magic, version, base, counters_at, values_at, *sizes = _HEADER.unpack_from(data)
    if magic != _COUNTS_MAGIC or version & ~_FLAGS != _RAW_VERSION or not version & _IR_LEVEL:
        raise ValueError(f"magic {magic:x} and version {version:x}, expected {_COUNTS_MAGIC:x} and {_RAW_VERSION}")
    functions, names, counters, slots = sizes
    names_start = _HEADER.size + functions
    counters_start = -(-(names_start + names) // 8) * 8
    slots_start = counters_start + counters
    if functions % _FUNCTION.size or slots_start + slots != len(data):
        raise ValueError(f"sizes {sizes} do not make up {len(data)} bytes")
    known = {digest(name): name for name in _names(data[names_start : names_start + names])}
    rows = list(_FUNCTION.iter_unpack(data[_HEADER.size : names_start]))
    by_address = {(row[4] - base) & _MASK: row[0] for row in rows if row[4]}
    for position, (name, shape, at, _, _, values, count, *site_counts, _) in enumerate(rows):
        offset = (position * _FUNCTION.size + at - counters_at) & _MASK
        if offset + 8 * count > counters:
            raise ValueError(f"counters of function {position} at {offset}, {counters} bytes are there")
        sites, first = [], ((values - base - values_at) & _MASK) // 8
        for kind, number in enumerate(site_counts):
            places = [_slots(data, slots_start, first + index) for index in range(number)]
            sites.append(tuple(_named(place, by_address) if kind == _CALLS else place for place in places))
            first += number
        yield FunctionProfile(
            name=known[name].decode(),
            hash=shape,
            counters=struct.unpack_from(f"<{count}Q", data, counters_start + offset),
            sites=tuple(sites),
        )


def _slots(data: bytes, start: int, site: int) -> Counter[int]:
    if site < 0:
        raise ValueError(f"values of place {site}")
    fields = struct.unpack_from(f"<{2 * _SLOTS}Q", data, start + site * _SLOTS * 16)
    place: Counter[int] = Counter()
    for value, count in zip(fields[::2], fields[1::2], strict=True):
        place[value] += count
    return +place


def _named(place: Counter[int], by_address: dict[int, int]) -> Counter[int]:
    """Functions instead of addresses. 0 is what LLVM calls all that were not instrumented."""
    named: Counter[int] = Counter()
    for address, count in place.items():
        named[by_address.get(address, 0)] += count
    return named


def _names(data: bytes) -> Iterator[bytes]:
    """The names of all compilation units: two lengths (LEB128), plain and packed, then names with \\1 between them."""
    at = total = 0
    while at < len(data):
        plain, at = _leb128(data, at)
        packed, at = _leb128(data, at)
        size = packed or plain
        total += plain
        if at + size > len(data) or total > _LONGEST_NAMES:
            raise ValueError(f"names at {at} of {len(data)}")
        text = data[at : at + size]
        yield from (zlib.decompress(text, bufsize=plain) if packed else text).split(b"\1")
        at += size
        while at < len(data) and data[at] == 0:  # what the linker put in between
            at += 1


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


def _sum(one: FunctionProfile, other: FunctionProfile) -> FunctionProfile:
    # What has the same shape has the same parts; where a digest lies, the first one is as good as none.
    if _parts(one) != _parts(other):
        return one
    counters = tuple(a + b for a, b in zip(one.counters, other.counters, strict=True))
    kinds = zip(one.sites, other.sites, strict=True)
    sites = tuple(tuple(a + b for a, b in zip(mine, theirs, strict=True)) for mine, theirs in kinds)
    return FunctionProfile(name=one.name, hash=one.hash, counters=counters, sites=sites)


def _parts(function: FunctionProfile) -> tuple[int, ...]:
    return (len(function.counters), *(len(places) for places in function.sites))


def digest(name: bytes) -> int:
    """What LLVM calls a function by in profiles: the first half of the MD5 of its name."""
    return int.from_bytes(hashlib.md5(name, usedforsecurity=False).digest()[:8], "little")


def _record(function: FunctionProfile) -> bytes:
    kinds = [(kind, places) for kind, places in enumerate(function.sites) if places]
    values = b"".join(_values(kind, places) for kind, places in kinds)
    count = len(function.counters)
    return (
        struct.pack(f"<QQ{count}QQ", function.hash, count, *function.counters, 0)
        + struct.pack("<II", 8 + len(values), len(kinds))
        + values
    )


def _values(kind: int, places: Sequence[Counter[int]]) -> bytes:
    head = struct.pack("<II", kind, len(places)) + bytes(len(place) for place in places)
    pairs = [pair for place in places for pair in sorted(place.items(), key=lambda item: (-item[1], item[0]))]
    return head + bytes(-len(head) % 8) + b"".join(struct.pack("<QQ", *pair) for pair in pairs)


def _table(entries: dict[bytes, bytes], start: int) -> tuple[bytes, int]:
    """The hash table that will stand at `start` of the file, and where in the file its buckets are."""
    size = 1 if len(entries) <= 2 else 1 << (len(entries) * 4 // 3).bit_length()
    chains: list[list[tuple[int, bytes, bytes]]] = [[] for _ in range(size)]
    for name, content in entries.items():
        hashed = digest(name)
        chains[hashed & (size - 1)].append((hashed, name, content))
    body, offsets = bytearray(), []
    for chain in chains:
        offsets.append(start + len(body) if chain else 0)
        if chain:
            body += struct.pack("<H", len(chain))
        for hashed, name, content in chain:
            body += struct.pack("<QQQ", hashed, len(name), len(content)) + name + content
    body += bytes(-(start + len(body)) % 8)
    buckets = start + len(body)
    body += struct.pack(f"<QQ{size}Q", size, len(entries), *offsets)
    return bytes(body), buckets


def _summary(functions: Sequence[FunctionProfile]) -> bytes:
    """How the counts are spread: what is hot is decided by it."""
    entries = [function.counters[0] for function in functions if function.counters]
    inner = [count for function in functions for count in function.counters[1:]]
    frequency = Counter(entries) + Counter(inner)
    total = sum(entries) + sum(inner)
    fields = (len(functions), len(entries) + len(inner), max(entries, default=0), max((*entries, *inner), default=0),
              max(inner, default=0), total)  # fmt: skip
    rows, ordered = [], sorted((count, times) for count, times in frequency.items())
    sum_so_far = seen = count = 0
    for cutoff in _CUTOFFS:
        wanted = total * cutoff // 1_000_000
        while sum_so_far < wanted and ordered:
            count, times = ordered.pop()
            sum_so_far += count * times
            seen += times
        rows += [cutoff, count, seen]
    return struct.pack(f"<2Q{len(fields)}Q{len(rows)}Q", len(fields), len(_CUTOFFS), *fields, *rows)
