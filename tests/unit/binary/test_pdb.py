"""A PDB tells which program it belongs to; damaged bytes are `PdbInvalid`."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.binary.pdb import PdbFile, PdbInvalid
from pydist.binary.pe import Pe
from tests.support.pe import GUID, make_pdb
from tests.support.zig import compiled


@pytest.mark.parametrize(("streams", "first"), [(2, 0), (3, 600), (3, 0xFFFFFFFF), (300, 100_000)])
def test_the_identity_is_found_behind_any_directory(streams: int, first: int) -> None:
    facts = PdbFile.parse(make_pdb(streams=streams, first=first))
    assert facts == PdbFile(guid=str(GUID), age=3, timestamp=0x5F000000)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a PDB"),
        (b"MZ" + bytes(100), "not a PDB"),
        (make_pdb()[:40], "the super block"),
        (make_pdb()[:32] + struct.pack("<I", 500) + make_pdb()[36:], "blocks of 500 bytes"),
        (make_pdb()[:52] + struct.pack("<I", 1 << 31) + make_pdb()[56:], "the directory's blocks"),
        (make_pdb()[:1700], "the directory of streams|the identity"),
        (make_pdb()[:1536] + struct.pack("<I", 1) + make_pdb()[1540:], "1 streams"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(PdbInvalid, match=words):
        PdbFile.parse(data)


@settings(max_examples=300, deadline=2000)
@given(st.lists(st.tuples(st.integers(0, 2600), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6))
def test_changed_bytes_raise_nothing_but_pdb_invalid(changes: list[tuple[int, bytes]]) -> None:
    made = bytearray(make_pdb())
    for position, value in changes:
        made[position : position + len(value)] = value
    with contextlib.suppress(PdbInvalid):
        PdbFile.parse(made)


def test_a_program_of_the_toolchain_and_its_pdb_belong_together(tmp_path: Path) -> None:
    program = Pe.parse(compiled(tmp_path, "x86_64-windows-gnu", "-shared", "-g"))
    assert program.debug.pdb is not None
    (path,) = tmp_path.glob("*.pdb")
    assert program.debug.pdb.path.endswith(path.name)
    assert PdbFile.parse(path.read_bytes()).guid == program.debug.pdb.guid
