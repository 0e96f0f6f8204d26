"""Zip archives: same calls, same bytes; links and modes as unzip knows them; complete or absent."""

from __future__ import annotations

import shutil
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from pydist.archive.paths import UnsafeName
from pydist.archive.write import DEFAULT_MTIME
from pydist.archive.zip_write import FORMATS, ZipWriter, open_writer
from pydist.errors import InputError


def write(path: Path) -> bytes:
    tool = path.parent / f"{path.name}.tool"
    tool.write_bytes(b"#!/bin/sh\n" * 9_000)
    tool.chmod(0o777)
    with ZipWriter(path) as made:
        made.add_file("python/bin/tool", tool)
        made.add_bytes("python/ä.txt", b"text")
        made.add_symlink("python/bin/link", "tool")
    return path.read_bytes()


def test_same_calls_give_same_bytes(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.zip"), write(tmp_path / "b.zip")
    assert first == second


def test_modes_and_links_are_kept(tmp_path: Path) -> None:
    write(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as made:
        assert made.testzip() is None
        modes = {info.filename: info.external_attr >> 16 for info in made.infolist()}
        assert made.read("python/bin/tool") == b"#!/bin/sh\n" * 9_000
        assert made.read("python/bin/link") == b"tool"
    assert stat.S_ISLNK(modes["python/bin/link"])
    assert modes["python/bin/tool"] == stat.S_IFREG | 0o755
    assert modes["python/ä.txt"] == stat.S_IFREG | 0o644


@pytest.mark.parametrize("zone", ["UTC", "NPT-5:45", "NST+3:30"])
def test_the_time_does_not_depend_on_where_it_is_unpacked(tmp_path: Path, zone: str) -> None:
    write(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as made:
        assert {info.extra for info in made.infolist()} == {b"UT\5\0\1" + DEFAULT_MTIME.to_bytes(4, "little")}
    unzip = shutil.which("unzip")
    if unzip is None:
        pytest.skip("needs unzip")
    command = [unzip, "-q", str(tmp_path / "a.zip"), "-d", str(tmp_path / "out")]
    subprocess.run(command, check=True, env={"TZ": zone})
    assert {int(path.stat().st_mtime) for path in (tmp_path / "out").rglob("*") if path.is_file()} == {DEFAULT_MTIME}


def test_nothing_stays_when_the_body_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyError), ZipWriter(tmp_path / "a.zip") as made:
        made.add_bytes("a", b"")
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_names_and_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    with ZipWriter(tmp_path / "a.zip") as made:
        for name in ("../a", "/a", "a//b"):
            with pytest.raises(UnsafeName):
                made.add_bytes(name, b"")
        with pytest.raises(UnsafeName):
            made.add_symlink("a", "../b")
        made.add_bytes("a", b"")
        with pytest.raises(InputError, match="twice"):
            made.add_bytes("a", b"")


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_can_be_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    with open_writer(path, suffix) as made:
        made.add_bytes("python/a", b"content")
    if suffix == "zip":
        assert zipfile.ZipFile(path).read("python/a") == b"content"
    elif suffix != "tar.zst":
        with tarfile.open(path) as tar:
            assert tar.getnames() == ["python/a"]


def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"tar\.bz2"):
        open_writer(tmp_path / "a", "tar.bz2")
