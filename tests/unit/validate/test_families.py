"""Each rule is violated by one change to a conforming distribution, and by nothing else."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pydist.archive.extract import extract
from pydist.progress import Silent
from pydist.validate import validate
from pydist.validate.gather import gather
from pydist.validate.rules import load_rules
from tests.support import tiny
from tests.support.elf import R, W, X, make_ar, make_elf
from tests.support.proven import ENTRIES, LIBRARIES, REFERENCES

EXE, CORE, ZLIB = "python/install/bin/python3.14", "python/build/Python/core.o", "python/build/Modules/zlibmodule.o"
PYTHON = "python/PYTHON.json"
Change = Callable[[dict[str, Any], tiny.Members], None]


class Row(NamedTuple):
    """`change` breaks `rule`, and the rules `also`, in which the same fault shows."""

    rule: str
    change: Callable[..., object]
    also: str = ""


def key(path: str, value: Any) -> Change:
    """Set one key of the manifest; `None` removes it."""

    def change(manifest: dict[str, Any], _: tiny.Members) -> None:
        *parents, last = path.split("/")
        place: Any = manifest
        for step in parents:
            place = place[int(step) if step.isdigit() else step]
        if value is None:
            del place[last]
        else:
            place[last] = value

    return change


def member(name: str, value: Any) -> Change:
    """Set one member; `None` removes it."""

    def change(_: dict[str, Any], content: tiny.Members) -> None:
        if value is None:
            del content[name]
        else:
            content[name] = value

    return change


BUILD, EXTENSIONS = "build_info", "build_info/extensions"
CHANGES = [
    Row("archive.unsafe-name", member("python/../x", b"")),
    Row("archive.unsafe-name", member("/etc/x", b"")),
    Row("archive.unsafe-name", member("python/a\\b", b"")),
    Row("archive.outside-root", member("other/x", b"")),
    Row("archive.case-collision", member("python/install/bin/PYTHON3", b"")),
    Row("archive.link-escape", member("python/x", ("sym", "../../x"))),
    Row("archive.link-escape", member("python/x", ("sym", "/bin/sh"))),
    Row("archive.link-escape", member("python/x", ("hard", "other/x")), also="archive.hard-link"),
    Row("archive.link-escape", member("python/x", ("hard", "/python/PYTHON.json")), also="archive.hard-link"),
    Row("archive.link-escape", member("python/x", ("hard", "python/../x")), also="archive.hard-link"),
    Row("archive.link-dangling", member("python/x", ("sym", "y"))),
    Row("archive.link-dangling", member("python/x", ("hard", "python/y")), also="archive.hard-link"),
    Row("archive.link-dangling", member("python/x", ("sym", "x"))),
    Row("manifest.schema", key("version", "7"), also="identity.target identity.version"),
    Row("manifest.schema", key("python_exe", None), also="identity.target identity.version"),
    Row("manifest.schema", key("unknown", 1), also="identity.target identity.version"),
    Row("manifest.target", key("target_triple", "z80-unknown-cpm"), also="record.contradiction"),
    Row("manifest.build-options", key("build_options", "static+noopt"), also="record.contradiction"),
    Row("manifest.build-options", key("optimizations", "pgo")),
    Row("manifest.version", key("python_version", "3.14.8"), also="record.contradiction"),
    Row("manifest.version", key("python_version", "three"), also="identity.name python.series record.contradiction"),
    Row("manifest.version", key("python_abi_tag", "t")),
    Row("manifest.version", key("python_bytecode_magic_number", "2b0e")),
    Row("manifest.platform-tag", key("python_platform_tag", "linux_x86_64")),
    Row("manifest.crt-features", key("crt_features", ["static", "glibc-max-symbol-version:two"]),
        also="manifest.crt-target"),
    Row("manifest.apple-sdk", key("target_triple", "x86_64-apple-darwin"),
        also="binary.machine manifest.crt-target manifest.missing-key manifest.platform-tag "
             "python.extension-missing python.sysconfig-name record.contradiction"),
    Row("manifest.path", key("run_tests", "build/none.py")),
    Row("manifest.path", key("python_paths/stdlib", "install/lib/python3.15"), also="abi.names manifest.abstract"),
    Row("manifest.path", key("run_tests", "/build/run_tests.py"), also="manifest.place"),
    Row("manifest.path", key("run_tests", "../build/run_tests.py"), also="manifest.place"),
    Row("manifest.path", key("run_tests", "build/../../python/build/run_tests.py")),
    Row("manifest.path", member(ZLIB, None)),
    Row("manifest.path", member("python/licenses/LICENSE.zlib.txt", None), also="python.license-bundled"),
    Row("manifest.path", key("tcl_library_path", "install/tcl")),
    Row("manifest.extension", key(f"{EXTENSIONS}/empty", [])),
    Row("manifest.extension", key(f"{EXTENSIONS}/_io/0/objs", ["build/Python/core.o"])),
    Row("manifest.link", key(f"{EXTENSIONS}/zlib/0/links", [{"name": "z"}])),
    Row("manifest.license", key(f"{EXTENSIONS}/zlib/0/licenses", [])),
    Row("binary.damaged", member(CORE, make_elf(kind=1)[:80])),
    Row("binary.damaged", member("python/build/lib/libz.a", b"!<arch>\nrubbish")),
    Row("binary.damaged", member("python/build/lib/libz.a", make_ar({"a.o": make_elf(kind=1)[:80]}))),
    Row("binary.machine", member(CORE, tiny.core_o(machine=183))),
    Row("binary.machine", member(CORE, tiny.core_o(bits=32))),
    Row("binary.machine", member("python/build/lib/libz.a", make_ar({"a.o": make_elf(kind=1, machine=40)}))),
    Row("binary.type", member(EXE, make_elf(kind=1))),
    Row("binary.type", member(CORE, make_elf(kind=3, defined=["PyInit__io"])), also="binary.bind-now binary.relro"),
    Row("binary.dynamic-in-static", member(EXE, make_elf(interp="/lib/ld-musl-x86_64.so.1")),
        also="binary.bind-now binary.relro measured.crt"),
    Row("binary.dynamic-in-static", member(EXE, make_elf(needed=["libc.so"])),
        also="binary.bind-now binary.relro measured.crt"),
    Row("binary.dynamic-in-static", member("python/install/lib/x.so", b""), also="archive.empty-file"),
    Row("binary.writable-code", member(EXE, make_elf(load_flags=R | W | X))),
    Row("binary.executable-stack", member(EXE, make_elf(stack_flags=R | W | X))),
    Row("binary.executable-stack", member(EXE, make_elf(stack_flags=None))),
    Row(
        "binary.executable-stack-object",
        member(CORE, tiny.core_o(sections=[(".note.GNU-stack", 4)])),
    ),
    Row("binary.text-relocations", member(EXE, make_elf(dynamic=[(22, 1)]))),
    Row("binary.relro", member(EXE, make_elf(needed=["libc.so"])),
        also="binary.bind-now binary.dynamic-in-static measured.crt"),
    Row("binary.bind-now", member(EXE, make_elf(needed=["libc.so"])),
        also="binary.dynamic-in-static binary.relro measured.crt"),
    Row("measured.link-mode", key("libpython_link_mode", "shared")),
    Row("measured.link-mode", key("libpython_link_mode", "both")),
    Row("measured.link-mode", member("python/install/lib/libpython3.14.so.1.0", b""),
        also="archive.empty-file binary.dynamic-in-static"),
    Row("measured.link-mode", member(EXE, make_elf(needed=["libpython3.14.so.1.0"])),
        also="binary.bind-now binary.dynamic-in-static binary.relro measured.crt shared.interpreter"),
    Row("measured.object-format", key(f"{BUILD}/object_file_format", "llvm-bitcode:22.1.3")),
    Row("measured.object-format", key(f"{BUILD}/object_file_format", "llvm-bitcode:%22.1.3"),
        also="quirk.bitcode-percent"),
    Row("measured.object-format", member(CORE, b"BC\xc0\xde")),
    Row("measured.object-format", member("python/build/Modules/config.o", b"BC\xc0\xde")),
    Row("measured.object-format", member("python/build/Objects/unlisted.o", b"BC\xc0\xde")),
    Row("measured.crt", key("crt_features", ["musl-version:1.2.5"])),
    Row("measured.crt", key("crt_features", ["static", "libSystem"]), also="manifest.crt-target"),
    Row("measured.crt", key("crt_features", ["static", "vcruntime:140"]), also="manifest.crt-target"),
    Row("measured.crt", member(EXE, b"MZ")),
    Row("measured.crt", member(EXE, b"\xcf\xfa\xed\xfe"), also="binary.damaged"),
    Row("measured.crt", member(EXE, make_elf(needed=["libc.so.6"])),
        also="binary.bind-now binary.dynamic-in-static binary.relro linked.declared"),
    Row("measured.crt", member(EXE, make_elf(needs=[("libc.so.6", ["GLIBC_2.17"])])), also="linked.versions"),
    Row("measured.crt", key("crt_features", ["static", "glibc-max-symbol-version:2.17"]), also="manifest.crt-target"),
    Row("measured.visibility", key("python_symbol_visibility", "hidden")),
    Row("measured.visibility", key("python_symbol_visibility", "dllexport")),
    Row("measured.visibility", member(CORE, make_elf(kind=1, defined=["PyInit__io"], hidden=["Py_Initialize"])),
        also="hardening.stack-protector-static measured.init-function"),
    Row("measured.init-function", key(f"{EXTENSIONS}/zlib/0/init_fn", "PyInit_zip"),
        also="manifest.init-name measured.inittab"),
    Row("measured.init-function", member(CORE, make_elf(kind=1, undefined=["PyInit__io"])),
        also="hardening.stack-protector-static"),
    Row("measured.inittab", key(f"{EXTENSIONS}/zlib", None), also="python.extension-missing"),
    Row("measured.inittab", key(f"{EXTENSIONS}/zlib/0/init_fn", "PyInit_zip"),
        also="manifest.init-name measured.init-function"),
    Row("measured.inittab", member("python/build/Modules/config.c", b'{"_io", PyInit__io}, {"sys", NULL}')),
    Row("measured.symbols", key(f"{EXTENSIONS}/zlib/0/links", [{"name": "m", "system": True}])),
    Row("measured.symbols", key(f"{EXTENSIONS}/zlib/0/links/0/path_static", "build/lib/libother.a"),
        also="manifest.path"),
    Row("measured.symbols", member(CORE, tiny.core_o(undefined=["__stack_chk_fail", "inflate"]))),
    Row("measured.glibc-floor", key("target_triple", "x86_64-unknown-linux-gnu"),
        also="hardening.control-flow manifest.crt-target record.contradiction"),
    Row("record.contradiction", key("build_options", "debug+static"),
        also="abi.names abi.variables manifest.build-options manifest.version quirk.libpython-unsuffixed"),
]  # fmt: skip


def findings(path: Path) -> dict[str, str]:
    return {finding.rule: finding.where for finding in validate(path, run=False).findings}


def test_a_conforming_distribution_has_no_findings(tmp_path: Path) -> None:
    report = validate(tiny.pack(tmp_path / "a.tar", tiny.distribution()), run=False)
    assert report.findings == ()
    assert report.good
    assert (report.summary.entries, report.summary.binaries, report.summary.ran) == (17, 7, False)


def test_the_unpacked_folder_is_judged_alike(tmp_path: Path) -> None:
    archive = tiny.pack(tmp_path / "a.tar", tiny.distribution())
    extract(archive, tmp_path / "tree")
    assert validate(tmp_path / "tree", run=False).findings == ()
    assert validate(tmp_path / "tree" / "python", run=False).findings == ()


def test_compiled_modules_are_unrecorded_in_an_archive_and_traces_of_use_in_a_folder(tmp_path: Path) -> None:
    content = tiny.distribution()
    content["python/install/lib/python3.14/__pycache__/os.cpython-314.pyc"] = tiny.BYTECODE
    archive = tiny.pack(tmp_path / "a.tar", content)
    extract(archive, tmp_path / "tree")
    assert set(findings(archive)) == {"record.unlisted"}
    assert findings(tmp_path / "tree") == {}


@pytest.mark.parametrize(
    ("machine", "bits", "little", "said"),
    [
        (62, 64, False, "made for 64-bit big-endian machine 62, expected"),
        (21, 64, False, "made for ppc64 (64-bit big-endian machine 21), expected"),
        (8, 64, True, "made for mips64el (64-bit little-endian machine 8), expected"),
        (258, 64, True, "made for loongarch64 (64-bit little-endian machine 258), expected"),
        (40, 32, False, "made for armeb (32-bit big-endian machine 40), expected"),
        (22, 64, False, "made for s390x (64-bit big-endian machine 22), expected x86_64 for x86_64-unknown-linux-musl"),
    ],
)
def test_a_file_for_another_machine_or_byte_order_is_called_what_it_is(
    tmp_path: Path, machine: int, bits: int, little: bool, said: str
) -> None:
    other = make_elf(kind=1, machine=machine, bits=bits, little=little, defined=["PyInit__io"])
    report = validate(tiny.pack(tmp_path / "a.tar", tiny.distribution(member(CORE, other))), run=False)
    assert next(item.message for item in report.findings if item.rule == "binary.machine").startswith(said)


@pytest.mark.parametrize("target", ["other/a", "lib/a", "./lib/a", "/python/lib/a", "python/../python/lib/a"])
def test_a_hard_link_to_what_is_elsewhere_has_nothing_of_a_file_with_such_a_name_inside(
    tmp_path: Path, target: str
) -> None:
    content: tiny.Members = {"other/a": b"1", "lib/a": b"2", "python/other/a": b"", "python/lib/a": b""}
    content |= {"python/bin/python3": ("hard", target), "python/b": ("hard", "./python//lib/./a")}
    facts = gather(tiny.pack(tmp_path / "a.tar", content), Silent())
    assert set(facts.files) == {"other/a", "lib/a", "b"}
    assert "archive.link-escape" in findings(facts.where)


@pytest.mark.parametrize("row", CHANGES, ids=[f"{n}-{row.rule}" for n, row in enumerate(CHANGES)])
def test_a_change_breaks_its_rule_and_no_other(tmp_path: Path, row: Row) -> None:
    found = findings(tiny.pack(tmp_path / "a.tar", tiny.distribution(row.change)))
    assert set(found) == {row.rule, *row.also.split()}


AFTER = [
    Row("archive.manifest-missing", lambda content: content.pop("python/PYTHON.json"),
        also="identity.target identity.version"),
    Row("archive.manifest-first", lambda content: content.update({PYTHON: content.pop(PYTHON)})),
    Row("manifest.schema", lambda content: content.update({"python/PYTHON.json": b"{"}),
        also="identity.target identity.version"),
    Row("manifest.schema", lambda content: content.update({"python/PYTHON.json": b'{"a":' * 50_000}),
        also="identity.target identity.version"),
    Row("record.schema", lambda content: content.update({"python/build/pydist.json": b"[]"}),
        also="quirk.null-init"),
    Row("record.digest", lambda content: content.update({"python/licenses/LICENSE.zlib.txt": b"zlip"}),
        also="python.license-bundled"),
    Row("record.digest", lambda content: content.update({"python/licenses/LICENSE.zlib.txt": b"longer"}),
        also="python.license-bundled"),
    Row("record.missing", lambda content: content.pop(EXE),
        also="archive.link-dangling manifest.path"),
    Row("record.missing", lambda content: content.pop("python/install/bin/python3")),
    Row("record.missing", lambda content: content.update({"python/install/bin/python3": ("sym", "../bin/python3.14")})),
    Row("record.unlisted", lambda content: content.update({"python/install/new": b""})),
    Row("record.unlisted", lambda content: content.update({"python/install/new": ("sym", "bin")})),
]  # fmt: skip


@pytest.mark.parametrize("row", AFTER, ids=[f"{n}-{row.rule}" for n, row in enumerate(AFTER)])
def test_a_change_after_the_build_breaks_its_rule_and_no_other(tmp_path: Path, row: Row) -> None:
    content = tiny.distribution()
    row.change(content)
    assert set(findings(tiny.pack(tmp_path / "a.tar", content))) == {row.rule, *row.also.split()}


def test_names_kinds_and_modes_that_only_tar_can_express_are_found(tmp_path: Path) -> None:
    path = tiny.pack(tmp_path / "a.tar", tiny.distribution())
    with tarfile.open(path, "a") as tar:
        for name, kind, mode in [
            ("python/device", tarfile.CHRTYPE, 0o644),
            ("python/setuid", tarfile.REGTYPE, 0o4755),
            ("python/build/run_tests.py", tarfile.REGTYPE, 0o644),
        ]:
            info = tarfile.TarInfo(name)
            info.type, info.mode = kind, mode
            tar.addfile(info)
    assert {"archive.special-file", "archive.special-mode", "archive.duplicate-name"} <= set(findings(path))


def test_a_name_that_is_there_in_two_spellings_is_there_twice(tmp_path: Path) -> None:
    content = tiny.distribution() | {"./python//build/./run_tests.py": b"another"}
    assert "archive.duplicate-name" in findings(tiny.pack(tmp_path / "a.tar", content))


def test_a_truncated_archive_is_one_finding_wherever_it_ends(tmp_path: Path) -> None:
    """And not a list of everything that would have come later."""
    path = tiny.pack(tmp_path / "a.tar", tiny.distribution())
    whole = path.read_bytes()
    first = 512 + len(json.dumps(tiny.manifest())) // 512 * 512 + 512
    for size in range(first, whole.rindex(b"ustar") // 512 * 512, 512):
        path.write_bytes(whole[:size])
        assert list(findings(path)) == ["archive.damaged"]


def test_every_rule_that_needs_no_interpreter_is_reached_by_these_tests() -> None:
    elsewhere = {"archive.damaged", "archive.special-file", "archive.special-mode", "archive.duplicate-name"}
    elsewhere |= (
        ENTRIES | (REFERENCES - {"abi.freethreaded"}) | {rule for rule in LIBRARIES if rule.startswith("binary.")}
    )
    elsewhere |= {"manifest.old-version", "manifest.new-version", "manifest.missing-key"}  # test_versions
    reached = {row.rule for row in (*CHANGES, *AFTER)} | elsewhere
    others = {
        "python",  # test_library, test_settings, test_packages
        "run",
        "abi",
        "linked",
        "macho",
        "pe",
        "shared",
        "hardening",
        "bitcode",
        "quirk",
        "waiver",
        "identity",
        "compact",
        "installers",
    }  # each in the test of its name; linked, hardening and shared in test_gnu, run in test_running
    assert {rule.id for rule in load_rules().values() if rule.family not in others} == reached


def test_control_characters_of_hostile_names_do_not_reach_the_report(tmp_path: Path) -> None:
    content = tiny.distribution()
    content["python/\x1b[31mred\n"] = b""
    manifest = tiny.manifest()
    manifest["build_info"]["extensions"]["\x1b]0;title\x07"] = []
    content["python/PYTHON.json"] = json.dumps(manifest).encode()
    report = validate(tiny.pack(tmp_path / "a.tar", content), run=False)
    assert all(f"{finding.where}{finding.message}".isprintable() for finding in report.findings)


def test_a_flood_of_findings_is_cut_and_says_so(tmp_path: Path) -> None:
    content = tiny.distribution()
    content.update({f"outside{index}": b"" for index in range(2000)})
    report = validate(tiny.pack(tmp_path / "a.tar", content), run=False)
    assert len(report.findings) == 501
    assert report.findings[-1].message == "and 1,500 more findings of this rule"
