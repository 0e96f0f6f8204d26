"""The application manifest is found among resources, and damaged resources are `PeInvalid`."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.binary.pe import Pe, PeInvalid
from tests.support.pe import I386, make_pe

TEXT = "<assembly>größer</assembly>"
TABLES = 0x400 + 32  # of a file with nothing but a manifest: behind its text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(("bits", "machine"), [(64, 0x8664), (32, I386)])
def test_the_manifest_is_read_in_both_sizes_and_encodings(encoding: str, bits: int, machine: int) -> None:
    assert Pe.parse(make_pe(bits=bits, machine=machine, manifest=TEXT.encode(encoding))).manifest == TEXT


def test_a_file_without_resources_or_with_others_has_none() -> None:
    assert Pe.parse(make_pe()).manifest is None
    assert Pe.parse(make_pe(manifest=b"an icon", manifest_type=3)).manifest is None


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        (TABLES + 20, 24, "a manifest without a name or a language"),
        (TABLES + 44, 48, "a manifest without a name or a language"),
        (TABLES + 14, 0xFFFF, "a table of resources"),
        (TABLES + 20, 0x80FFFFFF, "a table of resources"),
        (TABLES + 68, 0xFFFFFF, "the manifest"),
        (TABLES + 76, 1 << 21, "a manifest of 2,097,152 bytes"),
        (TABLES + 76, 1 << 20, "the manifest"),
        (TABLES + 72, 0x900000, "the manifest"),
    ],
)
def test_what_cannot_be_is_refused(at: int, value: int, words: str) -> None:
    data = make_pe(manifest=TEXT.encode())
    assert int.from_bytes(data[TABLES + 16 : TABLES + 20], "little") == 24
    size = 2 if at == TABLES + 14 else 4
    with pytest.raises(PeInvalid, match=words):
        Pe.parse(data[:at] + value.to_bytes(size, "little") + data[at + size :])


def test_tables_that_lead_back_end() -> None:
    data = make_pe(manifest=TEXT.encode())
    looped = data[: TABLES + 20] + (1 << 31).to_bytes(4, "little") + data[TABLES + 24 :]
    with contextlib.suppress(PeInvalid):
        assert Pe.parse(looped).manifest is None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0x400, 0x500), st.binary(min_size=1, max_size=4)), max_size=6))
def test_changed_bytes_raise_nothing_but_pe_invalid(changes: list[tuple[int, bytes]]) -> None:
    made = bytearray(make_pe(manifest=TEXT.encode()))
    for place, data in changes:
        made[place : place + len(data)] = data
    with contextlib.suppress(PeInvalid):
        Pe.parse(bytes(made))
