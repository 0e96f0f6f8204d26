"""Shared libraries of a distribution come along when something needs them, from where that looks for them."""

from __future__ import annotations

from pathlib import Path

from pydist.link.libraries import libraries_of
from pydist.link.part import TreeFile
from tests.support.elf import make_elf


def module(*needed: str, path: str = "lib/python3.14/lib-dynload/_m.so", search: str = "$ORIGIN/../..") -> TreeFile:
    return TreeFile(path=path, data=make_elf(kind=3, needed=list(needed), runpath=search))


def place(prefix: Path, name: str, *needed: str) -> None:
    path = prefix / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(make_elf(kind=3, needed=list(needed), runpath="$ORIGIN"))


def test_what_is_needed_comes_along_at_any_depth_and_once(tmp_path: Path) -> None:
    place(tmp_path, "lib/libssl.so.3", "libcrypto.so.3", "libc.so.6")
    place(tmp_path, "lib/libcrypto.so.3", "libssl.so.3")
    place(tmp_path, "lib/libunused.so.1")
    found = libraries_of([module("libssl.so.3"), module("libcrypto.so.3", path="lib/x/y/_n.so")], tmp_path)
    assert sorted(file.path for file in found) == ["lib/libcrypto.so.3", "lib/libssl.so.3"]


def test_the_first_folder_that_has_it_is_taken(tmp_path: Path) -> None:
    place(tmp_path, "lib/own/liba.so")
    place(tmp_path, "lib/liba.so")
    found = libraries_of([module("liba.so", search="$ORIGIN/../../own:$ORIGIN/../..")], tmp_path)
    assert [file.path for file in found] == ["lib/own/liba.so"]


def test_libraries_of_the_machine_stay(tmp_path: Path) -> None:
    place(tmp_path, "usr/lib/liba.so")
    assert not libraries_of([module("liba.so", search="/usr/lib"), TreeFile(path="a.py", data=b"")], tmp_path)
