"""The run time falls into two halves, and a static libpython into its members."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link.static_library import check_objects, unpack
from pydist.link.ways import Halves
from pydist.policy import resources
from tests.support.elf import make_ar, make_elf

TABLE = make_elf(kind=1, defined=["_PyImport_Inittab"])
CORE = make_elf(
    kind=1, defined=["Py_Initialize", "PyInit__imp"], undefined=["_PyImport_Inittab"], sections=[(".text", 6)]
)
OTHER = make_elf(kind=1, defined=["PyInit_zlib"], sections=[(".text", 6)])


def names(paths: tuple[Path, ...]) -> set[str]:
    return {path.stem for path in paths}


def test_the_half_that_finds_the_image_needs_no_python() -> None:
    halves = Halves.of(sorted(resources.runtime().glob("*.[ch]")))
    assert {"main", "process", "image", "virtual", "libc", "folders", "exec", "native", "trace"} <= names(halves.native)
    assert {"application", "interpreter", "entry", "module", "importer", "finder", "trace_imports"} <= names(
        halves.python
    )
    assert names(halves.launcher) == {"launcher"}
    assert names(halves.shared) == names(halves.python) | {"image", "trace_record", "trace_write"}


def test_headers_lead_to_python_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "a.h").write_text("#include <Python.h>\n")
    (tmp_path / "b.h").write_text('#include "a.h"\n')
    (tmp_path / "deep.c").write_text('#include "b.h"\n')
    (tmp_path / "plain.c").write_text('#include <stdio.h>\n#include "gone.h"\n')
    halves = Halves.of(sorted(tmp_path.iterdir()))
    assert (names(halves.python), names(halves.native)) == ({"deep"}, {"plain"})


def test_members_of_one_name_are_both_there_and_the_table_is_not(tmp_path: Path) -> None:
    library = tmp_path / "libpython3.14.a"
    library.write_bytes(make_ar({"config.o": TABLE, "main.o": CORE, "MAIN.o": OTHER}).replace(b"MAIN.o/", b"main.o/"))
    members = unpack(library, tmp_path / "made", {"PyInit_zlib"})
    assert [path.read_bytes() for path in members.objects] == [CORE, OTHER]
    assert members.defined >= {"Py_Initialize", "PyInit_zlib"}


def test_a_module_that_the_library_is_not_whole_of_stays_out(tmp_path: Path) -> None:
    """As `_md5`, which is linked with a library of CPython's own that is not installed."""
    hashes = make_elf(kind=1, defined=["PyInit__md5", "_Py_md5"], undefined=["_Py_LibHacl_Hash", "Py_Initialize"])
    user = make_elf(kind=1, defined=["PyInit__user"], undefined=["_Py_md5"])
    library = tmp_path / "libpython3.14.a"
    library.write_bytes(make_ar({"core.o": CORE, "zlib.o": OTHER, "md5.o": hashes, "user.o": user}))
    members = unpack(library, tmp_path / "made", {"PyInit__md5", "PyInit__user", "PyInit_zlib", "PyInit__imp"})
    assert members.broken == {"PyInit__md5", "PyInit__user"}
    assert [path.read_bytes() for path in members.objects] == [CORE, OTHER]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(make_ar({"core.o": b"BC\xc0\xde" + bytes(60)}), "'core.o', which is bitcode"), (b"!<arch>\nshort", "damaged")],
)
def test_what_is_no_library_of_objects_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "libpython.a").write_bytes(data)
    with pytest.raises(InputError, match=reason):
        unpack(tmp_path / "libpython.a", tmp_path / "made", ())


def test_objects_that_only_gcc_reads_are_named(tmp_path: Path) -> None:
    slim = make_elf(kind=1, sections=[(".gnu.lto_main", 0)])
    fat = bytearray(make_elf(kind=1, sections=[(".text", 6), (".gnu.lto_main", 0)]))
    start, last = struct.unpack_from("<Q", fat, 40)[0], struct.unpack_from("<H", fat, 60)[0]
    struct.pack_into("<Q", fat, start + 64 * (last - 2) + 32, 8)  # .text has a size
    for name, data in (("slim.o", slim), ("fat.o", fat)):
        (tmp_path / name).write_bytes(data)
    check_objects([tmp_path / "fat.o"])
    with pytest.raises(InputError) as caught:
        check_objects([tmp_path / "slim.o", tmp_path / "fat.o"])
    assert "slim.o" in str(caught.value)
    assert "fat.o" not in str(caught.value).replace("-ffat-lto-objects", "")
