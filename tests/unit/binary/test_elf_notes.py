"""GNU properties are read from files of either width and byte order; damaged ones are refused."""

from __future__ import annotations

import struct

import pytest

from pydist.binary.elf import ElfFile, ElfInvalid
from pydist.binary.elf_notes import Properties, read_build_id, read_properties
from tests.support.elf import make_elf

X86, ARM, NEEDED = 0xC0000002, 0xC0000000, 0xC0008002


@pytest.mark.parametrize(("bits", "little"), [(64, True), (64, False), (32, True)])
def test_all_properties_of_a_note_are_read(bits: int, little: bool) -> None:
    elf = ElfFile.parse(make_elf(bits=bits, little=little, properties=[(X86, 3), (NEEDED, 4)]))
    assert elf.properties == Properties(x86_features=3, x86_needed=4)
    assert elf.properties.level == 3


def test_the_same_number_means_something_else_on_another_processor() -> None:
    assert ElfFile.parse(make_elf(properties=[(ARM, 1)])).properties == Properties(arm_features=1)


def test_files_without_a_note_promise_nothing() -> None:
    assert ElfFile.parse(make_elf()).properties == Properties()
    assert Properties().level is None


def test_foreign_notes_are_passed_over() -> None:
    foreign = struct.pack("<III", 4, 4, 1) + b"Go\0\0" + bytes(8)
    good = struct.pack("<III", 4, 16, 5) + b"GNU\0" + struct.pack("<IIQ", X86, 4, 1)
    assert read_properties(foreign + good, bits=64, little=True) == Properties(x86_features=1)


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<III", 4, 100, 5) + b"GNU\0" + bytes(16),
        struct.pack("<III", 0xFFFFFFFF, 0, 5) + b"GNU\0" + bytes(16),
        struct.pack("<III", 4, 16, 5) + b"GNU\0" + struct.pack("<IIQ", X86, 64, 1),
    ],
    ids=["note", "name", "property"],
)
def test_sizes_that_leave_the_note_are_refused(data: bytes) -> None:
    with pytest.raises(ElfInvalid):
        read_properties(data, bits=64, little=True)


def test_a_position_independent_program_is_one_with_a_loader_or_with_its_flag() -> None:
    assert ElfFile.parse(make_elf(kind=3, interp="/lib/ld.so")).pie
    assert ElfFile.parse(make_elf(kind=3, dynamic=[(0x6FFFFFFB, 0x08000000)])).pie
    assert not ElfFile.parse(make_elf(kind=3, needed=["libc.so.6"])).pie
    assert not ElfFile.parse(make_elf(kind=2, interp="/lib/ld.so")).pie


@pytest.mark.parametrize("little", [True, False])
def test_the_build_id_is_read(little: bool) -> None:
    assert ElfFile.parse(make_elf(little=little, build_id=bytes(range(20)))).build_id == bytes(range(20)).hex()
    assert ElfFile.parse(make_elf(little=little)).build_id is None


def test_the_build_id_is_found_behind_other_notes_and_damage_hides_it() -> None:
    other = struct.pack("<III", 4, 5, 3) + b"Go\0\0" + bytes(8)
    good = struct.pack("<III", 4, 2, 3) + b"GNU\0" + b"\xab\xcd\0\0"
    assert read_build_id(other + good, little=True) == "abcd"
    assert read_build_id(struct.pack("<III", 4, 1 << 31, 1) + b"GNU\0" + good, little=True) is None
    assert read_build_id(good[:-3], little=True) is None
    assert read_build_id(b"", little=True) is None
