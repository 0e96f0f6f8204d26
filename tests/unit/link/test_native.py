"""What shared objects of an application need is loaded before them, and found under the name they ask for."""

from __future__ import annotations

from typing import Any

import pytest

from pydist.binary.elf import ElfFile
from pydist.binary.elf_edit import ElfUnfit
from pydist.link.image import NAME_ROOM
from pydist.link.native import Bound, bind, read_native
from tests.support.elf import make_elf


def library(*needed: str, soname: str | None = None, **changes: Any) -> bytes:
    given: dict[str, Any] = {"kind": 3, "needed": needed, "soname": soname, "runpath": "$ORIGIN", "loadable": True}
    return make_elf(**given | changes)


def bound(files: dict[str, bytes]) -> Bound:
    native = {path: read_native(path, data) for path, data in files.items()}
    return bind({path: item for path, item in native.items() if item}, files)


def order(files: dict[str, bytes], path: str) -> list[str]:
    return next((list(row.needed) for row in bound(files).needs if row.path == path), [])


def test_what_is_needed_comes_first_at_any_depth() -> None:
    files = {
        "m.so": library("a", "b"), "a": library("c", soname="a"), "b": library(soname="b"),
        "c": library("b", "libc.so.6", soname="c"),
    }  # fmt: skip
    assert order(files, "m.so") == ["b", "c", "a"]
    assert (order(files, "b"), bound(files).changed) == ([], {})


def test_libraries_that_need_each_other_come_after_what_any_of_them_needs() -> None:
    files = {
        "m.so": library("a"), "a": library("b", "x", soname="a"), "b": library("a", "y", soname="b"),
        "x": library(soname="x"), "y": library("x", soname="y"),
    }  # fmt: skip
    assert order(files, "m.so") == ["x", "y", "a", "b"]
    assert order(files, "a") == ["x", "y", "b"]


def test_libraries_that_need_each_other_get_room_for_each_others_names_and_nothing_else_does() -> None:
    files = {
        "m.so": library("a"), "a": library("b", "x", soname="a"), "b": library("c", soname="b"),
        "c": library("a", soname="c"), "x": library(soname="x"),
    }  # fmt: skip
    made = bound(files)
    assert sorted(made.changed) == ["a", "b", "c"]
    rows = {row.path: row.names for row in made.needs}
    assert {path: list(names) for path, names in rows.items()} == {"a": ["b"], "b": ["c"], "c": ["a"], "m.so": []}
    at = rows["a"]["b"]
    assert made.changed["a"][at : at + NAME_ROOM] == b"b".ljust(NAME_ROOM, b"\0")
    assert ElfFile.parse(made.changed["a"]).needed == ("b", "x")


def test_a_library_that_needs_itself_is_left_alone() -> None:
    made = bound({"a": library("a", soname="a")})
    assert (made.needs, made.changed) == ((), {})


@pytest.mark.parametrize("soname", [None, "other.so.1"])
def test_a_library_that_has_another_soname_is_named_by_path(soname: str | None) -> None:
    made = bound({"m.so": library("a"), "a": library(soname=soname)})
    assert [(row.path, list(row.names)) for row in made.needs] == [("m.so", ["a"])]


def test_of_two_libraries_with_one_soname_each_file_gets_its_own() -> None:
    files = {
        "p/m.so": library("a"), "p/a": library("libm.so.6", soname="a"),
        "q/m.so": library("a"), "q/a": library(soname="a"),
    }  # fmt: skip
    made = bound(files)
    assert {row.path: list(row.names) for row in made.needs} == {"p/m.so": ["p/a"], "q/m.so": ["q/a"]}
    files["q/a"] = files["p/a"]  # then one serves both, as it would from folders
    assert bound(files).changed == {}


def test_a_file_without_room_is_named() -> None:
    name = "n" * 200
    with pytest.raises(ElfUnfit, match=r"m.so cannot be told where nnn.*too few"):
        bound({"m.so": library(name), name: library(soname="other")})
