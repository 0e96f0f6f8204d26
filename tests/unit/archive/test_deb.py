"""Debian packages are read like archives, and what only looks like one is damage."""

from __future__ import annotations

import contextlib
import io
import lzma
import tarfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.archive.extract import extract
from pydist.archive.source import ArchiveDamaged, open_source
from pydist.errors import InputError
from tests.support.elf import make_ar

FILES = {"./usr/bin/tool": b"#!/bin/sh\n", "./usr/share/doc/tool/copyright": b"free" * 1000}


def make_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def make_deb(data: bytes, name: str = "data.tar.xz", version: bytes = b"2.0\n") -> bytes:
    return make_ar({"debian-binary": version, "control.tar.xz": b"not looked at", name: data})


def read_all(path: Path) -> dict[str, bytes]:
    with open_source(path) as source:
        return {member.entry.path: member.read() for member in source.members()}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("data.tar", make_tar()),
        ("data.tar.xz", lzma.compress(make_tar())),
        ("data.tar.zst", zstandard.compress(make_tar())),
    ],
)
def test_the_files_of_a_package_are_its_members(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / "tool_1.0_all.deb"
    path.write_bytes(make_deb(data, name))
    assert read_all(path) == FILES


def test_a_package_is_unpacked_like_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "tool.deb"
    path.write_bytes(make_deb(lzma.compress(make_tar())))
    extract(path, tmp_path / "out")
    assert (tmp_path / "out/usr/bin/tool").read_bytes() == FILES["./usr/bin/tool"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (make_ar({"a.o": b"object"}), "no Debian package"),
        (make_deb(b"", version=b"3.0\n"), "expected debian-binary 2.x"),
        (make_ar({"debian-binary": b"2.0\n"}), "0 members data.tar"),
        (make_ar({"debian-binary": b"2.0\n", "data.tar": b"", "data.tar.xz": b""}), "2 members data.tar"),
        (make_deb(lzma.compress(make_tar()))[:-50], "are left"),
        (make_deb(lzma.compress(make_tar())[:-50]), "truncated"),
        (b"!<arch>\n", "no Debian package"),
    ],
)
def test_what_is_no_whole_package_is_damage_that_says_what_is_wrong(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "tool.deb"
    path.write_bytes(data)
    with pytest.raises(ArchiveDamaged, match=message):
        read_all(path)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_raise_nothing_but_input_errors(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(make_deb(lzma.compress(make_tar())))
    for position, value in changes:
        data[position % len(data)] = value
    path = tmp_path_factory.mktemp("deb") / "tool.deb"
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        read_all(path)
