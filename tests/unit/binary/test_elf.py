"""ELF facts come out right for both sizes and byte orders, and damaged bytes are `ElfInvalid`."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.binary.elf import ElfFile, ElfInvalid, Type
from pydist.binary.elf_machines import Machine
from tests.support.elf import R, W, X, make_elf

FULL = {
    "interp": "/lib/ld-musl.so.1",
    "needed": ["libc.so.6", "libm.so.6"],
    "soname": "libx.so.1",
    "runpath": "$ORIGIN",
    "needs": [("libc.so.6", ["GLIBC_2.2.5", "GLIBC_2.17"]), ("libm.so.6", ["GLIBC_2.29"])],
    "defined": ["PyInit_x"],
    "undefined": ["malloc"],
}


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("little", [True, False])
def test_every_fact_is_read_in_both_sizes_and_byte_orders(bits: int, little: bool) -> None:
    data = make_elf(bits=bits, little=little, kind=3, machine=183, **FULL)  # type: ignore[arg-type]
    facts = ElfFile.parse(data)
    assert (facts.bits, facts.little_endian, facts.machine, facts.type) == (bits, little, Machine.AARCH64, Type.DYN)
    assert (facts.interp, facts.needed) == ("/lib/ld-musl.so.1", ("libc.so.6", "libm.so.6"))
    assert (facts.soname, facts.rpath, facts.runpath) == ("libx.so.1", None, "$ORIGIN")
    assert [(need.file, need.versions) for need in facts.version_needs] == [
        ("libc.so.6", ("GLIBC_2.2.5", "GLIBC_2.17")),
        ("libm.so.6", ("GLIBC_2.29",)),
    ]
    assert [(symbol.name, symbol.defined) for symbol in facts.symbols(data)] == [
        ("", False),
        ("PyInit_x", True),
        ("malloc", False),
    ]
    assert not facts.is_static


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("headless", [True, False])
def test_versions_are_found_where_the_loader_finds_them(bits: int, headless: bool) -> None:
    facts = ElfFile.parse(make_elf(bits=bits, kind=3, loadable=True, headless=headless, **FULL))  # type: ignore[arg-type]
    assert bool(facts.sections) is not headless
    assert [(need.file, need.versions) for need in facts.version_needs] == [
        ("libc.so.6", ("GLIBC_2.2.5", "GLIBC_2.17")),
        ("libm.so.6", ("GLIBC_2.29",)),
    ]


def test_a_static_program_needs_nothing() -> None:
    facts = ElfFile.parse(make_elf())
    assert facts.is_static
    assert (facts.needed, facts.interp, facts.bind_now, facts.textrel) == ((), None, False, False)


@pytest.mark.parametrize(
    ("stack", "executable"), [(R | W, False), (R | W | X, True), (None, True)], ids=["rw", "rwx", "no header"]
)
def test_an_executable_stack_is_seen(stack: int | None, executable: bool) -> None:
    assert ElfFile.parse(make_elf(stack_flags=stack)).has_executable_stack is executable


@pytest.mark.parametrize(("flags", "executable"), [(0, False), (4, True)])
def test_an_object_asks_for_an_executable_stack_by_its_note(flags: int, executable: bool) -> None:
    data = make_elf(kind=1, sections=[(".note.GNU-stack", flags)])
    assert ElfFile.parse(data).has_executable_stack is executable


def test_a_writable_executable_segment_is_seen() -> None:
    assert ElfFile.parse(make_elf(load_flags=R | W | X)).segments[0].writable_and_executable
    assert not ElfFile.parse(make_elf(load_flags=R | X)).segments[0].writable_and_executable


@pytest.mark.parametrize(
    ("entry", "bind_now", "textrel"),
    [((24, 1), True, False), ((30, 8), True, False), ((0x6FFFFFFB, 1), True, False), ((22, 1), False, True),
     ((30, 4), False, True)],
)  # fmt: skip
def test_dynamic_flags_are_understood(entry: tuple[int, int], bind_now: bool, textrel: bool) -> None:
    facts = ElfFile.parse(make_elf(dynamic=[entry]))
    assert (facts.bind_now, facts.textrel) == (bind_now, textrel)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the running interpreter is no ELF file")
def test_the_running_interpreter_is_read() -> None:
    data = Path(sys.executable).resolve().read_bytes()
    facts = ElfFile.parse(data)
    assert facts.bits == (64 if sys.maxsize > 2**32 else 32)
    assert facts.entry
    names = {symbol.name for symbol in facts.symbols(data)}
    assert len(names) > 10
    known = {version for need in facts.version_needs for version in need.versions}
    used = {symbol.version for symbol in facts.dynamic_symbols(data) if symbol.version}
    assert used <= known
    assert bool(used) is bool(known)


def test_every_truncation_is_invalid_or_read_and_never_worse() -> None:
    data = make_elf(**FULL)  # type: ignore[arg-type]
    for size in range(0, len(data), 7):
        with pytest.raises(ElfInvalid):
            ElfFile.parse(data[:size])


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6))
def test_changed_bytes_raise_nothing_but_elf_invalid(changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(make_elf(**FULL))  # type: ignore[arg-type]
    for position, value in changes:
        start = position % len(data)
        data[start : start + len(value)] = value
    with contextlib.suppress(ElfInvalid):
        facts = ElfFile.parse(bytes(data))
        list(facts.symbols(bytes(data)))
        list(facts.dynamic_symbols(bytes(data)))


def test_the_number_of_segments_may_be_in_a_section_that_is_not_there() -> None:
    data = bytearray(make_elf())
    data[56:58] = b"\xff\xff"
    with contextlib.suppress(ElfInvalid):
        ElfFile.parse(bytes(data))


def test_a_million_symbols_that_share_one_long_name_are_refused_quickly() -> None:
    data = bytearray(make_elf(defined=["n" * 100_000, *["x"] * 20_000]))
    row = bytes(data).index(b"\x01\x00\x00\x00\x12\x00\x01\x00")
    for index in range(20_000):
        data[row + 24 * index : row + 24 * index + 4] = b"\x01\0\0\0"
    facts = ElfFile.parse(bytes(data))
    with pytest.raises(ElfInvalid):
        list(facts.symbols(bytes(data)))
