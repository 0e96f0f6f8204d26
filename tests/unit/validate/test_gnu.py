"""Rules about dynamic builds: each is violated by one change to a conforming distribution, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydist.target import Libc, Target
from pydist.validate import validate
from pydist.validate.expected import c_library, public_api
from pydist.validate.rules import load_rules
from tests.support import tiny, tiny_gnu
from tests.support.elf import make_ar, make_elf
from tests.support.proven import LIBRARIES
from tests.support.rows import Row
from tests.support.tiny_gnu import EXE, LIBRARY, MODULE, library, module, program

Change = Callable[[dict[str, Any], tiny.Members], None]
DYNLOAD = "python/install/lib/python3.14/lib-dynload"


def member(name: str, data: bytes) -> Change:
    return lambda _, members: members.update({name: data})


def stated(**values: Any) -> Change:
    return lambda manifest, _: manifest.update(values)


def versions(*needs: str) -> Change:
    return member(EXE, program(needs=[("libc.so.6", needs)]))


def of_musl(change: Change) -> Change:
    """A change to the dynamic distribution for musl."""

    def both(manifest: dict[str, Any], members: tiny.Members) -> None:
        tiny_gnu.musl(manifest, members)
        change(manifest, members)

    return both


def no_suffixes(manifest: dict[str, Any], _: tiny.Members) -> None:
    manifest["python_suffixes"]["extension"] = []


def new_api(_: dict[str, Any], members: tiny.Members) -> None:
    """The core has a function that nothing made of it has."""
    modules = [f"PyInit_{name}" for name in (*tiny.built_in(), "sys")]
    members["python/build/Python/core.o"] = tiny.core_o(defined=[*modules, "Py_Initialize", "_Py_Own"])


GLIBC_IN_MUSL = {"interp": "/lib/ld-musl-x86_64.so.1", "needed": ["libc.so"], "needs": [("libc.so", ["GLIBC_2.4"])]}
CHANGES = [
    Row("linked.needed", EXE, member(EXE, program(needed=["libc.so.6", "libpython3.14.so.1.0"])),
        also="shared.interpreter"),
    Row("linked.needed", EXE, member(EXE, program(needed=["$ORIGIN/libpython3.14.so.1.0"])),
        also="measured.crt shared.interpreter"),
    Row("linked.loader", EXE, member(EXE, program(interp="/lib/ld-linux-x86-64.so.2"))),
    Row("linked.loader", EXE, of_musl(member(EXE, program(needed=["libc.so"], needs=[])))),
    Row("linked.versions", EXE, of_musl(member(EXE, program(**GLIBC_IN_MUSL))), also="measured.crt"),
    Row("linked.versions", EXE, versions("GLIBC_2.17", "GLIBC_PRIVATE")),
    Row("linked.needed", EXE, member(EXE, program(needed=["libc.so.6", "libssl.so.3"])), also="linked.declared"),
    Row("linked.needed", EXE, member(EXE, program(needed=["libc.so.6", "libgcc_s.so.1"])), also="linked.declared"),
    Row("linked.needed", MODULE, member(MODULE, module(needed=["libcrypt.so.1"])), also="linked.declared"),
    Row("linked.needed", MODULE, member(MODULE, module(needed=["libtcl9.0.so"], runpath="$ORIGIN/../..")),
        also="linked.declared"),
    Row("linked.needed", EXE, of_musl(member(EXE, program(interp="/lib/ld-musl-x86_64.so.1", needs=[]))),
        also="linked.declared measured.crt"),
    Row("linked.runpath", EXE, member(EXE, program(runpath="/usr/lib"))),
    Row("linked.runpath", EXE, member(EXE, program(runpath=""))),
    Row("linked.runpath", EXE, member(EXE, program(runpath="$ORIGIN/../lib:/opt"))),
    Row("linked.runpath", EXE, member(EXE, program(runpath="$ORIGIN/../nowhere"))),
    Row("linked.runpath", EXE, member(EXE, program(runpath="$ORIGIN/../../build/lib"))),
    Row("linked.runpath", EXE, member(EXE, program(runpath="$ORIGIN/../../../..", dynamic=[(15, 1)])),
        also="binary.bind-now"),
    Row("linked.unresolved", MODULE, member(MODULE, module(undefined=["Tcl_Lost"]))),
    Row("linked.unresolved", EXE, member(EXE, program(versioned=["__stack_chk_fail"]))),
    Row("linked.level", EXE, member(EXE, program(properties=[tiny_gnu.IBT_SHSTK, (0xC0008002, 1 | 2 | 4)]))),
    Row("linked.level", LIBRARY, member(LIBRARY, library(properties=[(0xC0008002, 2)]))),
    Row("hardening.pie", EXE, member(EXE, program(kind=2))),
    Row("hardening.stack-protector", EXE, member(EXE, program(undefined=["__memcpy_chk"]))),
    Row("hardening.stack-protector", LIBRARY, member(LIBRARY, library(undefined=["__memcpy_chk"]))),
    Row("hardening.fortify", EXE, member(EXE, program(undefined=["__stack_chk_fail"]))),
    Row("hardening.control-flow", EXE, member(EXE, program(properties=[]))),
    Row("hardening.control-flow", EXE, member(EXE, program(properties=[(0xC0000002, 1)]))),
    Row("shared.loading", "python_extension_module_loading", stated(python_extension_module_loading=["builtin"])),
    Row("shared.loading", "python_extension_module_loading", stated(python_extension_module_loading=["shared-libary"])),
    Row("shared.loading", "python_extension_module_loading", no_suffixes, also="abi.suffixes"),
    Row("shared.loading", "python_extension_module_loading", stated(build_options="noopt+static"),
        also="binary.dynamic-in-static"),
    Row("shared.soname", LIBRARY, member(LIBRARY, library(soname="libpython3.so"))),
    Row("shared.soname", LIBRARY, member(LIBRARY, library(soname=None))),
    Row("shared.interpreter", EXE, member(EXE, program(needed=["libc.so.6", "libpython3.14.so.1.0"])),
        also="linked.needed"),
    Row("shared.interpreter", EXE, member(EXE, program(needed=["$ORIGIN/../lib/libpython3.14.so.1.0"])),
        also="measured.crt"),
    Row("shared.independent", MODULE, member(MODULE, module(needed=["libpython3.14.so.1.0"]))),
    Row("shared.api", LIBRARY, member(LIBRARY, library(defined=tiny_gnu.API[1:]))),
    Row("shared.api", EXE, member(EXE, program(defined=(), hidden=tiny_gnu.API)),
        also="linked.unresolved shared.module"),
    Row("shared.api", EXE, new_api),
    Row("shared.bundled", EXE, member(EXE, program(defined=[*tiny_gnu.API, "SSL_CTX_new"]))),
    Row("shared.bundled", MODULE, member(MODULE, module(defined=["PyInit__tkinter", "TclInternal"]))),
    Row("shared.module", MODULE, member(MODULE, module(defined=[]))),
    Row("shared.module", MODULE, member(LIBRARY, library(defined=[n for n in tiny_gnu.API if n != "PyList_New"])),
        also="shared.api"),
    Row("shared.module", f"{DYNLOAD}/extra.so", member(f"{DYNLOAD}/extra.so", module())),
    Row("measured.crt", "crt_features", versions("GLIBC_2.18"), also="linked.floor measured.glibc-floor"),
    Row("measured.crt", "crt_features", versions("GLIBC_2.17", "GLIBC_ABI_DT_RELR"),
        also="linked.floor measured.glibc-floor"),
    Row("measured.crt", "crt_features", stated(crt_features=["glibc-dynamic"])),
    Row("measured.crt", "crt_features", stated(crt_features=["glibc-dynamic", "glibc-max-symbol-version:2.28"])),
    Row("measured.crt", "crt_features", of_musl(stated(crt_features=["static"])),
        also="binary.dynamic-in-static quirk.static-unsaid shared.loading"),
    Row("measured.glibc-floor", "build/pydist.json: glibc_floor", versions("GLIBC_2.18"),
        also="linked.floor measured.crt"),
    Row("measured.glibc-floor", "build/pydist.json: glibc_floor", versions("GLIBC_ABI_DT_RELR"),
        also="linked.floor measured.crt"),
    Row("measured.link-mode", "libpython_link_mode", stated(libpython_link_mode="static")),
    Row("binary.relro", MODULE, member(MODULE, module(relro=False, needed=[]))),
    Row("binary.bind-now", EXE, member(EXE, program(dynamic=[]))),
    Row("binary.machine", MODULE, member(MODULE, module(machine=183))),
]  # fmt: skip


def findings(path: Path) -> list[tuple[str, str]]:
    return [(finding.rule, finding.where) for finding in validate(path, run=False).findings]


def pack(folder: Path, change: Change, record: dict[str, Any] | None = None) -> Path:
    return tiny.pack(folder / "a.tar", tiny_gnu.distribution(change, record))


@pytest.mark.parametrize("change", [lambda *_: None, tiny_gnu.musl], ids=["gnu", "musl"])
def test_a_conforming_dynamic_distribution_has_no_findings(tmp_path: Path, change: Change) -> None:
    report = validate(pack(tmp_path, change), run=False)
    assert [finding for finding in report.findings if finding.rule != "hardening.fortify"] == []


@pytest.mark.parametrize("row", CHANGES, ids=[f"{number}-{row.rule}" for number, row in enumerate(CHANGES)])
def test_a_change_breaks_its_rule_and_no_other(tmp_path: Path, row: Row) -> None:
    found = findings(pack(tmp_path, row.change))
    assert (row.rule, row.where.removeprefix("python/")) in found
    assert {rule for rule, _ in found} == row.broken


def test_each_rule_of_these_families_is_reached() -> None:
    families = {"linked", "hardening", "shared"}
    reached = {row.rule for row in CHANGES if row.rule.partition(".")[0] in families}
    expected = {rule.id for rule in load_rules().values() if rule.family in families}
    assert expected - reached - LIBRARIES == {"hardening.stack-protector-static"}


def test_the_part_of_the_api_that_all_have_is_the_one_of_the_fixture() -> None:
    assert set(tiny_gnu.API) == public_api()
    assert "Py_InitializeFromConfig" not in public_api()  # which 3.8 was the first to have


def library_of_the_archive(manifest: dict[str, Any], members: tiny.Members) -> None:
    links = manifest["build_info"]["extensions"]["_tkinter"][0]["links"]
    manifest["build_info"]["extensions"]["_tkinter"][0]["links"] = [
        *links,
        {"name": "tcl9.0", "path_dynamic": "install/lib/libtcl9.0.so"},
    ]
    members[MODULE] = module(needed=["libtcl9.0.so"], runpath="$ORIGIN/../..")
    members["python/install/lib/libtcl9.0.so"] = library(soname="libtcl9.0.so", defined=["Tcl_Init"])


@pytest.mark.parametrize(
    "change",
    [
        member(EXE, program(needed=["libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"])),
        member(EXE, program(runpath="$ORIGIN/../lib")),
        member(EXE, program(runpath="${ORIGIN}")),
        member(EXE, program(weak=["__gmon_start__"])),
        member("python/install/lib/libpython3.so", library(soname="libpython3.so", needed=["libpython3.14.so.1.0"])),
        member(MODULE, module(defined=["PyInit__tkinter", "own_name"])),
        library_of_the_archive,
    ],
    ids=["libm", "origin", "braces", "weak", "libpython3.so", "own name", "library of the archive"],
)  # fmt: skip
def test_what_is_allowed_is_no_finding(tmp_path: Path, change: Change) -> None:
    assert findings(pack(tmp_path, change)) == []


def test_where_the_interpreter_needs_libpython_modules_may_need_it_too(tmp_path: Path) -> None:
    """As distributions were made for years: there is one copy of the run time, and the verdict is good."""

    def change(_: dict[str, Any], members: tiny.Members) -> None:
        needed = "libpython3.14.so.1.0"
        members[EXE] = program(needed=["libc.so.6", f"$ORIGIN/../lib/{needed}"])
        members[MODULE] = module(needed=["libc.so.6", needed])

    assert findings(pack(tmp_path, change)) == [("shared.interpreter", EXE.removeprefix("python/"))]


def test_a_static_core_that_checks_no_stack_is_a_warning(tmp_path: Path) -> None:
    def change(_: dict[str, Any], members: tiny.Members) -> None:
        members["python/build/Python/core.o"] = tiny.core_o(undefined=())

    report = validate(tiny.pack(tmp_path / "a.tar", tiny.distribution(change)), run=False)
    assert [finding.rule for finding in report.findings] == ["hardening.stack-protector-static"]
    assert report.good


def test_fortify_is_not_demanded_of_debug_builds_and_of_musl(tmp_path: Path) -> None:
    plain: dict[str, Any] = {"undefined": ["__stack_chk_fail"]}
    change = of_musl(
        lambda _, members: members.update({
            EXE: program(interp="/lib/ld-musl-x86_64.so.1", needed=["libc.so"], needs=[], **plain),
            LIBRARY: library(needed=["libc.so"], needs=[], **plain),
        })
    )  # fmt: skip
    assert "hardening.fortify" not in dict(findings(pack(tmp_path, change)))
    change = lambda manifest, members: (  # noqa: E731
        manifest.update(build_options="debug", optimizations="debug"), members.update({EXE: program(**plain)})
    )[0]  # fmt: skip
    assert "hardening.fortify" not in dict(findings(pack(tmp_path, change)))


@pytest.mark.parametrize(("level", "rules"), [(1, ["linked.level"]), (3, []), (4, ["linked.level"])])
def test_the_marked_level_is_the_one_of_the_target(tmp_path: Path, level: int, rules: list[str]) -> None:
    def change(manifest: dict[str, Any], members: tiny.Members) -> None:
        manifest["target_triple"] = "x86_64_v3-unknown-linux-gnu"
        members[EXE] = program(properties=[tiny_gnu.IBT_SHSTK, (0xC0008002, 1 << level - 1)])

    assert [rule for rule, _ in findings(pack(tmp_path, change))] == rules


def test_a_library_of_the_build_folder_tells_more_symbols_than_the_table(tmp_path: Path) -> None:
    def change(_: dict[str, Any], members: tiny.Members) -> None:
        members["python/build/lib/libown.a"] = make_ar({"own.o": make_elf(kind=1, defined=["own_start", "own_end"])})
        members[LIBRARY] = library(defined=[*tiny_gnu.API, "own_start"])

    report = validate(pack(tmp_path, change), run=False)
    assert [finding.rule for finding in report.findings] == ["shared.bundled"]
    assert "'own_start' of libown.a" in report.findings[0].message


@pytest.mark.parametrize("floor", [None, "2.16", "two"])
def test_a_floor_that_is_missing_or_not_kept_is_found(tmp_path: Path, floor: str | None) -> None:
    path = pack(tmp_path, lambda *_: None, {"glibc_floor": floor})
    assert findings(path) == [("measured.glibc-floor", "build/pydist.json: glibc_floor")]


@pytest.mark.parametrize(
    ("triple", "loader"),
    [
        ("armv7-unknown-linux-gnueabihf", "/lib/ld-linux-armhf.so.3"),
        ("armv7-unknown-linux-gnueabi", "/lib/ld-linux.so.3"),
        ("x86_64_v3-unknown-linux-gnu", "/lib64/ld-linux-x86-64.so.2"),
    ],
)
def test_the_loader_is_that_of_the_processor_and_of_how_it_calls_functions(triple: str, loader: str) -> None:
    row = c_library(Libc.GNU)
    assert row is not None and row.loader(Target.parse(triple)) == loader
