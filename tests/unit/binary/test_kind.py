"""A file's kind follows from its first bytes."""

from __future__ import annotations

import gzip
import lzma

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pydist.binary.kind import HEAD_SIZE, Kind, kind_of
from tests.support.elf import make_ar, make_elf
from tests.support.macho import ARM64, X86_64, make_fat, make_macho
from tests.support.pe import make_coff, make_import, make_pdb, make_pe


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (make_elf(), Kind.ELF),
        (make_ar({}), Kind.AR),
        (b"BC\xc0\xde....", Kind.BITCODE),
        (b"\xcf\xfa\xed\xfe....", Kind.MACHO),
        (b"MZ\x90\0", Kind.PE),
        (b"\x64\x86\x05\x00" + bytes(16), Kind.COFF),
        (gzip.compress(b""), Kind.GZIP),
        (lzma.compress(b""), Kind.XZ),
        (zstandard.compress(b""), Kind.ZSTD),
        (b"#!/bin/sh\n", Kind.SCRIPT),
        (bytes(257) + b"ustar\0" + bytes(249), Kind.TAR),
        (b"\xca\xfe\xba\xbe\0\0\0\x02", Kind.MACHO),
        (make_fat([(X86_64, b"a"), (ARM64, b"b")]), Kind.MACHO),
        (make_fat([(X86_64, b"a"), (ARM64, b"b")], wide=True), Kind.MACHO),
        (make_macho(), Kind.MACHO),
        (make_macho(bits=32, little=False), Kind.MACHO),
        (b"\xca\xfe\xba\xbe\0\0\0\x2d", Kind.OTHER),  # Java 1.1
        (b"\xca\xfe\xba\xbe\0\3\0\x2d", Kind.OTHER),  # Java 1.0
        (b"\xca\xfe\xba\xbe\0\0\0\x34", Kind.OTHER),
        (b"\xca\xfe\xba\xbe\0\0\0\0", Kind.OTHER),
        (make_pe(), Kind.PE),
        (make_pdb(), Kind.PDB),
        (make_coff(), Kind.COFF),
        (make_coff(big=True), Kind.COFF),
        (make_import("f", "a.dll"), Kind.COFF),
        (b"\x64\x86\0\x20" + bytes(16) + b".text", Kind.COFF),
        (b"\x64\x86\0\x20" + bytes(16) + b"words", Kind.OTHER),
        (b"import sys\n", Kind.OTHER),
        (b"", Kind.OTHER),
    ],
)
def test_each_format_is_known_by_its_head(data: bytes, kind: Kind) -> None:
    assert kind_of(data[:HEAD_SIZE]) is kind


@given(st.binary(max_size=HEAD_SIZE))
def test_any_bytes_have_a_kind(data: bytes) -> None:
    assert kind_of(data) in Kind
