"""Facts about what the toolchain adds to a program: found in the linker's map, named, and with its licence's text."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.build.licenses import complete
from pydist.build.runtime import files_of_map, keep_texts, parts_of
from pydist.errors import InputError
from pydist.policy import toolchain

MAP = """\
             VMA              LMA     Size Align Out     In      Symbol
         10001d0          10001d0    1ce90    16 .rodata
         10001d0          10001d0      16c     4         <internal>:(.rodata.cst4)
         11edba0          11edba0      5c0    16         build/Modules/_codecs.o:(.rodata)
         140c390          140c390      140    16         build/lib/libcrypto.a(strex.o):(.rodata)
         14de110          14de110       40    16         /c/o/7d/libzigc.a(/c/o/7d/zigc_zcu.o):(.rodata..L__anon_7)
         14de120          14de120       40    16                 a_symbol
         14de3f8          14de3f8        8     2         /c/o/59/crt1.o:(.text)
         14de3f8          14de3f8        8     2         {tree}/build/Python/core.o:(.text)
"""


def test_the_files_of_a_link_are_read_from_the_map(tmp_path: Path) -> None:
    assert files_of_map(MAP.format(tree=tmp_path.resolve()), tmp_path) == {
        "build/Modules/_codecs.o",
        "build/lib/libcrypto.a",
        "build/Python/core.o",
        "/c/o/7d/libzigc.a",
        "/c/o/59/crt1.o",
    }


@pytest.mark.parametrize(("libc", "name"), [("musl", "musl"), ("gnu", "glibc")])
def test_start_up_code_is_the_c_librarys(libc: str, name: str) -> None:
    parts = parts_of(["/c/crt1.o", "/c/libunwind.a", "build/lib/libz.a"], libc)
    assert {part.name: names for part, names in parts.items()} == {
        "libunwind": ("libunwind.a",),
        name: ("crt1.o",),
    }


@pytest.mark.parametrize("file", ["libcompiler_rt.a", "compiler_rt.o"])
def test_nothing_of_the_compilers_run_time_stands_in_for_glibc(file: str) -> None:
    """It would bring its own mathematics."""
    assert [part.name for part in parts_of([f"/c/o/7d/{file}"], "musl")] == ["compiler-rt"]
    with pytest.raises(InputError, match=f"{file}: is linked in .* C library gnu; .* come from builders/cfloor"):
        parts_of(["/c/Scrt1.o", f"/c/o/7d/{file}"], "gnu")


def test_all_that_nobody_knows_is_reported_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parts_of(["/c/libmystery.a", "/c/other.o", "/c/libc.a"], "musl")
    assert len(caught.value.faults) == 2
    assert "libmystery.a: is linked in from the toolchain, but no row says what it is" in str(caught.value)


@pytest.mark.parametrize("libc", ["musl", "gnu"])
def test_every_part_gets_the_texts_of_its_licence(libc: str, tmp_path: Path) -> None:
    files = ["/c/crt1.o", "/c/libzigc.a", "/c/libunwind.a", *(["/c/libcompiler_rt.a"] if libc == "musl" else [])]
    (tmp_path / "licenses").mkdir()
    records = keep_texts(parts_of(files, libc), toolchain.locate(), tmp_path / "licenses", "2.17")
    complete(tmp_path, [(f"toolchain-{part.name}", part.license) for part in records])
    assert all((tmp_path / path).is_file() for part in records for path in part.license_paths)
    # glibc's sources are in the toolchain, the text of their licence is not.
    assert any("spdx-lgpl-2.1" in path.name for path in (tmp_path / "licenses").iterdir()) is (libc == "gnu")


def test_a_licence_without_a_text_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "licenses").mkdir()
    (tmp_path / "licenses" / "LICENSE.zlib.txt").write_text("all rights reserved")
    with pytest.raises(InputError, match="zlib: no text of Zlib among its licence texts"):
        complete(tmp_path, [("zlib", "Zlib")])
