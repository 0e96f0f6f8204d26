"""Undefined symbols are followed as a linker follows them; what no listed library has, but another one, is an error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pydist.binary.kind import Kind
from pydist.validate import choose, validate
from pydist.validate.binary_facts import Budget, examine
from pydist.validate.families import symbols
from tests.support import tiny
from tests.support.elf import make_ar, make_elf

MODULE = "python/build/Modules/zlibmodule.o"
CORE = "python/build/Python/core.o"


def lib(name: str) -> str:
    return f"python/build/lib/lib{name}.a"


def obj(*defined: str, needs: str = "", weak: str = "") -> bytes:
    return make_elf(kind=1, defined=defined, undefined=needs.split(), weak=weak.split())


def listed(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "path_static": f"build/lib/lib{name}.a"} for name in names]


def lacking(
    tmp_path: Path,
    members: Mapping[str, bytes | tuple[str, str]],
    links: list[dict[str, Any]],
    core_links: list[dict[str, Any]] | None = None,
    io_links: list[dict[str, Any]] | None = None,
) -> list[tuple[str, str]]:
    """Places and messages of the rule, for a module `zlib` with these links."""

    def change(manifest: dict[str, Any], content: tiny.Members) -> None:
        content.update(members)
        build = manifest["build_info"]
        build["extensions"]["zlib"][0]["links"] = links
        build["core"]["links"] += core_links or []
        build["extensions"]["_io"][0]["links"] = io_links or []

    path = tiny.pack(tmp_path / "a.tar", tiny.distribution(change))
    report = validate(path, rules=choose(["measured.symbols"]), run=False)
    return [(finding.where, finding.message) for finding in report.findings]


def test_a_library_that_a_listed_one_needs_has_to_be_listed(tmp_path: Path) -> None:
    members = {
        lib("z"): make_ar({"inflate.o": obj("inflate", needs="crc adler memcpy")}),
        lib("crc"): make_ar({"crc.o": obj("crc"), "adler.o": obj("adler")}),
    }
    ((where, message),) = lacking(tmp_path, members, listed("z"))
    assert where == "build_info.extensions.zlib[0].links"
    assert "'adler', 'crc' of 'build/lib/libcrc.a'" in message
    assert lacking(tmp_path, members, listed("z", "crc")) == []
    assert lacking(tmp_path, members, listed("crc", "z")) == []


def test_libraries_of_the_core_and_of_modules_in_it_serve_every_module(tmp_path: Path) -> None:
    members = {
        lib("z"): make_ar({"inflate.o": obj("inflate", needs="crc")}),
        lib("crc"): make_ar({"crc.o": obj("crc")}),
    }
    assert lacking(tmp_path, members, listed("z"), core_links=listed("crc")) == []
    assert lacking(tmp_path, members, listed("z"), io_links=listed("crc")) == []


def test_what_the_core_itself_lacks_is_said_of_the_core(tmp_path: Path) -> None:
    members = {CORE: obj("PyInit__io", needs="crc"), lib("crc"): make_ar({"crc.o": obj("crc")})}
    assert [where for where, _ in lacking(tmp_path, members, listed("z"))] == ["build_info.core.links"]
    assert lacking(tmp_path, members, listed("z"), core_links=listed("crc")) == []


def test_members_that_nothing_needs_need_nothing(tmp_path: Path) -> None:
    members = {
        lib("z"): make_ar({"inflate.o": obj("inflate"), "gzip.o": obj("gzip", needs="crc")}),
        lib("crc"): make_ar({"crc.o": obj("crc")}),
    }
    assert lacking(tmp_path, members, listed("z")) == []


def test_weak_symbols_and_those_that_no_library_defines_are_not_missing(tmp_path: Path) -> None:
    members = {
        MODULE: obj("PyInit_zlib", needs="inflate printf", weak="crc"),
        lib("crc"): make_ar({"crc.o": obj("crc")}),
    }
    assert lacking(tmp_path, members, listed("z")) == []


def test_what_the_objects_or_the_core_define_is_not_looked_for_in_libraries(tmp_path: Path) -> None:
    members = {
        MODULE: obj("PyInit_zlib", "own", needs="inflate Py_Initialize"),
        lib("z"): make_ar({"inflate.o": obj("inflate", needs="own Py_Initialize")}),
        lib("other"): make_ar({"o.o": obj("own", "Py_Initialize")}),
    }
    assert lacking(tmp_path, members, listed("z")) == []


def test_a_library_of_the_system_is_not_the_one_in_the_archive(tmp_path: Path) -> None:
    assert lacking(tmp_path, {}, [{"name": "z", "system": True}]) == []
    assert lacking(tmp_path, {}, [{"name": "y", "system": True}]) != []


def test_members_that_need_each_other_come_to_an_end(tmp_path: Path) -> None:
    members = {lib("z"): make_ar({"a.o": obj("inflate", needs="b"), "b.o": obj("b", needs="inflate lost")})}
    members[lib("other")] = make_ar({"o.o": obj("lost")})
    assert len(lacking(tmp_path, members, listed("z"))) == 1


def test_an_archive_made_to_be_followed_for_long_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbols, "_STEPS", 50)
    members = {
        lib("z"): make_ar({f"{n}.o": obj("inflate" if n == 0 else f"s{n}", needs=f"s{n + 1}") for n in range(99)})
    }
    assert [where for where, _ in lacking(tmp_path, members, listed("z"))] == ["build_info"]


def test_a_symbol_of_very_many_libraries_counts_as_many_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbols, "_STEPS", 1_800)
    members: tiny.Members = {
        lib("z"): make_ar({"a.o": obj("inflate", needs="lost")}),
        lib("a"): make_ar({"a.o": obj("lost")}),
    }
    members |= {lib(f"a{number}"): ("hard", lib("a")) for number in range(1_000)}
    assert [where for where, _ in lacking(tmp_path, members, listed("z"))] == ["build_info"]


def test_names_of_all_symbols_together_are_bounded() -> None:
    budget = Budget(left=1000)
    assert examine(Kind.ELF, obj("a", "b"), budget).fault is None
    assert "symbol names" in str(examine(Kind.AR, make_ar({"a.o": obj("x" * 900)}), budget).fault)
