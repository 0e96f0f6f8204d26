"""A linked file is told where its libraries are, and says everything else as before."""

from __future__ import annotations

import os
import platform
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from pydist.binary.elf import ElfFile, ElfInvalid
from pydist.binary.elf_edit import ElfUnfit
from pydist.binary.elf_search import with_search_path
from tests.support.elf import make_elf
from tests.support.zig import zig

PATH = "$ORIGIN/../lib"


def library(**changes: Any) -> bytes:
    given = {"kind": 3, "needed": ["libz.so.1"], "soname": "libx.so", "build_id": b"12345678", "runpath": "/gone",
             "needs": [("libz.so.1", ["ZLIB_1"])], "defined": ["x"], "loadable": True}  # fmt: skip
    return make_elf(**cast(dict[str, Any], given | changes))


def test_only_the_search_path_is_another() -> None:
    before, data = ElfFile.parse(library()), with_search_path(library(), PATH)
    after = ElfFile.parse(data)
    assert (after.runpath, after.rpath) == (PATH, None)
    for name in ("needed", "soname", "version_needs", "interp", "type", "machine", "entry", "bind_now", "textrel"):
        assert getattr(after, name) == getattr(before, name)
    assert [item.name for item in after.dynamic_symbols(data)] == ["", "x"]
    assert len(after.segments) == len(before.segments)


def test_an_rpath_goes() -> None:
    after = ElfFile.parse(with_search_path(library(runpath=None, dynamic=[(15, 1)]), PATH))
    assert (after.runpath, after.rpath) == (PATH, None)


def test_the_new_segment_is_aligned_as_the_others_are() -> None:
    data = bytearray(library())
    offset = struct.unpack_from("<Q", data, 32)[0]
    struct.pack_into("<Q", data, offset + 48, 65536)
    last = max(ElfFile.parse(with_search_path(bytes(data), PATH)).segments, key=lambda item: item.vaddr)
    assert (last.align, last.offset % 65536, last.vaddr % 65536) == (65536, 0, 0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (library(runpath=None), "no room"),
        (library(build_id=None), "no note"),
        (make_elf(kind=1), "dynamic section"),
        (library(bits=32), "64-bit"),
        (library(little=False), "64-bit"),
    ],
)
def test_what_cannot_be_told_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ElfUnfit, match=reason):
        with_search_path(data, PATH)


def test_what_is_no_elf_file_is_refused() -> None:
    with pytest.raises(ElfInvalid):
        with_search_path(b"#!/bin/sh\n", PATH)


def test_damaged_files_are_refused_and_nothing_else_happens() -> None:
    whole = library()
    for place in range(0, len(whole), 3):
        for value in (0, 0x7F, 0xFF):
            data = whole[:place] + bytes([value]) + whole[place + 1 :]
            try:
                made = with_search_path(data, PATH)
            except (ElfUnfit, ElfInvalid):
                continue
            assert ElfFile.parse(made).runpath == PATH


@pytest.mark.skipif(platform.machine() != "x86_64" or sys.platform != "linux", reason="runs what it made for x86-64")
@pytest.mark.parametrize("pie", ["-pie", "-no-pie"])
def test_a_real_program_finds_its_library(tmp_path: Path, pie: str) -> None:
    """The loader follows it, wherever the folder with both is."""
    (tmp_path / "x.c").write_text("int number(void) { return 7; }")
    (tmp_path / "main.c").write_text("int number(void); int main(void) { return number() - 7; }")
    for folder in ("bin", "lib"):
        (tmp_path / "made" / folder).mkdir(parents=True)
    made = tmp_path / "made"
    cc = [str(zig()), "cc", "-target", "x86_64-linux-gnu.2.17", "-Wl,--build-id=sha1"]
    subprocess.run([*cc, "-shared", "-fPIC", "x.c", "-o", made / "lib/libx.so"], cwd=tmp_path, check=True)
    link = [pie, "main.c", "-L", str(made / "lib"), "-lx", "-Wl,-rpath,/nowhere", "-o", str(made / "bin/main")]
    subprocess.run([*cc, *link], cwd=tmp_path, check=True)
    program = made / "bin/main"
    assert subprocess.run([program], capture_output=True, check=False).returncode == 127
    program.write_bytes(with_search_path(program.read_bytes(), PATH))
    os.rename(made, tmp_path / "moved")  # noqa: PTH104
    assert subprocess.run([tmp_path / "moved/bin/main"], check=False).returncode == 0
