"""Counts of instrumented code are read and added up, and the profile made of them is byte for byte LLVM's format."""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.binary.profile import (
    CountsInvalid,
    FunctionProfile,
    check_profile,
    combined,
    digest,
    read_counts,
    write_profile,
)
from pydist.errors import InputError

VERSION = 10 | 1 << 56
BASE = 0x400000
COUNTERS_AT, VALUES_AT = -0x1000 & (1 << 64) - 1, 0x2000

HOT = FunctionProfile(
    name="a.c;hot",
    hash=7,
    counters=(10, 3),
    sites=((Counter({digest(b"b"): 9, 0: 1}),), (Counter({16: 4}), Counter()), ()),
)
COLD = FunctionProfile(name="b", hash=9, counters=(0,), sites=((), (), ()))


def make_counts(*, names: bytes = b"", version: int = VERSION) -> bytes:
    """What the run time would write for `HOT` and `COLD`: two functions, three counters, three places."""
    plain = b"a.c;hot\1b"
    names = names or bytes([len(plain), 0]) + plain
    function = struct.Struct("<6QI3HxxI")
    rows = [(b"a.c;hot", 7, 0, 2, (1, 2, 0), 0), (b"b", 9, 16, 1, (0, 0, 0), BASE + 0x500)]
    functions = b"".join(
        function.pack(digest(name), shape, (COUNTERS_AT + at - 64 * place) & (1 << 64) - 1, 0, address,
                      BASE + VALUES_AT, count, *sites, 0)
        for place, (name, shape, at, count, sites, address) in enumerate(rows)
    )  # fmt: skip
    slots = [[(0x500, 9), (0x999, 1)], [(16, 3), (16, 1)], []]
    places = b"".join(b"".join(struct.pack("<QQ", *slot) for slot in place).ljust(256, b"\0") for place in slots)
    counters = struct.pack("<3Q", 10, 3, 0)
    header = struct.pack("<9Q", 0x31434F5250594450, version, BASE, COUNTERS_AT, VALUES_AT, len(functions), len(names),
                         len(counters), len(places))  # fmt: skip
    return header + functions + names + bytes(-len(names) % 8) + counters + places


def read_profile(data: bytes) -> dict[str, list[tuple[int, tuple[int, ...], bytes]]]:
    """The functions of a profile, found as the compiler finds them: by the digest of the name, through the buckets."""
    magic, version, _, _, buckets = struct.unpack_from("<5Q", data)
    assert (magic, version) == (0x8169666F72706CFF, 13 | 1 << 56)
    size, entries = struct.unpack_from("<2Q", data, buckets)
    found: dict[str, list[tuple[int, tuple[int, ...], bytes]]] = {}
    for bucket, offset in enumerate(struct.unpack_from(f"<{size}Q", data, buckets + 16)):
        at = offset + 2
        for _ in range(struct.unpack_from("<H", data, offset)[0] if offset else 0):
            key, name_size, content_size = struct.unpack_from("<3Q", data, at)
            name = data[at + 24 : at + 24 + name_size]
            assert (key, key & (size - 1)) == (digest(name), bucket)
            content = data[at + 24 + name_size : at + 24 + name_size + content_size]
            at += 24 + name_size + content_size
            found[name.decode()] = list(_records(content))
    assert len(found) == entries
    return found


def _records(content: bytes):  # type: ignore[no-untyped-def]  # a generator of what read_profile says
    at = 0
    while at < len(content):
        shape, count = struct.unpack_from("<2Q", content, at)
        counters = struct.unpack_from(f"<{count}Q", content, at + 16)
        at += 24 + 8 * count
        size = struct.unpack_from("<I", content, at)[0]
        yield shape, counters, content[at : at + size]
        at += size


def test_counts_are_read_with_functions_in_place_of_addresses_and_repeated_values_added_up() -> None:
    assert read_counts(make_counts(), "x") == [HOT, COLD]


