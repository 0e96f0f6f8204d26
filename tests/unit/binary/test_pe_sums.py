"""Sums over PE files are those that their formats describe, whatever the bytes are."""

from __future__ import annotations

import contextlib
import hashlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.binary.pe import Pe, PeInvalid
from pydist.binary.pe_sums import PeSums
from tests.support.pe import AMD64, I386, make_pe

CHECKSUM = 64 + 24 + 64  # of make_pe, whose mark is at 64


def slow_checksum(data: bytes) -> int:
    """Word by word, with each carry added at once."""
    data = data[:CHECKSUM] + bytes(4) + data[CHECKSUM + 4 :]
    total = 0
    for (word,) in struct.iter_unpack("<H", data + bytes(len(data) & 1)):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    return total + len(data)


@pytest.mark.parametrize("tail", [b"", b"x", b"xy" * 700_001])
def test_the_checksum_is_that_of_all_words_but_its_own(tail: bytes) -> None:
    data = make_pe() + tail
    assert PeSums.of(data).checksum() == slow_checksum(data)


@pytest.mark.parametrize(("bits", "machine", "directory"), [(64, AMD64, 112), (32, I386, 96)])
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_a_certificate_belongs_to_bytes_whose_digest_it_holds(
    bits: int, machine: int, directory: int, algorithm: str
) -> None:
    size = hashlib.new(algorithm).digest_size
    data = make_pe(bits=bits, machine=machine, certificates=[b"head" + bytes(size) + b"tail"])
    place = 64 + 24 + directory + 8 * 4
    start = struct.unpack_from("<I", data, place)[0]
    parts = (data[:CHECKSUM], data[CHECKSUM + 4 : place], data[place + 8 : start])
    digest = hashlib.new(algorithm, b"".join(parts)).digest()
    assert not PeSums.of(data).certified()
    data = data.replace(b"head" + bytes(size), b"head" + digest)
    assert PeSums.of(data).certified()
    assert PeSums.of(data[:CHECKSUM] + b"anyb" + data[CHECKSUM + 4 :]).certified()
    assert not PeSums.of(data[:0x400] + b"\xcc" + data[0x401:]).certified()
    assert not PeSums.of(data + b"behind it").certified()


def test_a_file_without_certificates_has_none() -> None:
    assert not PeSums.of(make_pe()).certified()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 0x400), st.binary(min_size=1, max_size=4)), max_size=6))
def test_changed_bytes_raise_nothing_but_pe_invalid(changes: list[tuple[int, bytes]]) -> None:
    made = bytearray(make_pe(certificates=[b"a certificate"]))
    for place, data in changes:
        made[place : place + len(data)] = data
    with contextlib.suppress(PeInvalid):
        Pe.parse(bytes(made))
        sums = PeSums.of(bytes(made))
        sums.checksum()
        sums.certified()
