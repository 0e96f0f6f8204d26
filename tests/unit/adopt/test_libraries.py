"""Libraries come along where not every system has them, and whoever needs one is told where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pydist.adopt.ask import NotAdoptable
from pydist.adopt.collect import collect
from pydist.adopt.libraries import Libraries, gather_libraries, names_of
from pydist.binary.elf import ElfFile
from tests.support import trees
from tests.support.elf import make_elf
from tests.support.installed import installed

DYNLOAD = "lib/python3.14/lib-dynload"
SSL = f"{DYNLOAD}/_ssl.cpython-314-x86_64-linux-gnu.so"


def library(**more: Any) -> bytes:
    """A shared library whose tables have room for a search path."""
    given: dict[str, Any] = {"kind": 3, "build_id": b"12345678", "runpath": "/nowhere", "loadable": True}
    return make_elf(**given | more)


def program(**more: Any) -> bytes:
    return library(interp=trees.LOADER, **more)


def gathered(tmp_path: Path, tree: trees.Tree, system: trees.Tree, *stay: str) -> tuple[Path, Libraries]:
    given = installed(tmp_path / "usr", trees.unix() | {"bin/python3.14": program(needed=["libc.so.6"])} | tree)
    trees.write(tmp_path / "system", system)
    copy = tmp_path / "copy"
    collect(given, copy)
    return copy, gather_libraries(copy, given, stay)


def runpath(path: Path) -> str | None:
    return ElfFile.parse(path.read_bytes()).runpath


def test_libraries_come_along_with_what_they_need_themselves(tmp_path: Path) -> None:
    system: trees.Tree = {"usr/lib/libssl.so.3": library(soname="libssl.so.3", needed=["libcrypto.so.3", "libc.so.6"]),
                          "usr/lib/libcrypto.so.3": library(soname="libcrypto.so.3")}  # fmt: skip
    copy, made = gathered(tmp_path, {SSL: library(needed=["libssl.so.3", "libc.so.6"])}, system)
    assert set(made.bundled) == {"lib/libssl.so.3", "lib/libcrypto.so.3"} and made.system == {}
    assert made.bundled["lib/libssl.so.3"] == tmp_path / "system/usr/lib/libssl.so.3"
    assert runpath(copy / SSL) == "$ORIGIN/../.."
    assert runpath(copy / "lib/libssl.so.3") == "$ORIGIN"
    assert runpath(copy / "bin/python3.14") == "$ORIGIN/../lib", "no folder of this machine stays"


def test_of_an_environment_of_conda_the_libraries_come_along_and_its_packages_stay(tmp_path: Path) -> None:
    copy, made = gathered(tmp_path, trees.conda(), {"usr/lib/libssl.so.3": library(soname="libssl.so.3")})
    own = tmp_path / "usr/lib"
    assert made.bundled == {"lib/libssl.so.3": own / "libssl.so.3", "lib/libcrypto.so.3": own / "libcrypto.so.3"}
    assert (made.system, made.left_out) == ({}, [])
    assert runpath(copy / SSL) == "$ORIGIN/../.."
    assert {path.name for path in copy.iterdir()} == {"bin", "include", "lib"}
    assert {path.name for path in (copy / "bin").iterdir()} == {"python", "python3", "python3.14"}
    assert not [path for path in copy.rglob("*") if "site-packages" in path.parts]


def test_what_every_system_has_stays_there(tmp_path: Path) -> None:
    system: trees.Tree = {"lib/libm.so.6": library(), "lib/libcrypt.so.1": library()}
    crypt = f"{DYNLOAD}/_crypt.cpython-314-x86_64-linux-gnu.so"
    _, made = gathered(tmp_path, {SSL: library(needed=["libm.so.6"]), crypt: library(needed=["libcrypt.so.1"])}, system)
    assert made.bundled == {}
    assert made.system == {"libcrypt.so.1": [crypt]}


def test_parts_of_the_c_library_never_come_along(tmp_path: Path) -> None:
    system: trees.Tree = {"lib/libnss_x.so.2": library(needs=[("libc.so.6", ["GLIBC_PRIVATE"])], needed=["libc.so.6"])}
    _, made = gathered(tmp_path, {SSL: library(needed=["libnss_x.so.2"])}, system)
    assert made.bundled == {} and set(made.system) == {"libnss_x.so.2"}


def test_libraries_can_be_left_to_the_system(tmp_path: Path) -> None:
    system: trees.Tree = {"lib/libX11.so.6": library(), "lib/libz.so.1": library()}
    _, made = gathered(tmp_path, {SSL: library(needed=["libX11.so.6", "libz.so.1"])}, system, "libX*")
    assert set(made.bundled) == {"lib/libz.so.1"} and made.system == {"libX11.so.6": [SSL]}


def test_a_module_whose_library_is_nowhere_is_left_out(tmp_path: Path) -> None:
    copy, made = gathered(tmp_path, {SSL: library(needed=["libgone.so.1"])}, {})
    assert not (copy / SSL).exists()
    assert [(item.path, item.reason) for item in made.left_out] == [
        (SSL, "needs libgone.so.1, which is nowhere on this system")
    ]


def test_without_what_the_interpreter_needs_there_is_nothing_to_adopt(tmp_path: Path) -> None:
    with pytest.raises(NotAdoptable, match=r"bin/python3\.14 needs libgone\.so\.1"):
        gathered(tmp_path, {"bin/python3.14": program(needed=["libgone.so.1"])}, {})


def test_a_library_of_another_processor_is_none(tmp_path: Path) -> None:
    system: trees.Tree = {"lib/libz.so.1": library(machine=183), "usr/lib/libz.so.1": b"GROUP ( /lib/libz.a )",
                          "usr/local/lib/libz.so.1": library(defined=["right"])}  # fmt: skip
    copy, made = gathered(tmp_path, {SSL: library(needed=["libz.so.1"])}, system)
    assert made.bundled == {"lib/libz.so.1": tmp_path / "system/usr/local/lib/libz.so.1"}
    assert (copy / "lib/libz.so.1").is_file()


def test_the_search_path_of_a_file_is_followed_where_it_was(tmp_path: Path) -> None:
    tree: trees.Tree = {SSL: library(needed=["libx.so"], runpath="$ORIGIN/../../../own"), "own/libx.so": library()}
    _, made = gathered(tmp_path, tree, {"lib/libx.so": library()})
    assert made.bundled == {"lib/libx.so": tmp_path / "usr/own/libx.so"}


def test_libpython_is_found_where_it_is_in_the_tree(tmp_path: Path) -> None:
    name = "lib/x86_64-linux-gnu/libpython3.14.so.1.0"
    tree: trees.Tree = {"bin/python3.14": program(needed=["libpython3.14.so.1.0"]), name: library()}
    copy, made = gathered(tmp_path, tree, {})
    assert made.bundled == {} and runpath(copy / "bin/python3.14") == "$ORIGIN/../lib/x86_64-linux-gnu"


def test_a_file_without_room_for_a_search_path_is_said(tmp_path: Path) -> None:
    tree: trees.Tree = {SSL: make_elf(kind=3, needed=["libz.so.1"], build_id=b"1234")}
    with pytest.raises(NotAdoptable, match="--system-library") as raised:
        gathered(tmp_path, tree, {"lib/libz.so.1": library()})
    assert raised.value.faults[0].where == SSL


def test_the_original_is_not_changed(tmp_path: Path) -> None:
    before = library(needed=["libz.so.1"])
    gathered(tmp_path, {SSL: before}, {"lib/libz.so.1": library()})
    assert (tmp_path / "usr" / SSL).read_bytes() == before


def test_names_for_the_linker() -> None:
    assert names_of(["libssl.so.3", "libtcl8.6.so", "liblzma.so.5"]) == ["ssl", "tcl8.6", "lzma"]
