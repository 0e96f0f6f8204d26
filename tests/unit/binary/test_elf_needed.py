"""Names of needed libraries get room, the loader finds what is written there, and all else is as before."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from pydist.binary.elf import ElfFile, ElfInvalid
from pydist.binary.elf_edit import ElfUnfit
from pydist.binary.elf_needed import with_room
from tests.support.elf import make_elf
from tests.support.zig import zig

ROOM = 128


def library(**changes: Any) -> bytes:
    given = {"kind": 3, "needed": ["libz.so.1", "libc.so.6"], "soname": "libx.so", "runpath": "$ORIGIN",
             "needs": [("libz.so.1", ["ZLIB_1"]), ("libc.so.6", ["GLIBC_2.17"])], "defined": ["x"],
             "loadable": True}  # fmt: skip
    return make_elf(**cast(dict[str, Any], given | changes))


def test_the_file_says_what_it_said() -> None:
    before, (data, places) = ElfFile.parse(library()), with_room(library(), ["libz.so.1"], ROOM)
    after = ElfFile.parse(data)
    for name in ("needed", "soname", "runpath", "version_needs", "type", "machine", "entry", "bind_now"):
        assert getattr(after, name) == getattr(before, name)
    assert len(after.segments) == len(before.segments) + 1
    at = places["libz.so.1"]
    assert data[at : at + ROOM] == b"libz.so.1".ljust(ROOM, b"\0")


def test_what_is_written_there_is_the_name_for_the_loader_and_for_symbol_versions() -> None:
    data, places = with_room(library(), ["libz.so.1"], ROOM)
    changed = bytearray(data)
    changed[places["libz.so.1"] : places["libz.so.1"] + 17] = b"/proc/self/fd/77\0"
    after = ElfFile.parse(changed)
    assert after.needed == ("/proc/self/fd/77", "libc.so.6")
    assert [need.file for need in after.version_needs] == ["/proc/self/fd/77", "libc.so.6"]


@pytest.mark.parametrize(
    ("data", "names", "reason"),
    [
        (library(), ["liby.so"], "does not need"),
        (library(needed=["n" * ROOM]), ["n" * ROOM], "too few"),
        (library(bits=32), ["libz.so.1"], "64-bit"),
        (library(little=False), ["libz.so.1"], "64-bit"),
        (make_elf(kind=1), ["libz.so.1"], "dynamic section"),
    ],
)
def test_what_cannot_have_room_is_refused(data: bytes, names: list[str], reason: str) -> None:
    with pytest.raises(ElfUnfit, match=reason):
        with_room(data, names, ROOM)


def test_damaged_files_are_refused_and_nothing_else_happens() -> None:
    whole = library()
    for place in range(0, len(whole), 3):
        for value in (0, 0x7F, 0xFF):
            data = whole[:place] + bytes([value]) + whole[place + 1 :]
            try:
                made, _ = with_room(data, ["libz.so.1"], ROOM)
            except (ElfUnfit, ElfInvalid):
                continue
            assert ElfFile.parse(made).needed == ElfFile.parse(data).needed


@pytest.mark.skipif(platform.machine() != "x86_64" or sys.platform != "linux", reason="loads what it made for x86-64")
def test_a_real_library_finds_another_by_the_name_written(tmp_path: Path) -> None:
    """With symbol versions, and although the other's SONAME is not the name."""
    (tmp_path / "x.c").write_text("int number(void) { return 7; }")
    (tmp_path / "x.map").write_text("X_1 { global: number; };")
    (tmp_path / "y.c").write_text("int number(void); int more(void) { return number() + 1; }")
    cc = [str(zig()), "cc", "-target", "x86_64-linux-gnu.2.17", "-shared", "-fPIC"]
    first = ["x.c", "-Wl,--version-script=x.map", "-Wl,-soname,libx.so.1", "-o", "libx.so.1"]
    subprocess.run([*cc, *first], cwd=tmp_path, check=True)
    subprocess.run([*cc, "y.c", "-L.", "-l:libx.so.1", "-o", "liby.so"], cwd=tmp_path, check=True)
    library = (tmp_path / "liby.so").read_bytes()
    assert "libx.so.1" in {need.file for need in ElfFile.parse(library).version_needs}
    data, places = with_room(library, ["libx.so.1"], ROOM)
    symbols = [item.name for item in ElfFile.parse(library).dynamic_symbols(library)]
    assert [item.name for item in ElfFile.parse(data).dynamic_symbols(data)] == symbols  # which sections lead to
    text = str((tmp_path / "elsewhere.so").resolve()).encode() + b"\0"
    (tmp_path / "libx.so.1").rename(tmp_path / "elsewhere.so")
    made = bytearray(data)
    made[places["libx.so.1"] : places["libx.so.1"] + len(text)] = text
    (tmp_path / "liby.so").write_bytes(made)
    assert ctypes.CDLL(str(tmp_path / "liby.so")).more() == 8
