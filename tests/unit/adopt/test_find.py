"""What was given is found to be a CPython, or refused with what it is."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from pydist.adopt.ask import NotAdoptable
from pydist.adopt.find import Installed, find, target_of
from pydist.errors import EnvironmentLacking
from tests.support import trees
from tests.support.elf import make_elf
from tests.support.installed import facts
from tests.support.macho import make_macho
from tests.support.pe import make_pe
from tests.support.said import interpreter

FIRST = {"implementation": "CPython", "version": "3.14.7"}
MUSL = "x86_64-linux-musl"


def prefix(folder: Path, **changes: Any) -> Path:
    """A prefix whose interpreter, a static program, says that it is there."""
    tree = {name: data for name, data in trees.unix().items() if name != "bin/python3.14"}
    tree["lib/python3.14/_sysconfigdata__linux_x86_64-linux-musl.py"] = trees.variables(triplet=MUSL)
    del tree["lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py"]
    trees.write(folder, tree)
    interpreter(folder / "bin/python3.14", FIRST, {"facts": facts(Path("@"), **changes)})
    return folder


def found(path: Path, tmp_path: Path) -> Installed:
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    return find(path, work)


def refused(path: Path, tmp_path: Path) -> str:
    with pytest.raises(NotAdoptable) as raised:
        found(path, tmp_path)
    return str(raised.value)


def test_a_prefix_an_interpreter_and_an_environment_are_the_same_python(tmp_path: Path) -> None:
    usr = prefix(tmp_path / "usr")
    made = found(usr, tmp_path)
    assert (made.prefix, made.program, made.target.triple) == (usr, usr / "bin/python3.14", "x86_64-unknown-linux-musl")
    assert (made.static, made.packed, made.starter, made.system) == (True, False, (), Path("/"))
    assert found(usr / "bin/python3", tmp_path) == made
    (tmp_path / "env").mkdir()
    (tmp_path / "env/pyvenv.cfg").write_text(f"home = {usr}/bin\n")
    again = found(tmp_path / "env", tmp_path)
    assert again.prefix == usr and str(usr) in again.notes[0]


def test_an_archive_is_unpacked(tmp_path: Path) -> None:
    usr = prefix(tmp_path / "usr")
    tree: trees.Tree = {
        path.relative_to(usr).as_posix(): path.read_bytes() for path in usr.rglob("*") if path.is_file()
    }
    made = found(trees.tar(tmp_path / "install_only.tar.gz", tree), tmp_path)
    assert made.packed and made.prefix == tmp_path / "work/unpacked/python"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"prefix": "/usr", "exec_prefix": "/usr", "paths": {"stdlib": "/usr/lib/x", "platstdlib": "/usr/lib/x"}},
            "is not in /usr",
        ),
        ({"exec_prefix": "/usr"}, "two prefixes"),
        ({"paths": {"stdlib": "/usr/lib/python3.14", "platstdlib": "@/lib"}}, "stdlib is /usr/lib/python3.14"),
        ({"paths": {}}, "expected a folder below"),
    ],
)
def test_what_would_not_move_is_refused(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    assert expected in refused(prefix(tmp_path / "usr", **change), tmp_path)


def test_an_interpreter_of_another_prefix_is_refused(tmp_path: Path) -> None:
    usr = prefix(tmp_path / "usr")
    (tmp_path / "other/bin").mkdir(parents=True)
    (tmp_path / "other/bin/python3").symlink_to(usr / "bin/python3.14")
    assert f"belongs to {usr}" in refused(tmp_path / "other", tmp_path)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"#!/usr/bin/env bash\nexit\n", "is a script ('#!/usr/bin/env bash')"),
        (b"MZqFpD='\n" + bytes(4096), "Cosmopolitan"),
        (make_pe(), "a program for Windows"),
        (make_macho(), "a program for macOS"),
        (trees.elf() + b"MEI\x0c\x0b\x0a\x0b\x0e" + bytes(80), "frozen by PyInstaller"),
        (trees.elf()[:100], "is damaged"),
        (make_elf(machine=9999), "which platform it is for"),
    ],
)
def test_programs_that_are_no_python_for_linux_are_named(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "bin/python3"
    path.parent.mkdir()
    path.write_bytes(data)
    assert expected in refused(path, tmp_path)
    assert expected in refused(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("dist/base_library.zip", b"", "PyInstaller froze, in 'dist'"),
        ("base_library.zip", b"", "an application that PyInstaller froze"),
        ("bin/pypy3.11", b"", "no CPython, but PyPy: 'bin/pypy3.11'"),
        ("python.com", b"MZqFpD", "Cosmopolitan"),
        ("python.exe", b"MZ", "for Windows"),
        ("lib/layer.zip", b"", "there are archives in it, such as 'lib/layer.zip'"),
        ("bin/perl", b"", "expected bin/python3"),
        ("PYTHON.json", b"{}", "`pydist repack`"),
        ("python/PYTHON.json", b"{}", "`pydist repack`"),
    ],
)
def test_folders_without_a_python_to_adopt_are_named(tmp_path: Path, name: str, data: bytes, expected: str) -> None:
    trees.write(tmp_path / "given", {name: data})
    message = refused(tmp_path / "given", tmp_path)
    assert expected in message and str(tmp_path / "given") in message and "in ''" not in message


def test_an_archive_that_cannot_be_unpacked_is_named_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "layer.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("awscli/v2/1.0/dist/base_library.zip", b"")
        link = zipfile.ZipInfo("awscli/v2/current")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        made.writestr(link, "/usr/local/aws-cli/v2/1.0")
    assert "PyInstaller froze, in 'awscli/v2/1.0/dist'" in refused(path, tmp_path)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "gone", tmp_path)


def test_a_python_for_a_processor_without_an_emulator_does_not_run_here(tmp_path: Path) -> None:
    path = tmp_path / "usr/bin/python3"
    trees.write(tmp_path / "usr", {"bin/python3": trees.elf(interp="/lib/ld64.so.1", machine=22)})
    with pytest.raises((EnvironmentLacking, NotAdoptable)):
        found(path, tmp_path)


def test_documents_tell_the_c_library_of_a_static_program(tmp_path: Path) -> None:
    usr = prefix(tmp_path / "usr")
    target, static = target_of(usr / "bin/python3.14")
    assert (target.triple, static) == ("x86_64-unknown-linux-musl", True)


def test_a_system_in_a_folder_starts_its_own_programs(tmp_path: Path) -> None:
    """Its loader is a program that is given the interpreter; here it is one that says which that was."""
    loader = tmp_path / "root/lib64/ld-linux-x86-64.so.2"
    said = facts(tmp_path / "root/usr")
    interpreter(loader, FIRST, {"facts": said})
    tree = trees.unix()
    trees.write(tmp_path / "root/usr", tree)
    made = found(tmp_path / "root/usr", tmp_path)
    assert made.system == tmp_path / "root"
    assert made.starter[:2] == (str(loader), "--library-path")
    assert f"the system in {tmp_path / 'root'}" in made.notes[-1]
