"""Two distributions that differ in one thing: that is said, in its section, and nothing else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.diff import DiffReport, diff
from pydist.diff.report import ExtensionChange, ValueChange
from pydist.errors import InputError
from tests.support import tiny, tiny_gnu
from tests.support.elf import make_ar, make_elf

Change = Callable[[dict[str, Any], tiny.Members], None]
SECTIONS = ("identity", "manifest", "files", "extensions", "symbols", "needs", "sizes", "findings")
RECORD = "build/pydist.json"


def packed(folder: Path, name: str, content: tiny.Members) -> Path:
    folder.mkdir(exist_ok=True)
    return tiny.pack(folder / name, content)


def compared(folder: Path, change: Change, *, shown: tuple[str, ...] = (), gnu: bool = False) -> DiffReport:
    """A good distribution and one that `change` had its way with; names of archives are the same."""
    make = tiny_gnu.distribution if gnu else tiny.distribution
    first = packed(folder / "1", "a.tar", make())
    second = packed(folder / "2", "a.tar", make(change))
    return diff(first, second, show=shown)


def filled(report: DiffReport) -> set[str]:
    return {name for name in SECTIONS if getattr(report, name)}


def paths(report: DiffReport) -> dict[str, tuple[str, ...]]:
    """What differs by path, without the record, which lists all files."""
    return {item.path: item.what for item in report.files if item.path != RECORD}


def swapped(report: DiffReport) -> DiffReport:
    """What the report says if first and second are exchanged."""
    turned = {"added": "removed", "removed": "added"}
    sides = {"first": "second", "second": "first", **turned}

    def exchange(item: Any) -> Any:
        values = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
        made: dict[str, Any] = {}
        for name, value in values.items():
            stem, _, last = name.rpartition("_")
            other = f"{stem}_{sides[last]}" if stem and last in sides else sides.get(name, name)
            made[name] = values.get(other, value)
        if "what" in made:
            made["what"] = tuple(turned.get(word, word) for word in made["what"])
        if made.get("renamed"):
            made["path"], made["renamed"] = made["renamed"], made["path"]
        return dataclasses.replace(item, **made)

    lists: dict[str, Any] = {name: tuple(sorted(map(exchange, getattr(report, name)), key=repr)) for name in SECTIONS}
    return dataclasses.replace(report, first=report.second, second=report.first, **lists)


def ordered(report: DiffReport) -> DiffReport:
    lists: dict[str, Any] = {name: tuple(sorted(getattr(report, name), key=repr)) for name in SECTIONS}
    return dataclasses.replace(report, **lists)


def test_a_distribution_equals_itself_as_archive_and_as_folder(tmp_path: Path) -> None:
    archive = packed(tmp_path / "1", "a.tar", tiny.distribution())
    report = diff(archive, archive)
    assert report.equal and not filled(report)
    for name, data in tiny.distribution().items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, bytes):
            path.write_bytes(data)
            path.chmod(0o755 if "/bin/" in name else 0o644)
        else:
            path.symlink_to(data[1])
    for folder in (tmp_path / "folder", tmp_path / "folder/python"):
        report = diff(archive, folder, show=["PYTHON.json"])
        assert report.equal and not filled(report)
        assert report.shown[0].lines == ()


def test_a_file_that_is_added_or_gone_or_has_other_bytes(tmp_path: Path) -> None:
    def change(_manifest: dict[str, Any], members: tiny.Members) -> None:
        members["python/install/lib/python3.14/new.py"] = b"x"
        members["python/install/lib/python3.14/os.py"] = b"import sys\n"
        del members["python/licenses/LICENSE.zlib.txt"]

    report = compared(tmp_path, change)
    assert paths(report) == {
        "install/lib/python3.14/new.py": ("added",),
        "install/lib/python3.14/os.py": ("content",),
        "licenses/LICENSE.zlib.txt": ("removed",),
    }
    assert filled(report) == {"files", "sizes", "findings"}
    more = {(item.category, item.files_second - item.files_first, item.bytes_second - item.bytes_first)
            for item in report.sizes}  # fmt: skip
    assert more >= {("standard library", 1, 12), ("licences", -1, -len(tiny.LICENCES))}
    assert all(item.second and not item.first for item in report.findings)
    assert {item.second.where for item in report.findings if item.second} == {
        "build_info.extensions.zlib[0].license_paths[0]",
        "build/lib/libz.a",
    }


def test_modes_and_links_and_kinds(tmp_path: Path) -> None:
    first = tiny.distribution()
    second = dict(first)
    second["python/install/bin/python3"] = ("sym", "./python3.14")
    second["python/install/lib/python3.14/os.py"] = ("sym", "../../include/python3.14/Python.h")
    one, other = packed(tmp_path / "1", "a.tar", first), packed(tmp_path / "2", "a.tar", second)
    assert paths(diff(one, other)) == {
        "install/bin/python3": ("link",),
        "install/lib/python3.14/os.py": ("kind",),
    }
    folders = []
    for name, mode in (("one", 0o644), ("two", 0o755)):
        file = tmp_path / name / "python/install/lib/x.py"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"")
        file.chmod(mode)
        folders.append(tmp_path / name)
    report = diff(*folders)
    assert paths(report) == {"install/lib/x.py": ("mode",)}
    state = report.files[0]
    assert state.first and state.second and (state.first.mode, state.second.mode) == ("0644", "0755")


def test_keys_of_the_manifest_have_their_paths_and_identity_comes_first(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], _members: tiny.Members) -> None:
        manifest["python_config_vars"]["CC"] = "cc"
        manifest["python_version"] = "3.14.6"
        del manifest["license_path"]

    report = compared(tmp_path, change)
    assert report.identity == (ValueChange(path="python", first="3.14.7", second="3.14.6"),)
    assert report.manifest == (
        ValueChange(path="license_path", first='"licenses/LICENSE.cpython.txt"'),
        ValueChange(path="python_config_vars.CC", second='"cc"'),
        ValueChange(path="python_version", first='"3.14.7"', second='"3.14.6"'),
    )


def test_extension_modules_come_and_go_and_change_their_linking(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], _members: tiny.Members) -> None:
        extensions = manifest["build_info"]["extensions"]
        extensions["bz2"] = extensions.pop("zlib")
        extensions["_tkinter"][0].pop("shared_lib")

    assert compared(tmp_path, change, gnu=True).extensions == (
        ExtensionChange(name="_tkinter", first="shared", second="built in"),
        ExtensionChange(name="bz2", first="absent", second="built in"),
        ExtensionChange(name="zlib", first="built in", second="absent"),
    )


def test_modules_are_known_by_their_files_where_there_is_no_manifest(tmp_path: Path) -> None:
    stdlib = "python/lib/python3.14"
    base: tiny.Members = {f"{stdlib}/os.py": b""}
    more: tiny.Members = {**base, f"{stdlib}/lib-dynload/_ssl.cpython-314-x86_64-linux-gnu.so": make_elf(kind=3)}
    report = diff(packed(tmp_path / "1", "a.tar", base), packed(tmp_path / "2", "a.tar", more))
    assert report.extensions == (ExtensionChange(name="_ssl", first="no file", second="shared"),)


def test_symbols_libraries_and_glibc_by_file_and_for_all_together(tmp_path: Path) -> None:
    def change(_manifest: dict[str, Any], members: tiny.Members) -> None:
        api = [name for name in tiny_gnu.API if name != "Py_Main"]
        members[tiny_gnu.LIBRARY] = tiny_gnu.library(
            defined=[*api, "Py_New"], undefined=["fresh", "Py_Main", "__stack_chk_fail", "__memcpy_chk"],
            needed=["libc.so.6", "libm.so.6"], needs=[("libc.so.6", ["GLIBC_2.30"])],
        )  # fmt: skip

    report = compared(tmp_path, change, gnu=True)
    path = tiny_gnu.LIBRARY.removeprefix("python/")
    outside, library = report.symbols
    assert (outside.path, outside.needs_added, outside.exports_added) == ("", ("fresh",), ())
    assert library.path == path
    assert (library.exports_added, library.exports_removed) == (("Py_New",), ("Py_Main",))
    assert (library.needs_added, library.needs_removed) == (("Py_Main", "fresh"), ())
    assert [(item.path, item.added, item.glibc_first, item.glibc_second) for item in report.needs] == [
        ("", ("libm.so.6",), "2.17", "2.30"),
        (path, ("libm.so.6",), "2.17", "2.30"),
    ]
    assert ValueChange(path="highest glibc", first="2.17", second="2.30") in report.identity


def test_static_libraries_offer_what_their_members_do(tmp_path: Path) -> None:
    def change(_manifest: dict[str, Any], members: tiny.Members) -> None:
        one = make_elf(kind=1, defined=["inflate"], undefined=["inner", "memcpy"])
        members["python/build/lib/libz.a"] = make_ar({"a.o": one, "b.o": make_elf(kind=1, defined=["inner"])})

    (symbols,) = compared(tmp_path, change).symbols
    assert symbols.path == "build/lib/libz.a"
    assert (symbols.exports_added, symbols.needs_added) == (("inner",), ("memcpy",))


def test_findings_of_the_same_place_are_one_row(tmp_path: Path) -> None:
    def first(manifest: dict[str, Any], _members: tiny.Members) -> None:
        manifest["python_exe"] = "install/bin/gone"

    def second(manifest: dict[str, Any], _members: tiny.Members) -> None:
        manifest["python_exe"] = "install/bin/missing"

    one = packed(tmp_path / "1", "a.tar", tiny.distribution(first))
    other = packed(tmp_path / "2", "a.tar", tiny.distribution(second))
    (row,) = [item for item in diff(one, other).findings if item.first and item.first.rule == "manifest.path"]
    assert row.first and row.second and "gone" in row.first.message and "missing" in row.second.message
    assert not diff(one, other, rules=frozenset({"archive.damaged"})).findings


def test_files_of_another_series_are_the_same_files(tmp_path: Path) -> None:
    def renamed(name: str) -> str:
        return name.replace("3.14", "3.13")

    first = tiny.members()
    second: tiny.Members = {
        renamed(name): data if isinstance(data, bytes) else (data[0], renamed(data[1])) for name, data in first.items()
    }
    report = diff(packed(tmp_path / "1", "a.tar", first), packed(tmp_path / "2", "a.tar", second))
    assert {item.what for item in report.files} == {("name",), ("link",)}
    assert all(item.renamed == renamed(item.path) for item in report.files if item.what == ("name",))
    assert report.identity == (ValueChange(path="series", first="3.14", second="3.13"),)


@pytest.mark.parametrize("below", ["python/install", "python"])
def test_a_verdict_about_a_file_of_another_series_is_the_same(tmp_path: Path, below: str) -> None:
    def made(series: str, below: str) -> Path:
        content: tiny.Members = {f"{below}/bin/python{series}": make_elf(stack_flags=7)}
        return packed(tmp_path / series, "a.tar", content)

    def about(report: DiffReport) -> list[str]:
        found = (item.first or item.second for item in report.findings)
        return [item.where for item in found if item and item.rule == "binary.executable-stack"]

    one, other = made("3.13", below), made("3.14", "python/install")
    assert not about(diff(one, other))
    assert about(diff(packed(tmp_path, "b.tar", {f"{below}/bin/python3.13": b""}), other))


def test_an_install_only_archive_is_compared_with_what_a_full_one_installs(tmp_path: Path) -> None:
    full = tiny.distribution()
    small: tiny.Members = {
        name.replace("python/install/", "python/"): data for name, data in full.items() if "/install/" in name
    }
    small["python/lib/python3.14/os.py"] = b"other\n"
    one, other = packed(tmp_path / "1", "a.tar", full), packed(tmp_path / "2", "a.tar", small)
    report = diff(one, other, show=["install/lib/python3.14/os.py"])
    changed = {item.path: item.what for item in report.files if item.what != ("removed",)}
    assert changed == {"install/lib/python3.14/os.py": ("content",)}
    assert all(not item.path.startswith("install/") for item in report.files if item.what == ("removed",))
    assert report.shown[0].lines[-1] == "+other"
    assert not report.identity, "what only one says is no difference of what they are"
    (manifest,) = report.manifest
    assert manifest.path == "PYTHON.json" and manifest.first and manifest.second is None


def test_installed_pythons_are_compared_by_what_belongs_to_them(tmp_path: Path) -> None:
    for name, text in (("one", "a\n"), ("two", "b\n")):
        for path in ("bin/python3.14", "lib/python3.14/os.py", "lib/other/x", "games/[x]"):
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    report = diff(tmp_path / "one", tmp_path / "two", show=["install/lib/python3.14/os.py"])
    assert paths(report) == {"install/bin/python3.14": ("content",), "install/lib/python3.14/os.py": ("content",)}
    assert report.first.read and "only what belongs" in report.first.read
    assert report.shown[0].lines[-2:] == ("-a", "+b")


def test_what_stands_outside_and_what_is_no_file_is_compared_too(tmp_path: Path) -> None:
    first = tiny.distribution()
    hostile = {
        **first,
        "../../etc/passwd": b"x",
        "python\\x": b"",
        "outside": b"",
        "\x1b[2J": b"",
        "/abs": ("sym", "/"),
    }
    one, other = packed(tmp_path / "1", "a.tar", first), packed(tmp_path / "2", "a.tar", hostile)
    report = diff(one, other)
    assert {item.path for item in report.files if item.what == ("added",)} == {
        "../../../etc/passwd", "../outside", "../\x1b[2J", "..//abs", "../python\\x"
    }  # fmt: skip
    assert diff(other, other).equal
    assert ordered(diff(other, one)) == swapped(report)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\0" * 1024])
def test_what_is_no_distribution_is_wrong_input(tmp_path: Path, content: bytes) -> None:
    good = packed(tmp_path / "1", "a.tar", tiny.distribution())
    (tmp_path / "bad").write_bytes(content)
    for pair in ((good, tmp_path / "bad"), (tmp_path / "bad", good), (good, tmp_path / "gone")):
        with pytest.raises(InputError):
            diff(*pair)


def test_a_truncated_archive_is_not_compared(tmp_path: Path) -> None:
    good = packed(tmp_path / "1", "a.tar", tiny.distribution())
    cut = tmp_path / "cut.tar"
    cut.write_bytes(good.read_bytes()[:9000])
    with pytest.raises(InputError, match="truncated"):
        diff(good, cut)


def test_contents_are_shown_on_demand(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], members: tiny.Members) -> None:
        manifest["python_config_vars"]["CC"] = "cc"
        members["python/licenses/LICENSE.zlib.txt"] = tiny.LICENCES + b"\nmore\n"
        members["python/install/bin/python3.14"] = make_elf(defined=["other"])

    wanted = ("licenses/LICENSE.zlib.txt", "install/bin/python3.14", "python/install/lib/python3.14/os.py")
    report = compared(tmp_path, change, shown=wanted)
    text, program, same = report.shown
    assert text.lines == (
        "--- first/licenses/LICENSE.zlib.txt", "+++ second/licenses/LICENSE.zlib.txt", "@@ -1 +1,2 @@",
        f" {tiny.LICENCES.decode()}", "+more",
    )  # fmt: skip
    assert any(line.startswith("section .dynstr") or line.startswith("section ") for line in program.lines)
    assert same.lines == ()
    with pytest.raises(InputError, match=r"install/lib/python3.14/os.py"):
        compared(tmp_path, change, shown=("lib/os.py",))


NAMES = st.sampled_from(
    ["python/install/lib/python3.14/a.py", "python/install/lib/python3.13/a.py", "python/install/bin/x", "outside",
     "python/\x1b", "python/install/lib/libpython3.14.so", "python/a\udcff", "python/build/lib/libz.a"]
)  # fmt: skip
CONTENTS: st.SearchStrategy[bytes | tuple[str, str]] = st.sampled_from(
    [b"", b"x", make_elf(kind=3, defined=["a"], needed=["libc.so.6"]), make_elf(kind=3, undefined=["b"]),
     make_ar({"a.o": make_elf(kind=1, defined=["c"])}), ("sym", "x"), ("sym", "/etc")]
)  # fmt: skip
MANIFESTS = st.sampled_from(
    [None, b"{}", b"broken", json.dumps(tiny.manifest()).encode(), b'{"version": "8", "a": [1]}']
)


@st.composite
def trees(draw: st.DrawFn) -> tiny.Members:
    made: tiny.Members = {
        "python/install/lib/python3.14/os.py": b"",
        **draw(st.dictionaries(NAMES, CONTENTS, max_size=4)),
    }
    about = draw(MANIFESTS)
    return made if about is None else {"python/PYTHON.json": about, **made}


@settings(deadline=None)
@given(trees(), trees())
def test_exchanging_both_exchanges_the_sides_and_equal_means_nothing_differs(
    tmp_path_factory: pytest.TempPathFactory, one: tiny.Members, other: tiny.Members
) -> None:
    folder = tmp_path_factory.mktemp("pair")
    first, second = packed(folder / "1", "a.tar", one), packed(folder / "2", "a.tar", other)
    report = diff(first, second)
    assert swapped(report) == ordered(diff(second, first))
    assert report.equal == (not filled(report))
    assert report.equal == (one == other)
    assert diff(first, first).equal
