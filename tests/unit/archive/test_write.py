"""Same calls, same bytes; the file is complete or absent."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from pydist.archive.paths import UnsafeName
from pydist.archive.source import open_source
from pydist.archive.write import DEFAULT_MTIME, Compression, TarWriter
from pydist.errors import InputError


def write(path: Path, compression: Compression, threads: int = 1) -> bytes:
    noise = bytes((i * i >> 3) & 255 for i in range(300_000)) * 20
    extra = path.parent / f"extra-{threads}"
    extra.write_bytes(b"#!/bin/sh\n")
    extra.chmod(0o777)
    with TarWriter(path, compression, level=3, threads=threads) as tar:
        tar.add_bytes("python/PYTHON.json", b"{}")
        tar.add_bytes("python/" + "deep/" * 30 + "noise", noise)
        tar.add_file("python/install/bin/tool", extra)
        tar.add_symlink("python/install/bin/link", "tool")
    return path.read_bytes()


@pytest.mark.parametrize("compression", ["zst", "gz", "xz", None])
def test_same_calls_give_same_bytes_at_any_name_time_and_thread_count(
    tmp_path: Path, compression: Compression, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(tmp_path / "one", compression)
    monkeypatch.setattr("time.time", lambda: 1.0)
    monkeypatch.setattr(os, "umask", lambda mask: mask)
    assert write(tmp_path / "two", compression, threads=2) == first
    assert write(tmp_path / "three", compression, threads=4) == first


@pytest.mark.parametrize("compression", ["zst", "gz", "xz", None])
def test_what_was_written_is_read_back(tmp_path: Path, compression: Compression) -> None:
    write(tmp_path / "a", compression)
    with open_source(tmp_path / "a") as source:
        entries = {m.entry.path.split("/")[-1]: m.entry for m in source.members()}
    assert list(entries) == ["PYTHON.json", "noise", "tool", "link"]
    assert {entry.mtime for entry in entries.values()} == {DEFAULT_MTIME}
    assert (entries["tool"].mode, entries["noise"].mode, entries["noise"].size) == (0o755, 0o644, 6_000_000)
    assert entries["link"].link == "tool"


def test_other_programs_read_it_too(tmp_path: Path) -> None:
    write(tmp_path / "a.tar.gz", "gz")
    with tarfile.open(tmp_path / "a.tar.gz") as tar:
        members = tar.getmembers()
    assert [(m.uid, m.gid, m.uname, m.gname) for m in members] == [(0, 0, "root", "root")] * 4


def test_a_failing_body_leaves_nothing_and_keeps_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_text("old")
    with pytest.raises(RuntimeError), TarWriter(tmp_path / "a.tar", None) as tar:
        tar.add_bytes("x", b"x")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]
    assert (tmp_path / "a.tar").read_text() == "old"


def test_unsafe_and_repeated_names_are_refused(tmp_path: Path) -> None:
    with TarWriter(tmp_path / "a.tar", None) as tar:
        tar.add_bytes("x", b"")
        with pytest.raises(InputError, match="twice"):
            tar.add_bytes("x", b"")
        for name in ("../x", "./y", "/z"):
            with pytest.raises(UnsafeName):
                tar.add_bytes(name, b"")
        with pytest.raises(UnsafeName):
            tar.add_symlink("l", "/etc")
