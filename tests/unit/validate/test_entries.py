"""Rules about single entries: each is violated by one member that a tar archive can hold, and by nothing else."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from pydist.archive.extract import extract
from pydist.validate import choose, validate
from tests.support import tiny, trees
from tests.support.elf import make_elf
from tests.support.proven import ENTRIES


def findings(path: Path) -> dict[str, str]:
    """What the rules about the archive find: a member that was added is also not recorded, which is not asked here."""
    return {item.rule: item.where for item in validate(path, rules=choose(["archive"]), run=False).findings}


def with_member(path: Path, name: str, data: bytes = b"x", **header: Any) -> Path:
    """A conforming distribution with one more member, whose header has other values than usual."""
    tiny.pack(path, tiny.distribution())
    add(path, name, data, **header)
    return path


def add(path: Path, name: str, data: bytes = b"x", **header: Any) -> None:
    with tarfile.open(path, "a") as tar:
        info = tarfile.TarInfo(name)
        info.size, info.mtime = len(data), tiny.TIME
        for key, value in header.items():
            setattr(info, key, value)
        tar.addfile(info, io.BytesIO(data))


LAST = "python/zz"
MEMBERS: list[tuple[str, str, dict[str, Any]]] = [
    ("archive.writable-mode", LAST, {"mode": 0o666}),
    ("archive.writable-mode", LAST, {"mode": 0o775, "type": tarfile.DIRTYPE, "data": b""}),
    ("archive.unreadable-mode", LAST, {"mode": 0o600}),
    ("archive.not-executable", LAST, {"data": make_elf()}),
    ("archive.executable-data", f"{LAST}.txt", {"mode": 0o755}),
    ("archive.hard-link", LAST, {"type": tarfile.LNKTYPE, "linkname": "python/build/run_tests.py", "data": b""}),
    ("archive.empty-file", f"{LAST}.whl", {"data": b""}),
    ("archive.empty-folder", LAST, {"mode": 0o755, "type": tarfile.DIRTYPE, "data": b""}),
    ("archive.windows-name", "python/zz/aux.c", {}),
    ("archive.windows-name", "python/zz/a:b", {}),
    ("archive.windows-name", "python/zz/a.", {}),
    ("archive.name-form", "python/zz/e\u0301", {}),
    ("archive.long-name", f"python/zz/{'a' * 100}/{'b' * 100}", {}),
    ("archive.deep-nesting", f"python/zz{'/a' * 30}", {}),
    ("archive.leftover", "python/zz/.DS_Store", {}),
    ("archive.leftover", "python/zz/x.gcda", {}),
    ("archive.owner", LAST, {"uid": 1000}),
    ("archive.owner", LAST, {"uname": "builder"}),
    ("archive.times", LAST, {"mtime": tiny.TIME + 1}),
]


@pytest.mark.parametrize(("rule", "name", "header"), MEMBERS, ids=[f"{n}-{row[0]}" for n, row in enumerate(MEMBERS)])
def test_a_member_is_found_by_its_rule_alone(tmp_path: Path, rule: str, name: str, header: dict[str, Any]) -> None:
    found = findings(with_member(tmp_path / "a.tar", name, **header))
    # A folder that is written by itself is empty here.
    assert set(found) - {rule} <= {"archive.empty-folder"} and rule in found


def test_the_distribution_that_they_are_added_to_has_no_findings(tmp_path: Path) -> None:
    assert findings(tiny.pack(tmp_path / "a.tar", tiny.distribution())) == {}


def test_a_script_in_bin_that_nobody_can_start_is_found(tmp_path: Path) -> None:
    path = with_member(tmp_path / "a.tar", "python/install/bin/zz", b"#!/bin/sh\n", mode=0o644)
    assert findings(path)["archive.not-executable"] == "install/bin/zz"


@pytest.mark.parametrize(("mode", "found"), [(0o700, False), (0o644, True)])
def test_in_a_folder_the_owner_has_to_be_able_to_start_programs(tmp_path: Path, mode: int, found: bool) -> None:
    """What others may is decided by the umask of who unpacks."""
    tree = trees.write(tmp_path, trees.unix())
    (tree / "bin" / "python3.14").chmod(mode)
    assert ("archive.not-executable" in findings(tree)) is found


def test_times_before_1980_are_found(tmp_path: Path) -> None:
    assert findings(with_member(tmp_path / "a.tar", LAST, mtime=0)) == {"archive.early-time": LAST, "archive.times": ""}


def test_a_file_that_is_a_folder_too_is_found(tmp_path: Path) -> None:
    path = with_member(tmp_path / "a.tar", LAST)
    add(path, f"{LAST}/x")
    assert findings(path) == {"archive.file-and-folder": "zz"}


def test_a_link_is_found_in_an_archive_for_windows(tmp_path: Path) -> None:
    content = tiny.distribution(lambda manifest, _: manifest.update(target_triple="x86_64-pc-windows-msvc"))
    assert findings(tiny.pack(tmp_path / "a.tar", content)) == {"archive.link-on-windows": "install/bin/python3"}


def test_a_file_of_more_than_512_mib_is_found(tmp_path: Path) -> None:
    tiny.pack(tmp_path / "a.tar", tiny.distribution())
    extract(tmp_path / "a.tar", tmp_path / "tree")
    with (tmp_path / "tree" / "python" / "install" / "large").open("wb") as file:
        file.truncate((512 << 20) + 1)  # a hole: no byte of it is written
    assert findings(tmp_path / "tree") == {"archive.large-file": "install/large"}


def test_the_owner_of_an_unpacked_folder_and_its_times_are_nobodys_fault(tmp_path: Path) -> None:
    tiny.pack(tmp_path / "a.tar", tiny.distribution())
    extract(tmp_path / "a.tar", tmp_path / "tree")
    file = tmp_path / "tree" / "python" / "install" / "lib" / "python3.14" / "os.py"
    file.touch()
    file.chmod(0o660)
    assert findings(tmp_path / "tree") == {}


def test_every_rule_about_entries_is_reached() -> None:
    others = {"archive.early-time", "archive.file-and-folder", "archive.link-on-windows", "archive.large-file"}
    assert {rule for rule, _, _ in MEMBERS} | others == ENTRIES
