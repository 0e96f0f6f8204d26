"""Facts about symbols that stop at the border of what they are linked into."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

import pytest

from pydist.binary.ar import ArInvalid
from pydist.binary.elf import ElfFile
from pydist.binary.hide import hide_symbols
from pydist.policy import toolchain
from tests.support.elf import make_elf


def library(*files: bytes) -> bytearray:
    made = bytearray(b"!<arch>\n")
    for number, data in enumerate(files):
        made += f"{number}.o/".ljust(48).encode() + f"{len(data)}".ljust(10).encode() + b"`\n" + data
        made += b"\n" * (len(data) & 1)
    return made


def visibilities(data: bytes) -> dict[str, int]:
    return {symbol.name: symbol.visibility for symbol in ElfFile.parse(data).symbols(data) if symbol.name}


@pytest.mark.parametrize("bits", [32, 64])
def test_what_is_defined_is_hidden_and_what_is_only_used_stays_as_it_is(bits: int) -> None:
    member = make_elf(bits=bits, kind=1, defined=["one", "two"], undefined=["used"])
    made = library(member)
    assert hide_symbols(made) == 2
    changed = bytes(made[68 : 68 + len(member)])
    assert visibilities(changed) == {"one": 2, "two": 2, "used": 0}
    assert sum(before != after for before, after in zip(member, changed, strict=True)) == 2


def test_members_that_are_no_elf_files_stay_as_they_are() -> None:
    made = library(b"BC\xc0\xde" + bytes(60))
    before = bytes(made)
    assert hide_symbols(made) == 0
    assert made == before


def test_something_that_is_no_library_is_refused() -> None:
    with pytest.raises(ArInvalid):
        hide_symbols(bytearray(b"no library at all"))


@pytest.mark.slow
def test_a_linker_exports_nothing_of_such_a_library(tmp_path: Path) -> None:
    zig = [str(toolchain.locate().path)]
    flags = ["-target", "x86_64-linux-gnu.2.17", "-fPIC"]
    (tmp_path / "part.c").write_text('__attribute__((visibility("default"))) int part(void) { return 1; }')
    (tmp_path / "whole.c").write_text("int part(void); int whole(void) { return part(); }")
    run = partial(subprocess.run, cwd=tmp_path, check=True)
    run([*zig, "cc", *flags, "-c", "part.c", "-o", "part.o"])
    run([*zig, "ar", "rcs", "libpart.a", "part.o"])
    made = bytearray((tmp_path / "libpart.a").read_bytes())
    hide_symbols(made)
    (tmp_path / "libpart.a").write_bytes(made)
    run([*zig, "cc", *flags, "-shared", "whole.c", "libpart.a", "-o", "whole.so"])
    data = (tmp_path / "whole.so").read_bytes()
    exported = {symbol.name for symbol in ElfFile.parse(data).dynamic_symbols(data) if symbol.defined}
    assert "whole" in exported
    assert "part" not in exported
