"""COFF objects and members of import libraries are read; damaged bytes are `CoffInvalid`."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.binary import ar
from pydist.binary.coff import Coff, CoffInvalid, Form, ImportKind, ImportMember, read_member
from tests.support.pe import AMD64, ARM64, I386, LTCG_CLASS, make_coff, make_import
from tests.support.zig import NEEDED, compiled, run

FULL: dict[str, Any] = {
    "sections": [(".text", b"\xc3"), (".drectve", b" /EXPORT:PyInit_x "), (".debug_info_of_more", b"debug")],
    "defined": ["f", "PyInit_with_a_long_name"],
    "undefined": ["malloc", "PyObject_GetAttrString"],
    "weak": ["weak_one"],
    "common": ["room_for_something"],
    "static": [".file", "local"],
}


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("sixty_four", [False, True])
def test_every_fact_of_an_object_is_read_in_both_layouts(big: bool, sixty_four: bool) -> None:
    data = make_coff(big=big, sixty_four=sixty_four, machine=ARM64, **FULL)
    facts = Coff.parse(data)
    assert (facts.form, facts.machine) == (Form.BIG if big else Form.OBJECT, ARM64)
    assert [(item.name, item.size) for item in facts.sections] == [
        (".text", 1),
        (".drectve", 18),
        (".debug_info_of_more", 5),
    ]
    assert facts.directives(data) == "/EXPORT:PyInit_x"
    symbols = {symbol.name: symbol for symbol in facts.symbols(data)}
    assert symbols.keys() == {*FULL["defined"], *FULL["undefined"], *FULL["weak"], *FULL["common"]}
    assert [name for name, symbol in symbols.items() if not symbol.defined] == [*FULL["undefined"], "weak_one"]
    assert [name for name, symbol in symbols.items() if symbol.weak] == ["weak_one"]
    assert [name for name, symbol in symbols.items() if symbol.common] == ["room_for_something"]


def test_an_object_without_symbols_or_directives_has_none() -> None:
    data = struct.pack("<HHIIIHH", AMD64, 0, 7, 0, 0, 0, 0)
    facts = Coff.parse(data)
    assert (facts.sections, list(facts.symbols(data)), facts.directives(data), facts.timestamp) == ((), [], "", 7)


def test_link_time_code_says_only_for_which_machine_it_is() -> None:
    for identity, form in ((LTCG_CLASS.bytes_le, Form.LINK_TIME_CODE), (bytes(16), Form.ANONYMOUS)):
        data = struct.pack("<4sHHI16sI", b"\0\0\xff\xff", 1, AMD64, 0, identity, 0) + b"opaque"
        facts = Coff.parse(data)
        assert (facts.form, facts.machine, facts.sections, list(facts.symbols(data))) == (form, AMD64, (), [])


@pytest.mark.parametrize(
    ("by", "symbol", "name", "ordinal"),
    [
        (0, "f", None, 9),
        (1, "_f", "_f", None),
        (2, "_f@8", "f@8", None),
        (3, "_f@8", "f", None),
        (4, "f", "real", None),
    ],
)
def test_a_member_of_an_import_library_says_what_is_imported(
    by: int, symbol: str, name: str | None, ordinal: int | None
) -> None:
    facts = read_member(make_import(symbol, "a.dll", machine=I386, by=by, hint=9, other="real" if by == 4 else ""))
    assert isinstance(facts, ImportMember)
    assert (facts.machine, facts.symbol, facts.library) == (I386, symbol, "a.dll")
    assert (facts.imported_name, facts.ordinal) == (name, ordinal)


def test_data_is_imported_by_its_pointer_alone() -> None:
    assert ImportMember.parse(make_import("datum", "a.dll", kind=ImportKind.DATA)).defines == ("__imp_datum",)
    assert ImportMember.parse(make_import("f", "a.dll")).defines == ("__imp_f", "f")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file header"),
        (make_import("f", "a.dll"), "not an object"),
        (struct.pack("<HHIIIHH", AMD64, 9, 0, 0, 0, 0, 0), "the sections"),
        (struct.pack("<HHIIIHH", AMD64, 0, 0, 4, 1 << 30, 0, 0), "the symbol table"),
        (struct.pack("<HHIIIHH", AMD64, 0, 0, 0, 0, 240, 0), "optional header of 240 bytes"),
        (make_coff(defined=["f"])[:-2] + b"\xff\xff", "the string table"),
        (make_coff(sections=[("/99999", b"")]), "a section's name"),
        (make_coff(sections=[("/9x", b"")]), "a section's name"),
        (make_coff(sections=[("//AA*AA", b"")]), "a section's name"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(CoffInvalid, match=words):
        Coff.parse(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (make_import("f", "a.dll")[:-1], "expected"),
        (make_coff(), "not a member"),
        (struct.pack("<4sHHIIHH", b"\0\0\xff\xff", 0, AMD64, 0, 2, 0, 4) + b"f\0", "without the names"),
    ],
)
def test_a_damaged_member_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(CoffInvalid, match=words):
        ImportMember.parse(data)


def read_all(data: bytes) -> None:
    """Everything that the reader can tell."""
    with contextlib.suppress(CoffInvalid):
        facts = read_member(data)
        if isinstance(facts, Coff):
            with contextlib.suppress(CoffInvalid):
                facts.directives(data)
            for _ in facts.symbols(data):
                pass


def test_every_truncation_is_invalid_or_read_and_never_worse() -> None:
    for data in (make_coff(**FULL), make_coff(**FULL, big=True), make_import("f", "a.dll", by=4, other="g")):
        for size in range(len(data)):
            read_all(data[:size])


@settings(max_examples=500, deadline=2000)
@given(
    st.sampled_from([make_coff(**FULL), make_coff(**FULL, big=True), make_import("f", "a.dll", by=4, other="g")]),
    st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6),
)
def test_changed_bytes_raise_nothing_but_coff_invalid(data: bytes, changes: list[tuple[int, bytes]]) -> None:
    made = bytearray(data)
    for position, value in changes:
        start = position % len(made)
        made[start : start + len(value)] = value
    read_all(bytes(made))


@pytest.mark.parametrize(("target", "machine"), [("x86_64-windows-gnu", AMD64), ("aarch64-windows-gnu", ARM64)])
def test_an_object_of_the_toolchain_is_read(tmp_path: Path, target: str, machine: int) -> None:
    data = compiled(tmp_path, target, "-c", "-DOBJECT")
    facts = Coff.parse(data)
    assert (facts.machine, facts.form) == (machine, Form.OBJECT)
    symbols = {symbol.name: symbol.defined for symbol in facts.symbols(data)}
    assert symbols.items() >= {"exported": True, "data": True, "caller": True, "other": False}.items()
    assert "-export:exported" in facts.directives(data)


def test_an_import_library_of_the_toolchain_is_read(tmp_path: Path) -> None:
    (tmp_path / "needed.def").write_text(NEEDED, encoding="utf-8")
    run(tmp_path, "dlltool", "-m", "i386:x86-64", "-d", "needed.def", "-l", "needed.lib")
    found = [read_member(data) for _, data in ar.members((tmp_path / "needed.lib").read_bytes())]
    members = [item for item in found if isinstance(item, ImportMember)]
    assert [(item.symbol, item.kind, item.ordinal) for item in members] == [
        ("other", ImportKind.CODE, None),
        ("datum", ImportKind.DATA, None),
        ("by_number", ImportKind.CODE, 7),
    ]
    assert {(item.machine, item.library) for item in members} == {(AMD64, "needed.dll")}
    assert {item.machine for item in found if isinstance(item, Coff)} == {AMD64}
