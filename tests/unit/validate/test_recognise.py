"""What is no Python at all is no input; one sign of Python, or damage that hides it, is enough to be judged."""

from __future__ import annotations

import gzip
import re
import zipfile
from pathlib import Path

import pytest

from pydist.cli.main import main
from pydist.errors import InputError
from pydist.validate import validate
from tests.support import tiny
from tests.support.elf import make_elf


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"text")
    return path


def written(path: Path, data: bytes = b"text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_folders_and_archives_without_python_are_refused_with_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    written(tmp_path / "etc/python3/debian_config")
    for path in (tmp_path / "empty", tmp_path / "etc", zipped(tmp_path / "a.zip", "a/b.txt", "python/README"),
                 zipped(tmp_path / "none.zip")):  # fmt: skip
        with pytest.raises(InputError, match=rf"{re.escape(str(path))} is no Python.*PYTHON\.json, bin/python3"):
            validate(path, run=False)
        assert main(["validate", "--no-run", "--quiet", str(path)]) == 2


@pytest.mark.parametrize("data", [b"", b"some text", make_elf(), b"x" * 2048])
def test_files_that_are_no_archive_are_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError, match=r"not an archive.*expected an archive of a Python"):
        validate(written(tmp_path / "file", data), run=False)


def test_damage_is_a_finding_wherever_the_archive_ends(tmp_path: Path) -> None:
    whole = gzip.compress(tiny.pack(tmp_path / "a.tar", tiny.distribution()).read_bytes(), mtime=0)
    for size in (12, 100, len(whole) // 2, len(whole) - 9):
        report = validate(written(tmp_path / "a.tar.gz", whole[:size]), run=False)
        assert "archive.damaged" in {item.rule for item in report.findings}


@pytest.mark.parametrize(
    "name",
    ["bin/python3.14t", "python.exe", "lib/python3.14/abc.py", "Lib/os.py", "include/python3.9/Python.h",
     "lib/libpython3.11.so.1.0", "share/PYTHON.json", "install/bin/python3", "python313.zip"],
)  # fmt: skip
def test_one_name_that_only_pythons_have_is_enough(tmp_path: Path, name: str) -> None:
    written(tmp_path / "tree" / name)
    assert not validate(tmp_path / "tree", run=False).good
    assert not validate(zipped(tmp_path / "a.zip", f"misplaced/{name}"), run=False).good


def test_the_folder_of_a_python_further_down_is_named(tmp_path: Path) -> None:
    written(tmp_path / "versions/3.12.4/bin/python3.12")
    with pytest.raises(InputError, match=r"there may be one in '.*versions/3\.12\.4': give that folder"):
        validate(tmp_path / "versions", run=False)


def test_a_sign_at_the_right_place_counts_more_than_one_further_down(tmp_path: Path) -> None:
    for name in (".venv/bin/python3", "bin/python3"):
        written(tmp_path / "tree" / name)
    assert not validate(tmp_path / "tree", run=False).good


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"MZqFpD='\n", "but a Cosmopolitan program for all systems"), (make_elf(), "but an ELF program or library"),
     (b"#!/bin/sh\n", "but a script"), (b"root:x:0:0\n", "not an archive; expected")],
)  # fmt: skip
def test_what_a_program_is_instead_is_said(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        validate(written(tmp_path / "file", data), run=False)


def test_a_wheel_is_no_distribution_and_the_python_in_it_is_named(tmp_path: Path) -> None:
    wheel = zipped(tmp_path / "bundle.whl", "bundle/python/bin/python3.14", "bundle-1.dist-info/WHEEL")
    with pytest.raises(InputError, match=r"is a wheel; there is a Python in it.*give its folder 'bundle'"):
        validate(wheel, run=False)
    with pytest.raises(InputError, match="is a wheel; there is no Python in it"):
        validate(zipped(tmp_path / "pip.whl", "pip/__init__.py", "pip-1.dist-info/WHEEL"), run=False)
