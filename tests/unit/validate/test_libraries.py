"""Rules about libraries: each is violated by one change to a conforming distribution, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydist.validate import choose, validate
from tests.support import tiny, tiny_gnu, trees
from tests.support.elf import make_ar, make_elf
from tests.support.proven import LIBRARIES
from tests.support.tiny_gnu import EXE, LIBRARY, MODULE, library, module, program

Change = Callable[[dict[str, Any], tiny.Members], None]
OBJECT = make_elf(kind=1, defined=["f"])
UNINDEXED = make_ar({"a.o": OBJECT}).replace(b"%-16s" % b"/", b"%-16s" % b"a.txt/", 1)
TCL = "python/install/lib/libtcl9.0.so"
LINKS = {"needed": ["libc.so.6", "libtcl9.0.so"], "runpath": "$ORIGIN/../.."}
DEBUG = "python/install/lib/.build-id"


def member(name: str, data: bytes) -> Change:
    return lambda _, content: content.update({name: data})


def with_tcl(**about: Any) -> Change:
    """The module needs a library of the archive, and the manifest says so."""

    def change(manifest: dict[str, Any], content: tiny.Members) -> None:
        extension = manifest["build_info"]["extensions"]["_tkinter"][0]
        extension["links"] = [*extension["links"], {"name": "tcl9.0", "system": True}]
        content[MODULE] = module(**LINKS, undefined=["PyList_New", "memcpy", "Tcl_Init"], versioned=["memcpy"])
        good: dict[str, Any] = {"soname": "libtcl9.0.so", "defined": ["Tcl_Init"], "undefined": [], "versioned": []}
        content[TCL] = library(**good | about)

    return change


def undeclared(manifest: dict[str, Any], content: tiny.Members) -> None:
    with_tcl()(manifest, content)
    manifest["build_info"]["extensions"]["_tkinter"][0]["links"].pop()


def apart(known: bytes, recorded: str, change: Change = lambda _manifest, _members: None) -> Change:
    """All linked files have a build-id, and there is debugging information for one."""

    def made(manifest: dict[str, Any], content: tiny.Members) -> None:
        content |= {EXE: program(build_id=known), LIBRARY: library(build_id=b"ab"), MODULE: module(build_id=b"cd")}
        content[f"{DEBUG}/{recorded[:2]}/{recorded[2:]}.debug"] = b"debug"
        change(manifest, content)

    return made


CHANGES: list[tuple[str, str, Change]] = [
    (
        "binary.archive-member",
        "build/lib/libx.a",
        member("python/build/lib/libx.a", make_ar({"a.o": OBJECT, "b": b"text"})),
    ),
    (
        "binary.mixed-archive",
        "build/lib/libx.a",
        member("python/build/lib/libx.a", make_ar({"a.o": OBJECT, "b.o": b"BC\xc0\xde"})),
    ),
    ("linked.gone", EXE, member(EXE, program(undefined=["__stack_chk_fail", "__memcpy_chk", "pthread_yield"],
                                             versioned=["__stack_chk_fail", "__memcpy_chk", "pthread_yield"]))),
    ("linked.static-tls", MODULE, member(MODULE, module(dynamic=[(tiny_gnu.FLAGS_1, 1), (30, 16)]))),
    ("linked.soname", TCL, with_tcl(soname="libtcl9.so")),
    ("linked.provided", MODULE, with_tcl(defined=["Tcl_Other"])),
    ("linked.declared", MODULE, undeclared),
    ("linked.build-id", MODULE, apart(b"\1\2\3", "010203", member(MODULE, module()))),
    ("linked.debug-file", f"{DEBUG}/99/9999.debug", apart(b"\1\2\3", "999999")),
]  # fmt: skip


def findings(path: Path) -> list[tuple[str, str]]:
    families = ["archive", "binary", "linked", "manifest", "measured", "record", "shared"]
    return [(item.rule, item.where) for item in validate(path, rules=choose(families), run=False).findings]


@pytest.mark.parametrize(("rule", "where", "change"), CHANGES, ids=[row[0] for row in CHANGES])
def test_a_change_is_found_by_its_rule_alone(tmp_path: Path, rule: str, where: str, change: Change) -> None:
    path = tiny.pack(tmp_path / "a.tar", tiny_gnu.distribution(change))
    assert findings(path) == [(rule, where.removeprefix("python/"))]


@pytest.mark.parametrize(
    "change",
    [with_tcl(), apart(b"\1\2\3", "010203"), member(TCL, library(soname="libpython3.so", needed=[]))],
    ids=["library of the archive", "debugging information", "soname of libpython3"],
)
def test_a_conforming_distribution_with_libraries_has_no_findings(tmp_path: Path, change: Change) -> None:
    found = findings(tiny.pack(tmp_path / "a.tar", tiny_gnu.distribution(change)))
    assert [rule for rule, _ in found if rule != "linked.soname"] == []


def test_a_static_library_without_an_index_is_found(tmp_path: Path) -> None:
    path = tiny.pack(tmp_path / "a.tar", tiny_gnu.distribution(member("python/build/lib/libx.a", UNINDEXED)))
    assert ("binary.archive-index", "build/lib/libx.a") in findings(path)


def test_a_file_that_needs_more_than_the_usual_glibc_is_found(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], content: tiny.Members) -> None:
        manifest["crt_features"] = ["glibc-dynamic", "glibc-max-symbol-version:2.34"]
        content[EXE] = program(needs=[("libc.so.6", ["GLIBC_2.34"])])

    path = tiny.pack(tmp_path / "a.tar", tiny_gnu.distribution(change, {"glibc_floor": "2.34"}))
    assert findings(path) == [("linked.floor", EXE.removeprefix("python/"))]


LEAKS = {"defined": [*tiny_gnu.API, "SSL_CTX_new"]}
WITHOUT: list[tuple[str, str, dict[str, bytes]]] = [
    ("linked.module", "lib/python3.14/lib-dynload/_x.cpython-314-x86_64-linux-gnu.so", {"": module(defined=["init"])}),
    ("linked.api", "lib/libpython3.14.so.1.0", {"": library(defined=tiny_gnu.API[1:])}),
    ("linked.leaked", "lib/libpython3.14.so.1.0", {"": library(**LEAKS)}),
]


@pytest.mark.parametrize(("rule", "name", "data"), WITHOUT, ids=[row[0] for row in WITHOUT])
def test_what_files_offer_is_judged_without_a_manifest(
    tmp_path: Path, rule: str, name: str, data: dict[str, bytes]
) -> None:
    tree = trees.unix() | {"bin/python3.14": trees.elf(glibc="GLIBC_2.17"), name: data[""]}
    found = [row for row in findings(trees.tar(tmp_path / "a.tar.gz", tree)) if row[0] != "linked.unresolved"]
    assert found == [(rule, name)]


def needs_in_many_folders() -> tiny.Members:
    """One module that needs 500 libraries and looks into 500 folders for each."""
    names = [f"l{number}.so" for number in range(500)]
    return {MODULE: module(needed=names, runpath=":".join(["$ORIGIN/none"] * 500))}


def chain_of_libraries() -> tiny.Members:
    """700 libraries, of which each needs the next."""
    folder = MODULE.rpartition("/")[0]
    return {
        f"{folder}/l{number}.so": module(soname=f"l{number}.so", needed=[f"l{number + 1}.so"], runpath="$ORIGIN")
        for number in range(700)
    }


@pytest.mark.parametrize(
    ("rule", "made"), [("linked.needed", needs_in_many_folders), ("linked.provided", chain_of_libraries)]
)
def test_looking_for_libraries_ends_in_archives_that_are_made_to_take_for_ever(
    tmp_path: Path, rule: str, made: Callable[[], tiny.Members]
) -> None:
    path = tiny.pack(tmp_path / "a.tar", tiny_gnu.distribution(lambda _, content: content.update(made())))
    report = validate(path, rules=choose([rule]), run=False)
    assert "too many libraries" in report.findings[0].message


def test_every_rule_about_libraries_is_reached() -> None:
    others = {"binary.archive-index", "linked.floor"}
    assert {rule for rule, _, _ in (*CHANGES, *WITHOUT)} | others == LIBRARIES
