"""Rules about files for Windows: each is broken by one fact of a file that a linker wrote."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydist.archive.extract import extract
from pydist.binary.pe_sums import PeSums
from pydist.validate import validate
from pydist.validate.report import Report
from pydist.validate.rules import load_rules
from tests.support import patch, tiny, tiny_windows, trees
from tests.support.elf import make_ar
from tests.support.pe import make_pe
from tests.support.tiny_windows import (
    AMD64,
    ARM64,
    CHECKSUM,
    CORE,
    CRYPTO,
    DLL,
    EXE,
    FLAGS,
    GUARD_CF,
    I386,
    IMPORTS,
    MODULE,
    NO_SEH,
    PDB,
    RUNTIME,
    STABLE,
    WINDOW,
    Change,
    imports,
    made,
)

HIGH_ENTROPY, DYNAMIC_BASE, NX = 0x20, 0x40, 0x100
RELOCS_STRIPPED, EXECUTABLE, LARGE_ADDRESSES, LIBRARY = 0x1, 0x2, 0x20, 0x2000
CHARACTERISTICS, SUBSYSTEM, VERSION = 22, 24 + 68, 24 + 48
FIRST_SECTION = 24 + 240 + 36  # its flags
WRITABLE_CODE = 0xE0000020
MORE, CRT = "install/DLLs/_more.pyd", "api-ms-win-crt-heap-l1-1-0.dll"


def on(name: str, change: Callable[[bytes], bytes]) -> Change:
    """`change` of one file."""

    def changed(_: dict[str, Any], files: trees.Tree) -> None:
        data = files[name]
        assert isinstance(data, bytes)
        files[name] = change(data)
        assert files[name] != data

    return changed


def all_of(*changes: Change) -> Change:
    def change(manifest: dict[str, Any], files: trees.Tree) -> None:
        for one in changes:
            one(manifest, files)

    return change


def file(name: str, data: Callable[[], bytes]) -> Change:
    return lambda _, files: files.update({name: data()})


def without(name: str) -> Change:
    def change(_: dict[str, Any], files: trees.Tree) -> None:
        del files[name]

    return change


def text(name: str, old: str, new: str) -> Change:
    return on(name, lambda data: patch.text(data, old, new))


def number(name: str, form: str, at: int, *values: int) -> Change:
    return on(name, lambda data: patch.pe(data, form, at, *values))


def flags(name: str, at: int, *, flags: int = 0, without: int = 0) -> Change:
    return on(name, lambda data: patch.pe_flags(data, at, flags=flags, without=without))


CONFIG = struct.pack("<I", 152) + bytes(84)
"""How the load configuration begins: its size, and what is not set."""


def without_cookie(data: bytes) -> bytes:
    place = data.index(CONFIG) + 88
    return data[:place] + bytes(8) + data[place + 8 :]


def without_table(data: bytes) -> bytes:
    place = data.index(CONFIG) + 144
    return data[:place] + struct.pack("<I", 0x100) + data[place + 4 :]


def other_guid(data: bytes) -> bytes:
    mark = b"LLD PDB."  # the second half of what this linker calls its PDBs
    return data.replace(mark, b"LLD PDC.")


def older_pdb(data: bytes) -> bytes:
    """A program that was linked again, with the PDB of the link before."""
    place = data.index(b"RSDS") + 20
    return data[:place] + struct.pack("<I", 2) + data[place + 4 :]


def needing(**needs: Any) -> bytes:
    """A good module with imports that the toolchain does not write."""
    data = make_pe(
        characteristics=0x2022,
        dll_characteristics=HIGH_ENTROPY | DYNAMIC_BASE | NX | GUARD_CF,
        name="_more.pyd",
        exports=[("PyInit__more", None)],
        guard=0x500,
        cookie=0x402000,
        **needs,
    )
    return patch.pe(data, "I", CHECKSUM, 0)


CHANGES: list[tuple[str, str, Change]] = [
    ("machine", MODULE, file(MODULE, lambda: made(MODULE, ARM64))),
    ("machine", CORE, file(CORE, lambda: made(CORE, ARM64))),
    ("machine", "build/lib/z.lib", file("build/lib/z.lib", lambda: make_ar({"core.obj": made(CORE, I386)}))),
    ("machine", IMPORTS, file(IMPORTS, lambda: imports(ARM64))),
    ("type", MODULE, flags(MODULE, CHARACTERISTICS, without=LIBRARY)),
    ("type", EXE, flags(EXE, CHARACTERISTICS, flags=LIBRARY)),
    ("type", EXE, flags(EXE, CHARACTERISTICS, without=EXECUTABLE)),
    ("aslr", DLL, flags(DLL, FLAGS, without=DYNAMIC_BASE)),
    ("relocations", DLL, flags(DLL, CHARACTERISTICS, flags=RELOCS_STRIPPED)),
    ("high-entropy", EXE, flags(EXE, FLAGS, without=HIGH_ENTROPY)),
    ("high-entropy", EXE, flags(EXE, CHARACTERISTICS, without=LARGE_ADDRESSES)),
    ("dep", MODULE, flags(MODULE, FLAGS, without=NX)),
    ("control-flow", DLL, flags(DLL, FLAGS, without=GUARD_CF)),
    ("control-flow", EXE, flags(EXE, FLAGS, without=GUARD_CF)),
    ("control-flow", MODULE, on(MODULE, without_table)),
    ("stack-cookie", MODULE, on(MODULE, without_cookie)),
    ("writable-code", MODULE, number(MODULE, "I", FIRST_SECTION, WRITABLE_CODE)),
    ("subsystem", EXE, number(EXE, "H", SUBSYSTEM, 2)),
    ("subsystem", WINDOW, number(WINDOW, "H", SUBSYSTEM, 3)),
    ("subsystem", MODULE, number(MODULE, "H", SUBSYSTEM, 1)),
    ("minimum-os", DLL, number(DLL, "HH", VERSION, 10, 1)),
    ("manifest", EXE, on(EXE, lambda data: data.replace(b">true<", b">fals<"))),
    ("manifest", WINDOW, on(WINDOW, lambda data: data.replace(b"{8e0f7a12", b"{1f676c76"))),
    ("checksum", DLL, number(DLL, "I", CHECKSUM, 1)),
    ("signature", CRYPTO, on(CRYPTO, lambda data: patch.pe(patch.certified(data), "I", 8, 7))),
    ("needed", MODULE, text(MODULE, "libcrypto-3.dll", "libcrypto-4.dll")),
    ("needed", MODULE, all_of(file("install/x/libcrypto-3.dll", lambda: made(CRYPTO)), without(CRYPTO),
                              lambda manifest, _: manifest["build_info"]["extensions"]["_ssl"][0].update(links=[
                                  {"name": "libcrypto-3", "path_dynamic": "install/x/libcrypto-3.dll"}]))),
    ("delayed", MORE, file(MORE, lambda: needing(delayed=[("msodbcsql18.dll", ["connect"])]))),
    ("runtime", MODULE, without(RUNTIME)),
    ("debug-runtime", MODULE, text(MODULE, "VCRUNTIME140.dll", "ucrtbased.dll")),
    ("unresolved", MODULE, text(MODULE, "BIO_new", "BIO_old")),
    ("unresolved", STABLE, text(STABLE, "python314.PyList_New", "python314.PyList_Old")),
    ("module", MODULE, file(MODULE, lambda: made(f"other/{MODULE}"))),
    ("api", DLL, all_of(text(DLL, "Py_Initialize", "Py_Initialise"), text(IMPORTS, "Py_Initialize", "Py_Initialise"))),
    ("name", CRYPTO, text(CRYPTO, "libcrypto-3.dll", "libcrypto-1.dll")),
    ("import-library", IMPORTS, text(IMPORTS, "Py_Initialize", "Py_Initialise")),
    ("import-library", IMPORTS, text(IMPORTS, "python314.dll", "python315.dll")),
    ("pdb", DLL, on(PDB, other_guid)),
    ("pdb", DLL, on(DLL, older_pdb)),
    ("pdb-path", DLL, text(DLL, "python314.pdb", "D:\\b\\p314.pdb")),
]  # fmt: skip


def judged(folder: Path, change: Change, target: str = AMD64) -> Report:
    return validate(tiny.pack(folder / "a.tar", tiny_windows.distribution(change, target)), run=False)


@pytest.mark.parametrize(
    ("target", "triple"),
    [(AMD64, "x86_64-pc-windows-msvc"), (ARM64, "aarch64-pc-windows-msvc"), (I386, "i686-pc-windows-msvc")],
)
def test_a_conforming_distribution_has_no_findings_in_any_form(tmp_path: Path, target: str, triple: str) -> None:
    archive = tiny.pack(tmp_path / "a.tar", tiny_windows.distribution(target=target))
    extract(archive, tmp_path / "tree")
    tree = tiny_windows.installed(target=target)
    inputs = {
        "full": [archive, tmp_path / "tree"],
        "install-only": [trees.tar(tmp_path / "a.tar.gz", tree), trees.zipped(tmp_path / "a.zip", tree)],
        "tree": [trees.write(tmp_path / "prefix", tree)],
    }
    for profile, paths in inputs.items():
        for path in paths:
            report = validate(path, run=False)
            assert (report.profile, report.findings) == (profile, ())
            assert report.summary.target_triple == triple


@pytest.mark.parametrize(
    ("rule", "where", "change"), CHANGES, ids=[f"{count}-{rule}" for count, (rule, _, _) in enumerate(CHANGES)]
)
def test_a_change_is_found_by_its_rule_and_by_no_other(tmp_path: Path, rule: str, where: str, change: Change) -> None:
    found = judged(tmp_path, change).findings
    assert {item.rule for item in found if item.rule.startswith(("pe.", "binary."))} == {f"pe.{rule}"}
    assert where in {item.where.partition("(")[0] for item in found}


def test_32_bit_code_without_a_list_of_handlers_is_found(tmp_path: Path) -> None:
    found = judged(tmp_path, flags(MODULE, FLAGS, without=NO_SEH), I386).findings
    assert [(item.rule, item.where) for item in found] == [("pe.safe-handlers", MODULE)]


def test_each_rule_is_reached() -> None:
    rules = {rule.id for rule in load_rules().values() if rule.family == "pe"}
    assert rules == {f"pe.{rule}" for rule, _, _ in CHANGES} | {"pe.safe-handlers", "pe.universal-runtime"}


def with_checksum(data: bytes) -> bytes:
    return patch.pe(data, "I", CHECKSUM, PeSums.of(data).checksum())


@pytest.mark.parametrize(
    "change",
    [
        on(DLL, with_checksum),
        on(CRYPTO, patch.certified),
        text(MODULE, "libcrypto-3.dll", "LibCrypto-3.DLL"),
        text(DLL, "KERNEL32.dll", "Bcrypt.dll"),
        all_of(file("install/libcrypto-3.dll", lambda: made(CRYPTO)),
               file(CRYPTO, lambda: patch.text(made(CRYPTO), "libcrypto-3.dll", "LIBCRYPTO-3.DLL"))),
        on(PDB, lambda data: data + bytes(4096)),
        without(PDB),
        number(DLL, "HH", VERSION, 10, 0),
        flags(MODULE, FLAGS, without=GUARD_CF),
    ],
    ids=["checksum", "certificate", "case", "system", "two places", "longer PDB", "no PDB", "newest", "unguarded"],
)  # fmt: skip
def test_what_is_allowed_is_no_fault(tmp_path: Path, change: Change) -> None:
    assert judged(tmp_path, change).findings == ()


def test_older_series_run_on_older_windows(tmp_path: Path) -> None:
    tree = tiny_windows.installed(number(DLL, "HH", VERSION, 10, 0))
    tree["include/patchlevel.h"] = trees.patchlevel("3.12.4")
    found = validate(trees.tar(tmp_path / "a.tar.gz", tree), run=False).findings
    assert [item.message for item in found if item.rule == "pe.minimum-os"] == [
        "needs Windows 10.0, but Python 3.12 runs on 6.3"
    ]


@pytest.mark.parametrize(
    ("version", "brought", "expected"),
    [
        ("3.12.4", {}, ["DLLs/_more.pyd"]),
        ("3.12.4", {CRT: ("malloc",)}, []),
        ("3.14.7", {}, []),
    ],
)
def test_older_windows_has_the_universal_c_run_time_only_if_it_is_brought(
    tmp_path: Path, version: str, brought: dict[str, tuple[str]], expected: list[str]
) -> None:
    tree = tiny_windows.installed(file(MORE, lambda: needing(imports=[(CRT, ["malloc"])])))
    tree["include/patchlevel.h"] = trees.patchlevel(version)
    tree |= {name: make_pe(characteristics=0x2022, name=name, exports=[(item, None) for item in names])
             for name, names in brought.items()}  # fmt: skip
    found = validate(trees.tar(tmp_path / "a.tar.gz", tree), run=False).findings
    assert [item.where for item in found if item.rule == "pe.universal-runtime"] == expected


def test_launchers_to_be_copied_are_not_judged_and_files_of_packages_by_machine_alone(tmp_path: Path) -> None:
    packages = "install/Lib/site-packages"

    def change(_: dict[str, Any], files: trees.Tree) -> None:
        files[f"{packages}/pip/_vendor/distlib/t32.exe"] = made(EXE, I386)
        files["install/Lib/distutils/command/wininst-6.0.exe"] = made(EXE, I386)
        files[f"{packages}/numpy/_core.pyd"] = patch.pe_flags(made(MODULE), FLAGS, without=NX)
        files[f"{packages}/numpy/_simd.pyd"] = made(MODULE, ARM64)

    found = judged(tmp_path, change).findings
    assert [(item.rule, item.where) for item in found] == [("pe.machine", f"{packages}/numpy/_simd.pyd")]


def test_a_library_for_windows_in_a_distribution_for_linux_is_found(tmp_path: Path) -> None:
    content = tiny.distribution(lambda _, members: members.update({"python/install/x.dll": made(CRYPTO)}))
    findings = validate(tiny.pack(tmp_path / "a.tar", content), run=False).findings
    assert "pe.machine" in {item.rule for item in findings}


def test_what_is_missing_of_a_truncated_archive_is_not_looked_for(tmp_path: Path) -> None:
    path = tiny.pack(tmp_path / "a.tar", tiny_windows.distribution())
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"python/install/vcruntime140.dll")])
    assert {item.rule for item in validate(path, run=False).findings} == {"archive.damaged"}


def test_damaged_files_are_found_as_such_and_what_only_begins_like_one_is_not(tmp_path: Path) -> None:
    def change(_: dict[str, Any], files: trees.Tree) -> None:
        for name in (CRYPTO, PDB, CORE):
            data = files[name]
            assert isinstance(data, bytes)
            files[name] = data[:50]
        files["install/Lib/notes.txt"] = b"MZ is how they begin"

    found = judged(tmp_path, change).findings
    assert sorted(item.where for item in found if item.rule == "binary.damaged") == sorted([CRYPTO, PDB, CORE])