def test_packed_names_with_padding_between_them_are_read() -> None:
    packed = b"".join(
        bytes([len(text), len(zlib.compress(text))]) + zlib.compress(text) + b"\0\0" for text in (b"a.c;hot", b"b")
    )
    assert read_counts(make_counts(names=packed), "x") == [HOT, COLD]


def test_the_counts_of_several_programs_are_added_where_the_code_has_the_same_shape() -> None:
    other = FunctionProfile(name="b", hash=10, counters=(5,), sites=((), (), ()))
    both = combined([HOT, COLD, HOT, other])
    assert [(part.name, part.hash, part.counters) for part in both] == [
        ("a.c;hot", 7, (20, 6)), ("b", 9, (0,)), ("b", 10, (5,)),
    ]  # fmt: skip
    assert both[0].sites[1] == (Counter({16: 8}), Counter())


def test_a_function_can_be_written_without_what_it_called_and_keeps_its_places() -> None:
    assert HOT.without_calls().sites == ((Counter(),), *HOT.sites[1:])
    assert HOT.without_calls().counters == HOT.counters
    assert COLD.without_calls() == COLD


def test_a_profile_holds_every_function_below_its_name() -> None:
    found = read_profile(write_profile(combined([COLD, HOT])))
    assert [(shape, counters) for shape, counters, _ in found["a.c;hot"]] == [(7, (10, 3))]
    assert found["b"] == [(9, (0,), struct.pack("<II", 8, 0))]


def test_the_values_of_a_function_stand_by_kind_and_place_the_most_frequent_first() -> None:
    [(_, _, values)] = read_profile(write_profile([HOT]))["a.c;hot"]
    calls = struct.pack("<IIB7x4Q", 0, 1, 2, digest(b"b"), 9, 0, 1)
    sizes = struct.pack("<IIBB6x2Q", 1, 2, 1, 0, 16, 4)
    assert values == struct.pack("<II", 8 + len(calls) + len(sizes), 2) + calls + sizes


def test_the_summary_says_how_many_counts_make_up_which_part_of_all() -> None:
    fields = struct.unpack_from("<58Q", write_profile(combined([HOT, COLD])), 72)
    assert fields[:8] == (6, 16, 2, 3, 10, 10, 3, 13)
    rows = [fields[8 + 3 * row : 11 + 3 * row] for row in range(16)]
    assert rows[0] == (10_000, 10, 1) or rows[0] == (10_000, 0, 0)
    assert rows[9] == (900_000, 3, 2)
    assert rows[15] == (999_999, 3, 2)


def test_the_order_in_which_counts_come_does_not_change_the_profile() -> None:
    assert write_profile(combined([HOT, COLD])) == write_profile(combined([COLD, HOT]))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no counts"),
        (make_counts(version=11 | 1 << 56), "version"),
        (make_counts(version=10), "version"),
        (make_counts()[:-8], "do not make up"),
        (make_counts(names=b"\x02\0ab"), "no counts"),
    ],
)
def test_what_the_run_time_did_not_write_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CountsInvalid, match=f"x.counts.*{message}"):
        read_counts(data, "x.counts")


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 1200), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes_raise_nothing_but_counts_invalid(changes: list[tuple[int, int]]) -> None:
    data = bytearray(make_counts())
    for position, value in changes:
        data[position % len(data)] = value
    with contextlib.suppress(CountsInvalid):
        write_profile(combined(read_counts(bytes(data), "x")))


def test_our_own_profile_passes_for_one_and_others_say_what_is_wrong() -> None:
    good = write_profile([HOT])
    check_profile(good, "p")
    for data, message in [
        (b"text", "something else"),
        (good[:8] + struct.pack("<Q", 13) + good[16:], "front end"),
        (good[:8] + struct.pack("<Q", 99 | 1 << 56) + good[16:], "format 99"),
    ]:
        with pytest.raises(InputError, match=message):
            check_profile(data, "p")
