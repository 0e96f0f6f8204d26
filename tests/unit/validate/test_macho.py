"""Rules about files for macOS: each is broken by one fact of a file that a linker wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydist.archive.extract import extract
from pydist.validate import validate
from pydist.validate.report import Report
from pydist.validate.rules import load_rules
from tests.support import patch, tiny, tiny_mac, trees
from tests.support.elf import make_ar
from tests.support.macho import X86_64, make_fat
from tests.support.tiny_mac import CORE, EXE, INTEL, LIBRARY, MODULE, TCL, ZLIB, Change, Z, made

ARM64, ARM64E = 0x0100000C, 2
MEMORY, BUNDLE, LOAD_WEAK = 4, 8, 0x80000018
FLAT, STACK, PIE = 0x80, 0x20000, 0x200000
IOS, MACOS_12 = 2, 12 << 16
TO_TCL, ANYWHERE, PROGRAM = 2, 254, 255
PYTHON = "@rpath/libpython3.14.dylib"


def on(name: str, change: Callable[[bytes], bytes]) -> Change:
    """`change` of one file."""

    def changed(_: dict[str, Any], files: trees.Tree) -> None:
        data = files[name]
        assert isinstance(data, bytes)
        files[name] = change(data)
        assert files[name] != data

    return changed


def stated(**keys: str) -> Change:
    return lambda manifest, _: manifest.update(keys)


def module_of(name: str, **keys: Any) -> Change:
    return lambda manifest, _: manifest["build_info"]["extensions"][name][0].update(keys)


def file(name: str, data: Callable[[], bytes]) -> Change:
    return lambda _, files: files.update({name: data()})


def symbol(symbol: str, library: int) -> Change:
    return on(MODULE, lambda data: patch.symbol(data, symbol, library))


def text(name: str, old: str, new: str) -> Change:
    return on(name, lambda data: patch.text(data, old, new))


def header(name: str, **values: int) -> Change:
    return on(name, lambda data: patch.header(data, **values))


def command(name: str, number: int, at: int, value: int, which: int = 0) -> Change:
    return on(name, lambda data: patch.command(data, number, at, value, which=which))


def universal() -> bytes:
    return make_fat([(ARM64, made(MODULE)), (X86_64, made(MODULE, INTEL))])


def spoiled(data: bytes) -> bytes:
    """Another byte in the last of the pages that are signed, and no new signature."""
    place = data.index(b"__mh_dylib_header")
    return data[:place] + b"x" + data[place + 1 :]


CHANGES: list[tuple[str, str, Change]] = [
    ("machine", MODULE, header(MODULE, cpu=X86_64)),
    ("machine", MODULE, header(MODULE, subtype=ARM64E)),
    ("machine", CORE, file(CORE, lambda: made(CORE, INTEL))),
    ("machine", Z, file(Z, lambda: make_ar({"core.o": made(CORE, INTEL)}))),
    ("universal", MODULE, file(MODULE, universal)),
    ("type", LIBRARY, header(LIBRARY, kind=BUNDLE)),
    ("type", EXE, header(EXE, kind=BUNDLE)),
    ("type", CORE, header(CORE, kind=MEMORY)),
    ("platform", MODULE, command(MODULE, patch.LC_BUILD_VERSION, 8, IOS)),
    ("minimum-os", MODULE, command(MODULE, patch.LC_BUILD_VERSION, 12, MACOS_12)),
    ("minimum-os", MODULE, command(MODULE, patch.LC_BUILD_VERSION, 0, patch.NONE)),
    ("minimum-os", CORE, file(CORE, lambda: made(CORE, "aarch64-macos.12.0"))),
    ("minimum-alike", EXE, stated(apple_sdk_deployment_target="12.0")),
    ("sdk", EXE, stated(apple_sdk_version="26.4")),
    ("sdk", MODULE, command(MODULE, patch.LC_BUILD_VERSION, 16, MACOS_12)),
    ("writable-code", MODULE, command(MODULE, patch.LC_SEGMENT_64, 60, 7)),
    ("executable-stack", EXE, header(EXE, flags=STACK)),
    ("pie", EXE, header(EXE, without=PIE)),
    ("loader", EXE, text(EXE, "/usr/lib/dyld", "/usr/lib/dyle")),
    ("two-level", LIBRARY, header(LIBRARY, without=FLAT)),
    ("uuid", LIBRARY, command(LIBRARY, patch.LC_UUID, 0, patch.NONE)),
    ("padding", TCL, on(TCL, lambda data: patch.padding(data, 31, 4096))),
    ("signature", TCL, command(TCL, patch.LC_CODE_SIGNATURE, 0, patch.NONE)),
    ("signature-pages", TCL, on(TCL, spoiled)),
    ("signature-identifier", EXE, text(EXE, "python3.14", "python3.13")),
    ("install-name", LIBRARY, text(LIBRARY, PYTHON, "/build/libpython3.14.dylib")),
    ("install-name", LIBRARY, text(LIBRARY, PYTHON, "@rpath/libpython3.13.dylib")),
    ("install-name", LIBRARY, command(LIBRARY, patch.LC_ID_DYLIB, 0, patch.NONE)),
    ("needed", EXE, text(EXE, "/usr/lib/libSystem.B.dylib", "/usr/lib/libSystem.C.dylib")),
    ("needed", EXE, text(EXE, "/usr/lib/libSystem.B.dylib", "/opt/lib/libSystem.B.dylib")),
    ("needed", MODULE, text(MODULE, "@rpath/libtcl9.0.dylib", "@rpath/libtcl9.1.dylib")),
    ("needed", MODULE, text(MODULE, "@rpath/libtcl9.0.dylib", "@loader_path/tcl.dylib")),
    ("compatibility", MODULE, command(MODULE, patch.LC_LOAD_DYLIB, 20, 0x90100, which=1)),
    ("compatibility", EXE, command(EXE, patch.LC_LOAD_DYLIB, 20, 0x20000)),
    ("runpath", EXE, text(EXE, "@executable_path/../lib", "/build/install/lib")),
    ("runpath", EXE, text(EXE, "@executable_path/../lib", "@executable_path/../li")),
    ("duplicates", MODULE, text(MODULE, "@loader_path/../../", "@loader_path/../..")),
    ("unresolved", MODULE, text(MODULE, "_PyList_New", "_PyList_Old")),
    ("unresolved", MODULE, text(MODULE, "_Tcl_Init", "_Tcl_Exit")),
    ("unresolved", MODULE, symbol("_Tcl_Init", PROGRAM)),
    ("unresolved", MODULE, symbol("_PyList_New", TO_TCL)),
    ("module", MODULE, file(MODULE, lambda: made(f"other/{MODULE}"))),
    ("api", LIBRARY, file(LIBRARY, lambda: made(f"poor/{LIBRARY}"))),
    ("bundled", LIBRARY, file(LIBRARY, lambda: made(f"leaking/{LIBRARY}"))),
    ("one-runtime", MODULE, file(MODULE, lambda: made(f"second/{MODULE}"))),
]


def judged(folder: Path, change: Change, target: str = tiny_mac.ARM) -> Report:
    return validate(tiny.pack(folder / "a.tar", tiny_mac.distribution(change, target)), run=False)


def nothing(_: dict[str, Any], __: trees.Tree) -> None:
    """No change."""


@pytest.mark.parametrize("target", [tiny_mac.ARM, INTEL])
def test_a_conforming_distribution_has_no_findings_in_any_form(tmp_path: Path, target: str) -> None:
    archive = tiny.pack(tmp_path / "a.tar", tiny_mac.distribution(target=target))
    extract(archive, tmp_path / "tree")
    tree = tiny_mac.installed(target=target)
    inputs = {
        "full": [archive, tmp_path / "tree"],
        "install-only": [trees.tar(tmp_path / "a.tar.gz", tree)],
        "tree": [trees.write(tmp_path / "prefix", tree)],
    }
    for profile, paths in inputs.items():
        for path in paths:
            report = validate(path, run=False)
            assert (report.profile, report.findings) == (profile, ())
            triple = "aarch64-apple-darwin" if target == tiny_mac.ARM else "x86_64-apple-darwin"
            assert report.summary.target_triple == triple


@pytest.mark.parametrize(
    ("rule", "where", "change"), CHANGES, ids=[f"{number}-{rule}" for number, (rule, _, _) in enumerate(CHANGES)]
)
def test_a_change_is_found_by_its_rule_and_by_no_other(tmp_path: Path, rule: str, where: str, change: Change) -> None:
    found = judged(tmp_path, change).findings
    assert {item.rule for item in found if item.rule.startswith(("macho.", "binary."))} == {f"macho.{rule}"}
    assert where in {item.where.partition("(")[0] for item in found}


# What only an interpreter could break, or says where to look for.
BESIDE = [row for row in CHANGES if row[1] != EXE and row[0] not in ("one-runtime", "unresolved", "needed")]


@pytest.mark.parametrize(("rule", "where", "change"), BESIDE)
def test_without_an_interpreter_everything_else_is_judged_as_well(
    tmp_path: Path, rule: str, where: str, change: Change
) -> None:
    def without(manifest: dict[str, Any], files: trees.Tree) -> None:
        change(manifest, files)
        del files[EXE]

    found = judged(tmp_path, without).findings
    seen = {(item.rule, item.where.partition("(")[0]) for item in found if item.rule.startswith("macho.")}
    assert seen == {(f"macho.{rule}", where)}


@pytest.mark.parametrize(
    ("name", "missed"),
    [("@loader_path/tcl.dylib", True), ("/opt/lib/libtcl9.dylib", True), ("@rpath/libtcl9.1.dylib", False),
     ("@executable_path/t.lib", False)],
)  # fmt: skip
def test_without_an_interpreter_only_what_it_could_not_offer_is_missed(tmp_path: Path, name: str, missed: bool) -> None:
    def without(manifest: dict[str, Any], files: trees.Tree) -> None:
        text(MODULE, "@rpath/libtcl9.0.dylib", name)(manifest, files)
        del files[EXE]

    found = {item.rule for item in judged(tmp_path, without).findings if item.rule.startswith("macho.")}
    assert found == ({"macho.needed"} if missed else set())


def test_without_an_interpreter_the_library_says_what_a_tree_is_for(tmp_path: Path) -> None:
    tree = tiny_mac.installed(text(TCL, "@rpath/libtcl9.0.dylib", "/build/libtcl9.0.dylib"))
    del tree[EXE.removeprefix("install/")]
    report = validate(trees.tar(tmp_path / "a.tar.gz", tree), run=False)
    assert report.summary.target_triple == "aarch64-apple-darwin"
    assert {"identity.target", "macho.install-name"} <= {item.rule for item in report.findings}


def test_each_rule_is_reached() -> None:
    rules = {rule.id for rule in load_rules().values() if rule.family == "macho"}
    assert rules == {f"macho.{rule}" for rule, _, _ in CHANGES}


@pytest.mark.parametrize(
    "change",
    [
        file(MODULE, lambda: patch.header(made(MODULE), kind=BUNDLE)),
        command(TCL, patch.LC_BUILD_VERSION, 12, 10 << 16 | 15 << 8),
        text(EXE, "@executable_path/../lib", "/usr/lib/swift"),
        on(TCL, lambda data: patch.padding(data, 32, 4096)),
        command(MODULE, patch.LC_LOAD_DYLIB, 20, 0x900, which=1),
        file("install/lib/t.dylib", lambda: patch.text(made(TCL), "@rpath/libtcl9.0.dylib", "@rpath/t.dylib")),
        symbol("_PyList_New", ANYWHERE),
        symbol("_PyList_New", PROGRAM),
        file(TCL, lambda: patch.with_command(made(TCL), LOAD_WEAK, (0, 0, 0), "/usr/lib/libnew.dylib")),
    ],
    ids=["bundle", "no older system for arm64", "Swift", "padding", "version", "other identifier", "anywhere",
         "program", "weak"],
)  # fmt: skip
def test_what_is_allowed_is_no_fault(tmp_path: Path, change: Change) -> None:
    report = judged(tmp_path, change)
    assert report.good
    assert {item.rule for item in report.findings} <= {"macho.signature-identifier"}


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("init-function", module_of("zlib", init_fn="PyInit_zip")),
        ("init-function", file(CORE, lambda: made(ZLIB))),
        ("visibility", file(CORE, lambda: made(f"hiding/{CORE}"))),
        ("symbols", module_of("zlib", links=[{"name": "dl", "system": True}])),
    ],
)
def test_objects_are_held_against_the_manifest(tmp_path: Path, rule: str, change: Change) -> None:
    assert f"measured.{rule}" in {item.rule for item in judged(tmp_path, change).findings}


def test_an_interpreter_may_be_a_door_to_libpython_and_then_all_may_load_it(tmp_path: Path) -> None:
    def change(_: dict[str, Any], files: trees.Tree) -> None:
        files[EXE], files[MODULE] = made(f"door/{EXE}"), made(f"second/{MODULE}")

    assert judged(tmp_path, change).findings == ()


def test_unsigned_files_are_good_on_intel_and_newer_frameworks_are_not(tmp_path: Path) -> None:
    framework = "/System/Library/Frameworks/UniformTypeIdentifiers.framework/Versions/A/UniformTypeIdentifiers"

    def change(_: dict[str, Any], files: trees.Tree) -> None:
        files[TCL] = patch.with_command(made(TCL, INTEL), patch.LC_LOAD_DYLIB, (0, 0x10000, 0x10000), framework)

    report = judged(tmp_path, change, INTEL)
    assert [(item.rule, item.where) for item in report.findings] == [("macho.needed", TCL)]
    assert "came with macOS 11.0; it is made for 10.15" in report.findings[0].message


def test_a_universal_interpreter_asks_for_universal_modules(tmp_path: Path) -> None:
    def change(_: dict[str, Any], files: trees.Tree) -> None:
        for name in (EXE, LIBRARY, TCL):
            files[name] = make_fat([(ARM64, made(name)), (X86_64, made(name, INTEL))])

    report = validate(trees.tar(tmp_path / "a.tar.gz", tiny_mac.installed(change)), run=False)
    assert [(item.rule, item.where) for item in report.findings] == [("macho.machine", MODULE.removeprefix("install/"))]
    assert report.findings[0].message == "has code for arm64, and none for x86_64"


def test_a_universal_static_library_is_its_members(tmp_path: Path) -> None:
    def change(_: dict[str, Any], files: trees.Tree) -> None:
        parts = [(ARM64, make_ar({"core.o": made(CORE)})), (X86_64, make_ar({"core.o": made(CORE, INTEL)}))]
        files[Z] = make_fat(parts)

    assert {(item.rule, item.where) for item in judged(tmp_path, change).findings} == {("macho.universal", Z)}


def test_files_of_packages_are_their_own_affair_but_have_to_be_for_the_target(tmp_path: Path) -> None:
    place = "install/lib/python3.14/site-packages/numpy"

    def change(_: dict[str, Any], files: trees.Tree) -> None:
        files[f"{place}/_core.so"] = patch.header(made(MODULE), without=FLAT)
        files[f"{place}/_simd.so"] = made(MODULE, INTEL)

    assert [(item.rule, item.where) for item in judged(tmp_path, change).findings] == [
        ("macho.machine", f"{place}/_simd.so")
    ]


def test_a_file_for_macos_in_a_distribution_for_linux_is_found(tmp_path: Path) -> None:
    content = tiny.distribution(lambda _, members: members.update({"python/install/x.dylib": made(TCL)}))
    findings = validate(tiny.pack(tmp_path / "a.tar", content), run=False).findings
    assert "macho.machine" in {item.rule for item in findings}


def test_a_damaged_file_is_found_as_such(tmp_path: Path) -> None:
    report = judged(tmp_path, on(TCL, lambda data: data[:200]))
    assert [(item.rule, item.where) for item in report.findings if item.rule != "macho.needed"] == [
        ("binary.damaged", TCL)
    ]


def test_a_search_path_may_lead_to_the_prefix_itself(tmp_path: Path) -> None:
    tree = tiny_mac.installed(text(EXE, "@executable_path/../lib", "@executable_path/.."))
    assert validate(trees.tar(tmp_path / "a.tar.gz", tree), run=False).findings == ()


def test_what_is_missing_of_a_truncated_archive_is_not_looked_for(tmp_path: Path) -> None:
    path = tiny.pack(tmp_path / "a.tar", tiny_mac.distribution())
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"python/install/lib/libtcl9.0.dylib")])
    assert {item.rule for item in validate(path, run=False).findings} == {"archive.damaged"}


def test_endless_search_paths_end(tmp_path: Path) -> None:
    """Each of sixty libraries is loaded by all others, which have a hundred search paths."""
    module = patch.text(made(MODULE), "@rpath/libtcl9.0.dylib", "@rpath/../libtc.dylib")
    module = patch.with_command(module, patch.LC_RPATH, (), "@loader_path", 120)

    def change(_: dict[str, Any], files: trees.Tree) -> None:
        files.update({f"install/lib/{number}/libtc.dylib": module for number in range(60)})

    assert any("200,000 places to look at" in item.message for item in judged(tmp_path, change).findings)
