"""Less of a distribution is still one: licences stay, documents tell the truth, and doing it twice changes nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pydist.archive.entry import Kind
from pydist.archive.extract import extract
from pydist.archive.source import open_source
from pydist.archive.zip_write import FORMATS
from pydist.binary.elf import ElfFile
from pydist.errors import EnvironmentLacking, InputError
from pydist.manifest.compact import COMPACT, load_compact
from pydist.manifest.load import load
from pydist.manifest.record import load_record
from pydist.policy.names import AssetName
from pydist.progress import Silent
from pydist.repack import Request, repack
from pydist.repack.profile import Form, profile_named, profiles
from pydist.validate import validate
from tests.support import tiny
from tests.support.elf import make_elf
from tests.support.limits import small_files
from tests.support.zig import zig

STDLIB = "python/install/lib/python3.14"
EXTRA: tiny.Members = {
    f"{STDLIB}/test/test_os.py": b"tests",
    f"{STDLIB}/tkinter/__init__.py": b"import _tkinter",
    f"{STDLIB}/ensurepip/__init__.py": b"",
    f"{STDLIB}/site-packages/pip/__init__.py": b"",
    f"{STDLIB}/__pycache__/os.cpython-314.pyc": b"\x2b\x0e\r\n" + bytes(20),
    f"{STDLIB}/sourceless.pyc": b"\x2b\x0e\r\n" + bytes(20),
    "python/install/lib/libz.so.1": make_elf(kind=3, soname="libz.so.1"),
    "python/install/bin/tool": make_elf(kind=3, interp="/lib/ld.so", needed=["libz.so.1"]),
    "python/install/bin/idle3": ("sym", "idle3.14"),
    "python/install/bin/idle3.14": b"#!/bin/sh\n",
}


@pytest.fixture
def full(tmp_path: Path) -> Path:
    def change(_manifest: dict[str, Any], content: tiny.Members) -> None:
        content |= EXTRA

    folder = tmp_path / "in"
    folder.mkdir()
    return tiny.pack(folder / "cpython-3.14.7+20260101-x86_64-unknown-linux-musl-noopt+static-full.tar",
                     tiny.distribution(change))  # fmt: skip


def made(source: Path, to: str, *drop: str, **more: Any) -> Path:
    output = more.pop("output", f"{source.parent}/{to}/")
    return Path(repack(Request(source=source, profile=profile_named(to, drop), output=output, **more)).output)


def names(path: Path) -> set[str]:
    with open_source(path) as source:
        return {member.entry.path.removeprefix("python/") for member in source.members()}


def content(path: Path, name: str) -> bytes:
    with open_source(path) as source:
        return next(member.read() for member in source.members() if member.entry.path == f"python/{name}")


def test_an_installed_tree_keeps_licences_and_says_what_it_is(full: Path) -> None:
    path = made(full, "install-only")
    assert path.name == "cpython-3.14.7+20260101-x86_64-unknown-linux-musl-noopt+static-install_only.tar.gz"
    found = names(path)
    assert {"share/licenses/LICENSE.zlib.txt", "share/licenses/LICENSE.cpython.txt", "bin/python3.14"} <= found
    assert not [name for name in found if name.startswith(("build/", "install/")) or name.endswith(".a")]
    about = load_compact(content(path, COMPACT), COMPACT)
    assert (about.python_version, about.target_triple, about.python_exe) == ("3.14.7", tiny.TRIPLE, "bin/python3.14")
    assert about.license_path == "share/licenses/LICENSE.cpython.txt"
    assert about.extensions["zlib"].license_paths == ("share/licenses/LICENSE.zlib.txt",)
    assert (about.left_out, about.stripped) == (("static libraries",), False)
    assert {about.license_path, about.python_exe} <= found


def test_a_minimal_tree_has_what_running_needs_and_no_link_into_nothing(full: Path) -> None:
    path = made(full, "minimal")
    found = names(path)
    assert {
        "bin/python3",
        "bin/python3.14",
        "lib/python3.14/os.py",
        "lib/python3.14/site-packages/pip/__init__.py",
    } <= found
    gone = ("test/", "tkinter/", "ensurepip/", "config-", "include/")
    assert not [name for name in found if any(part in name for part in gone) or name.startswith("bin/idle")]
    about = load_compact(content(path, COMPACT), COMPACT)
    assert about.left_out == ("tests", "ensurepip", "idlelib", "tkinter", "static libraries", "headers")
    assert about.stripped


@pytest.mark.parametrize("to", [name for name, profile in profiles().items() if profile.suffix in FORMATS])
@pytest.mark.parametrize("suffix", FORMATS)
def test_repacked_twice_is_unchanged(full: Path, to: str, suffix: str) -> None:
    first = made(full, to, suffix=suffix)
    second = made(first, to, suffix=suffix)
    assert first.name == second.name and first != second
    assert first.read_bytes() == second.read_bytes()


def test_bytecode_of_another_time_goes_and_modules_without_a_source_stay(full: Path) -> None:
    found = names(made(full, "minimal"))
    assert "lib/python3.14/sourceless.pyc" in found
    assert "lib/python3.14/__pycache__/os.cpython-314.pyc" not in found


def test_profiles_can_follow_one_another(full: Path) -> None:
    """By way of install-only, stripped and minimal are what they are from the full archive."""
    less = made(full, "install-only")
    assert made(less, "minimal").read_bytes() == made(full, "minimal").read_bytes()


def test_a_full_archive_stays_byte_for_byte_what_it_was(full: Path) -> None:
    path = made(full, "full")
    with open_source(full) as source:
        before = {member.entry.path: member.read() for member in source.members() if member.entry.kind is Kind.FILE}
    with open_source(path) as source:
        after = {member.entry.path: member.read() for member in source.members() if member.entry.kind is Kind.FILE}
    del before[f"{STDLIB}/__pycache__/os.cpython-314.pyc"]
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed <= {"python/PYTHON.json", "python/build/pydist.json"}, "bytecode is gone, so it is from the record"
    assert next(iter(after)) == "python/PYTHON.json"


def test_a_full_archive_without_tests_describes_itself(full: Path) -> None:
    path = made(full, "full", "tests")
    manifest = load(content(path, "PYTHON.json"), "PYTHON.json")
    assert manifest.python_stdlib_test_packages == ()
    record = load_record(content(path, "build/pydist.json"), "record")
    assert set(record.files) == names(path) - {"PYTHON.json", "build/pydist.json"} - set(record.links)
    assert [item.rule for item in validate(path, run=False).findings if item.severity == "error"] == [
        item.rule for item in validate(full, run=False).findings if item.severity == "error"
    ]


def test_a_folder_is_an_input_too(full: Path, tmp_path: Path) -> None:
    extract(full, tmp_path / "tree")
    output = str(tmp_path / "a.tar.gz")
    for folder in (tmp_path / "tree", tmp_path / "tree" / "python"):
        again = made(folder, "install-only", output=output)
        assert again.read_bytes() == made(full, "install-only").read_bytes()


@pytest.mark.parametrize("length", [10, 80])
def test_links_to_folders_of_links_go_as_long_as_they_are_few(tmp_path: Path, length: int) -> None:
    """Each that goes can empty the folder that another one leads to: a long chain would take as many rounds."""

    def change(_manifest: dict[str, Any], content: tiny.Members) -> None:
        goals = [*(f"../chain{number}" for number in range(1, length)), "../python3.14/test"]
        content |= {f"python/install/lib/chain{number}/a": ("sym", goal) for number, goal in enumerate(goals)}
        content[f"{STDLIB}/test/test_os.py"] = b"tests"

    source = tiny.pack(tmp_path / "a.tar", tiny.distribution(change))
    if length == 10:
        assert not [name for name in names(made(source, "minimal", output=f"{tmp_path}/b.tar.gz")) if "chain" in name]
    else:
        with pytest.raises(InputError, match="64 in a row"):
            made(source, "minimal", output=f"{tmp_path}/b.tar.gz")


def test_what_is_needed_cannot_be_left_out(full: Path) -> None:
    with pytest.raises(InputError, match=r"libz\.a"):
        made(full, "full", "static libraries")


def test_libraries_that_stay_are_needed_of_what_stays(tmp_path: Path) -> None:
    def change(_manifest: dict[str, Any], content: tiny.Members) -> None:
        content["python/install/bin/python3.14"] = make_elf(needed=["libtcl8.6.so"])
        content["python/install/lib/libtcl8.6.so"] = make_elf(kind=3, soname="libtcl8.6.so")

    source = tiny.pack(tmp_path / "a.tar", tiny.distribution(change))
    with pytest.raises(InputError, match=r"python3\.14: needs libtcl8\.6\.so"):
        made(source, "minimal")


@pytest.mark.parametrize("category", ["licences", "standard library", "programs", "wings"])
def test_without_some_categories_it_is_no_distribution(category: str) -> None:
    with pytest.raises(InputError, match=category):
        profile_named("minimal", (category,))


def test_an_installed_tree_makes_no_full_archive(full: Path) -> None:
    with pytest.raises(InputError, match=r"no objects.*pydist adopt"):
        made(made(full, "install-only"), "full")


def test_the_input_is_never_replaced(full: Path) -> None:
    before = full.read_bytes()
    with pytest.raises(InputError, match="is the input"):
        made(full, "full", output=str(full), suffix="tar.gz")
    assert full.read_bytes() == before


def test_the_result_does_not_become_a_part_of_the_input(full: Path, tmp_path: Path) -> None:
    extract(full, tmp_path / "tree")
    with pytest.raises(InputError, match="in the input"):
        made(tmp_path / "tree" / "python", "minimal", output=str(tmp_path / "tree" / "python" / "a.zip"))
    made(tmp_path / "tree", "minimal", output=str(tmp_path / "tree" / "a.zip"))


def test_what_the_judge_refuses_is_not_published(full: Path) -> None:
    seen = []

    def judge(path: Path, form: Form) -> None:
        seen.append((path.name, path.is_file(), form))
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        repack(Request(source=full, profile=profile_named("minimal"), output=f"{full.parent}/"), judge=judge)
    assert seen and seen[0][1:] == (True, Form.INSTALLED) and "minimal" in seen[0][0]
    assert list(full.parent.iterdir()) == [full]


@pytest.mark.parametrize(
    "name, value", [("python/../../evil", b"x"), ("python/install/bin/l", ("sym", "../../../../x"))]
)
def test_names_and_links_that_lead_out_are_refused(tmp_path: Path, name: str, value: Any) -> None:
    source = tiny.pack(tmp_path / "a.tar", {**tiny.distribution(), name: value})
    with pytest.raises(InputError):
        made(source, "install-only")
    assert list(tmp_path.iterdir()) == [source]


def test_what_is_stripped_is_kept_for_debuggers(tmp_path: Path) -> None:
    """With real bytes: a program of the toolchain, its symbols under its build-id."""
    (tmp_path / "a.c").write_text("int helper(int a) { return a; } int main(int c, char **v) { return helper(c) - 1; }")
    command = [str(zig()), "cc", "-target", "x86_64-linux-musl", "-g", "-Wl,--build-id=sha1", "-o", "a", "a.c"]
    subprocess.run(command, check=True, cwd=tmp_path)
    program = (tmp_path / "a").read_bytes()

    def change(_manifest: dict[str, Any], content: tiny.Members) -> None:
        content["python/install/bin/python3.14"] = program

    source = tiny.pack(tmp_path / "a.tar", tiny.distribution(change))
    report = repack(Request(source=source, profile=profile_named("stripped"), output=str(tmp_path / "out.tar.gz"),
                            debug_files=tmp_path / "debug"))  # fmt: skip
    small = content(Path(report.output), "bin/python3.14")
    row = report.stripped[0]
    assert (row.path, row.bytes_before, row.bytes_after) == ("bin/python3.14", len(program), len(small))
    assert len(small) < len(program)
    identity = ElfFile.parse(program).build_id or ""
    assert row.debug_file == f".build-id/{identity[:2]}/{identity[2:]}.debug"
    debug = (tmp_path / "debug" / row.debug_file).read_bytes()
    assert "helper" in {symbol.name for symbol in ElfFile.parse(debug).symbols(debug)}
    again = repack(
        Request(source=Path(report.output), profile=profile_named("stripped"), output=str(tmp_path / "b.tar.gz"))
    )
    assert (again.sha256, again.stripped) == (report.sha256, ())
    (tmp_path / "full" / row.debug_file).mkdir(parents=True)
    with pytest.raises(InputError, match=r"full/.*cannot be written.*--debug-files"):
        repack(Request(source=source, profile=profile_named("stripped"), output=str(tmp_path / "c.tar.gz"),
                       debug_files=tmp_path / "full"))  # fmt: skip
    assert not (tmp_path / "c.tar.gz").exists()
    assert not [path for path in (tmp_path / "full").rglob("*") if path.is_file()]
    (tmp_path / "run").write_bytes(small)
    (tmp_path / "run").chmod(0o755)
    assert subprocess.run([tmp_path / "run"], check=False).returncode == 0


def test_what_is_too_large_to_strip_in_memory_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(_manifest: dict[str, Any], content: tiny.Members) -> None:
        content["python/install/lib/libbig.so"] = make_elf(kind=3, needed=["libbig2.so"]) + bytes(20_000)

    source = tiny.pack(tmp_path / "a.tar", tiny.distribution(change))
    monkeypatch.setattr("pydist.repack.shrink._LARGEST", 20_000)
    report = repack(Request(source=source, profile=profile_named("stripped"), output=str(tmp_path / "out.tar.gz")))
    assert [item.path for item in report.left_alone if "up to 20,000" in item.reason] == ["lib/libbig.so"]


def test_a_wrong_place_is_said_before_the_input_is_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    more: list[dict[str, Any]] = [
        {"output": f"{tmp_path}/file/a.zip"},
        {"output": f"{tmp_path}/a.zip", "debug_files": tmp_path / "file" / "debug"},
    ]
    for words in more:
        with pytest.raises(InputError, match=r"file.*cannot be written: Not a directory"):
            repack(Request(source=tmp_path / "missing.tar", profile=profile_named("stripped"), **words))


def test_a_disk_that_becomes_full_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    text = tiny.SETTINGS.replace(b"{", b"{'prefix': '/install', 'many': %r, " % ("-L/install/lib " * 5000), 1)

    def change(_manifest: dict[str, Any], content: tiny.Members) -> None:
        content[f"{STDLIB}/_sysconfigdata__linux_.py"] = text

    source = tiny.pack(tmp_path / "a.tar", tiny.distribution(change))
    with open_source(source) as opened:
        largest = max(member.entry.size for member in opened.members())
    with small_files(largest), pytest.raises(EnvironmentLacking, match="File too large; TMPDIR"):
        made(source, "full", output=str(tmp_path / "b.tar.gz"), fix=True)
    assert list(tmp_path.iterdir()) == [source]


def test_signed_programs_of_others_are_left_alone(tmp_path: Path) -> None:
    def change(_manifest: dict[str, Any], content: tiny.Members) -> None:
        content["python/install/lib/a.dylib"] = b"\xcf\xfa\xed\xfe" + bytes(600)

    source = tiny.pack(tmp_path / "a.tar", tiny.distribution(change))
    report = repack(Request(source=source, profile=profile_named("stripped"), output=str(tmp_path / "out.tar.gz")))
    assert [item.path for item in report.left_alone if "Mach-O" in item.reason] == ["lib/a.dylib"]
    assert content(Path(report.output), "lib/a.dylib") == b"\xcf\xfa\xed\xfe" + bytes(600)


def test_the_report_counts_what_went(full: Path) -> None:
    report = repack(Request(source=full, profile=profile_named("minimal"), output=f"{full.parent}/o/"))
    rows = {row.category: row for row in report.space}
    assert (rows["tests"].files_before, rows["tests"].files_after, rows["tests"].bytes_before) == (1, 0, 5)
    assert rows["licences"].files_after == rows["licences"].files_before + 1, "the compact manifest is new"
    assert json.loads(content(Path(report.output), COMPACT))["left_out"] == list(report.left_out)


@pytest.mark.parametrize(
    ("name", "tag"),
    [("cpython-3.14.7+20260101-x86_64-unknown-linux-musl-install_only.tar.gz", "+20260101"), ("renamed.tar.gz", "")],
)
def test_the_options_in_the_name_are_those_of_the_manifest(full: Path, name: str, tag: str) -> None:
    """Whatever the input is called; only the release tag is in no manifest."""
    source = Path(made(full, "install-only")).rename(full.parent / name)
    path = made(source, "minimal")
    assert path.name == f"cpython-3.14.7{tag}-x86_64-unknown-linux-musl-noopt+static-install_only_minimal.tar.gz"
    assert load_compact(content(path, COMPACT), COMPACT).build_options == "noopt+static"


def test_a_tree_that_says_nothing_is_called_what_is_learned_of_it(full: Path, tmp_path: Path) -> None:
    with open_source(made(full, "install-only")) as source:
        content = {member.entry.path: member.read() for member in source.members()
                   if member.entry.kind is Kind.FILE and not member.entry.path.endswith("PYTHON.json")}  # fmt: skip
    theirs = tiny.pack(tmp_path / "theirs.tar", content)
    name = AssetName.parse("cpython-3.14.7-x86_64-unknown-linux-musl-static-install_only.tar.gz")
    request = Request(source=theirs, profile=profile_named("minimal"), output=f"{tmp_path}/out/")
    report = repack(request, identify=lambda _: name)
    assert Path(report.output).name == "cpython-3.14.7-x86_64-unknown-linux-musl-static-install_only_minimal.tar.gz"
    steps = Steps()
    with pytest.raises(InputError, match=r"which version and target this is; name the result"):
        repack(request, reporter=steps)
    assert steps.names == [], "it is said before the long work"


def test_a_prefix_is_adopted_and_not_repacked(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to("/usr/bin/python3")
    request = Request(source=tmp_path, profile=profile_named("minimal"), output=str(tmp_path.parent / "a.zip"))
    with pytest.raises(InputError, match=r"link bin/python3 .*; .*pydist adopt"):
        repack(request)
    (tmp_path / "bin" / "python3").unlink()
    (tmp_path / "bin" / "python3").write_bytes(make_elf())
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\n")
    with pytest.raises(InputError, match=r"virtual environment.*pydist adopt"):
        repack(request)


class Steps(Silent):
    """Remembers what was begun."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def step(self, name: str, detail: str = "") -> None:
        self.names.append(name)
