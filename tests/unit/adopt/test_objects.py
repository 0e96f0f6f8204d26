"""What a static libpython gives to link from, and the table of built-in modules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pydist.adopt.ask import NotAdoptable
from pydist.adopt.inittab import inittab
from pydist.adopt.objects import Objects, take_libraries, take_objects
from tests.support.elf import make_ar, make_elf
from tests.support.installed import answer

CONFIG = make_elf(kind=1, defined=["_PyImport_Inittab"], undefined=["PyInit_zlib"])
CORE = make_elf(kind=1, defined=["Py_Initialize", "PyInit__io"], sections=[(".text", 6)])
ZLIB = make_elf(kind=1, defined=["PyInit_zlib"], undefined=["Py_Initialize", "inflate"])


def taken(root: Path, data: bytes | dict[str, bytes]) -> Objects:
    library = root / "install/lib/libpython3.14.a"
    library.parent.mkdir(parents=True)
    library.write_bytes(make_ar(data) if isinstance(data, dict) else data)
    return take_objects(root, library)


def test_members_become_objects_and_modules_are_told_from_the_core(tmp_path: Path) -> None:
    made = taken(tmp_path, {"config.o": CONFIG, "pylifecycle.o": CORE, "zlibmodule.o": ZLIB})
    assert made.library == "install/lib/libpython3.14.a" and made.reason == ""
    assert made.core == tuple(f"build/libpython/{name}.o" for name in ("config", "pylifecycle", "zlibmodule"))
    assert made.modules == {"_io": ("build/libpython/pylifecycle.o",), "zlib": ("build/libpython/zlibmodule.o",)}
    assert made.inittab == "build/libpython/config.o"
    assert (tmp_path / "build/libpython/zlibmodule.o").read_bytes() == ZLIB


def test_members_of_one_name_are_both_there(tmp_path: Path) -> None:
    other = make_elf(kind=1, defined=["other"])
    library = make_ar({"config.o": CONFIG, "main.o": CORE, "MAIN.o": other}).replace(b"MAIN.o/", b"main.o/")
    made = taken(tmp_path, library)
    assert made.core[1:] == ("build/libpython/main.o", "build/libpython/2/main.o")
    assert (tmp_path / made.core[2]).read_bytes() == other


def test_a_module_that_the_library_is_not_whole_of_is_left_out(tmp_path: Path) -> None:
    """`make install` leaves out the libraries of CPython's own that its hash modules are linked with."""
    hashes = make_elf(kind=1, defined=["PyInit__md5", "_Py_md5"], undefined=["python_hashlib_Hacl_Hash_MD5_init"])
    user = make_elf(kind=1, defined=["PyInit__user"], undefined=["_Py_md5"])
    members = {"config.o": CONFIG, "core.o": CORE, "zlib.o": ZLIB, "md5.o": hashes, "user.o": user}
    made = taken(tmp_path, members)
    assert set(made.modules) == {"_io", "zlib"}
    assert not {"build/libpython/md5.o", "build/libpython/user.o"} & set(made.core)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"core.o": CORE}, "no table of built-in modules"),
        ({"config.o": b"BC\xc0\xde" + bytes(60)}, "no ELF object"),
        ({"config.txt": CONFIG}, "no ELF object"),
        ({"config.o": make_elf(kind=1, sections=[(".gnu.lto_.decls", 0)])}, "link-time optimiser"),
        ({"config.o": CONFIG[:80]}, "damaged"),
        (b"!<thin>\n", "damaged"),
        (b"", "damaged"),
    ],
)
def test_what_cannot_be_linked_says_why(tmp_path: Path, data: dict[str, bytes] | bytes, reason: str) -> None:
    made = taken(tmp_path, data)
    assert reason in made.reason and made.core == ()
    assert not (tmp_path / "build").exists()


def test_without_a_library_there_are_no_objects(tmp_path: Path) -> None:
    assert take_objects(tmp_path, None) == Objects(reason="no static libpython was installed")


def test_static_libraries_of_the_prefix_come_along(tmp_path: Path) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/libz.a").write_bytes(make_ar({"inflate.o": make_elf(kind=1)}))
    (tmp_path / "usr/lib/libm.a").write_bytes(b"GROUP ( libm-2.36.a )")
    (tmp_path / "usr/lib/liblink.a").symlink_to("/etc/passwd")
    (tmp_path / "usr/lib/x").mkdir()
    (tmp_path / "usr/lib/x/libexpat.a").write_bytes(make_ar({"parse.o": make_elf(kind=1)}))
    folders = [tmp_path / "usr/lib", tmp_path / "usr/lib/x"]
    take_libraries(tmp_path / "made", folders, ["z", "m", "link", "gone", "expat"])
    assert [path.name for path in sorted((tmp_path / "made/build/lib").iterdir())] == ["libexpat.a", "libz.a"]


def test_the_table_that_was_compiled_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "install/lib/python3.14/config-3.14"
    folder.mkdir(parents=True)
    rows = '{"_io", PyInit__io}, {"builtins", NULL}, {"sys", NULL}, {"zlib", PyInit_zlib},'
    (folder / "config.c").write_text(rows)
    made = inittab(tmp_path, answer(Path("/usr")), folder)
    assert (made.source, made.made) == ("install/lib/python3.14/config-3.14/config.c", False)
    assert made.functions["builtins"] == "NULL" and made.core == {"builtins", "sys"}


@pytest.mark.parametrize("text", [None, "", '{"_io", PyInit__io},', '{"_io", a}, {"sys", b}, {"zlib", c}, {"more", d}'])
def test_a_table_of_another_build_is_made_anew(tmp_path: Path, text: str | None) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    if text is not None:
        (folder / "config.c").write_text(text)
    made = inittab(tmp_path, answer(Path("/usr"), builtin=["_imp", "_warnings", "marshal", "sys", "zlib"]), folder)
    assert (made.source, made.made) == ("build/Modules/config.c", True)
    source = (tmp_path / made.source).read_text()
    assert re.findall(r'\{"(\w+)", (\w+)\}', source) == [
        ("_imp", "PyInit__imp"), ("_warnings", "_PyWarnings_Init"), ("marshal", "PyMarshal_Init"), ("sys", "NULL"),
        ("zlib", "PyInit_zlib"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a;b", "1", "", "x\n"])
def test_names_that_are_no_identifiers_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotAdoptable, match="built-in module"):
        inittab(tmp_path, answer(Path("/usr"), builtin=["sys", name]), None)
