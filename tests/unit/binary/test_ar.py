"""Members of static libraries are found in each dialect; damage is `ArInvalid`."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydist.binary.ar import ArInvalid, members
from tests.support.elf import make_ar

CONTENT = {"a.o": b"odd", "a_name_longer_than_fifteen.o": b"even", "another_one_that_is_long.o": b""}


def read(data: bytes) -> list[tuple[str, bytes]]:
    return [(name, bytes(view)) for name, view in members(data)]


def test_gnu_names_long_and_short_are_read_and_the_index_is_left_out() -> None:
    assert read(make_ar(CONTENT)) == list(CONTENT.items())


def test_bsd_names_stand_before_the_content() -> None:
    header = b"%-16s%-32s%-10d`\n" % (b"#1/8", b"0", 12)
    assert read(b"!<arch>\n" + header + b"long.o\0\0data") == [("long.o", b"data")]


@pytest.mark.parametrize("data", [b"", b"!<thin>\n", b"ELF", make_ar(CONTENT)[:-3], make_ar(CONTENT)[:70]])
def test_what_is_no_whole_library_is_invalid(data: bytes) -> None:
    with pytest.raises(ArInvalid):
        read(data)


@pytest.mark.parametrize("name", [b"/\xb2", b"/1\xb9"])
def test_only_decimal_digits_are_a_place_in_the_table_of_names(name: bytes) -> None:
    header = b"%-16s%-32s%-10d`\n" % (name, b"0", 4)
    assert read(b"!<arch>\n" + header + b"data") == [(name.decode("latin-1"), b"data")]


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), min_size=1, max_size=5))
def test_changed_bytes_raise_nothing_but_ar_invalid(changes: list[tuple[int, int]]) -> None:
    data = bytearray(make_ar(CONTENT))
    for position, value in changes:
        data[position % len(data)] = value
    with contextlib.suppress(ArInvalid):
        read(bytes(data))
