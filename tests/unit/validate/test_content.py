"""What the bytes of a file tell: shebangs, bytecode, licences, libraries, places of a build machine."""

from __future__ import annotations

import importlib.util
import io
import sys
import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc, _code_to_timestamp_pyc  # type: ignore[attr-defined]

import pytest

from pydist.binary.kind import Kind, kind_of
from pydist.validate.content import Content, look
from pydist.validate.series import series_of
from tests.support.elf import make_elf

SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"
CODE = compile("x = 1", "x.py", "exec")


def seen(name: str, data: bytes) -> Content:
    made = look(name, kind_of(data), data)
    assert made is not None
    return made


def test_bytecode_tells_its_magic_number_and_the_time_and_size_of_its_source() -> None:
    bytecode = seen("x.pyc", bytes(_code_to_timestamp_pyc(CODE, 1_700_000_000, 5))).bytecode
    assert bytecode is not None
    assert (bytecode.mtime, bytecode.size, bytecode.source_hash) == (1_700_000_000, 5, None)
    row = series_of(SERIES)
    assert row is not None and row.bytecode(bytecode.magic, f"{SERIES}.1")


def test_hash_based_bytecode_has_what_is_computed_of_its_source() -> None:
    source = b"x = 1\n"
    bytecode = seen("x.pyc", bytes(_code_to_hash_pyc(CODE, importlib.util.source_hash(source)))).bytecode
    assert bytecode is not None
    assert bytecode.source_hash == seen(f"install/lib/python{SERIES}/x.py", source).source_hash


@pytest.mark.parametrize("data", [b"", bytes(16), bytes(40), b"\x2b\x0e\r\n\x02\0\0\0" + bytes(20), b"\xff" * 30])
def test_what_is_no_bytecode_says_so(data: bytes) -> None:
    assert seen("x.pyc", data).fault


def wheel(files: dict[str, bytes], record: str | None) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        if record is not None:
            archive.writestr("x-1.dist-info/RECORD", record)
    return file.getvalue()


DIGEST = "sha256=ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs"  # of b"a"


def test_a_whole_wheel_has_no_fault() -> None:
    assert look("x.whl", Kind.OTHER, wheel({"x.py": b"a"}, f"x.py,{DIGEST},1\nx-1.dist-info/RECORD,,\n")) is None


@pytest.mark.parametrize(
    ("files", "record", "fault"),
    [
        ({"x.py": b"a"}, None, "no RECORD"),
        ({}, f"x.py,{DIGEST},1\n", "not in it"),
        ({"x.py": b"b"}, f"x.py,{DIGEST},1\n", "not what its RECORD says"),
    ],
)
def test_a_wheel_that_is_not_as_its_record_says_has_a_fault(files: dict[str, bytes], record: str, fault: str) -> None:
    assert fault in (seen("x.whl", wheel(files, record)).fault or "")


def test_a_damaged_wheel_has_a_fault_whatever_is_damaged() -> None:
    whole = wheel({"x.py": b"a" * 100}, "x.py,,\n")
    for place in range(0, len(whole), 3):
        look("x.whl", Kind.OTHER, whole[:place] + b"\xff" + whole[place + 1 :])
    assert seen("x.whl", b"").fault


def test_modules_of_a_packed_library_have_dotted_names() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("os.pyc", "json/__init__.pyc", "json/decoder.py", "README"):
            archive.writestr(name, b"")
    assert seen("python314.zip", file.getvalue()).modules == {"os", "json", "json.decoder"}
    assert look("python314.zip", Kind.OTHER, b"PK") is None


def test_a_linked_file_shows_the_libraries_in_it_by_what_they_leave() -> None:
    data = make_elf() + b"OpenSSL 3.5.7 9 Jun 2026\0 deflate 1.3.1 Copyright 1995-2024\0expat_2.7.1\0"
    assert seen("x.so", data).bundles == {"openssl", "zlib", "expat"}
    assert look("x.so", Kind.ELF, make_elf() + b"OpenSSL 1.1.1 or newer\0") is None


def test_the_licences_of_a_text_are_known_by_their_words() -> None:
    assert seen("licenses/a.txt", b"Copyright (C) Jean-loup\nGailly").licences == {"zlib"}
    assert seen("LICENSE", b"PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2").licences == {"cpython"}
    assert look("install/lib/python3.14/site-packages/x/LICENSE", Kind.OTHER, b"Jean-loup Gailly") is None


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (b"\0/home/me/src/x.c\0", ("/home/me/src/x.c",)),
        (rb"in D:\a\1\s\x.cpp" + b"\0", (r"D:\a\1\s\x.cpp",)),
        (b"\0/usr/src/x.c\0", ()),
        (b"\0/home/me/x.conf\0", ()),
        (b"\0./tmp/x.c ${X}/tmp/x.c\0", ()),
        (b"\0/opt/1.c\0/opt/2.c\0/opt/3.c\0/opt/4.c", ("/opt/1.c", "/opt/2.c", "/opt/3.c")),
    ],
)
def test_names_of_source_files_on_a_build_machine_are_seen_in_binaries(text: bytes, places: tuple[str, ...]) -> None:
    made = look("x.o", Kind.ELF, make_elf(kind=1) + text)
    assert (made.places if made else ()) == places


def test_a_script_and_a_launcher_tell_who_runs_them() -> None:
    assert seen("bin/x", b"#! /bin/sh\nexit\n").shebang == "/bin/sh"
    assert (
        seen("Scripts/x.exe", b"MZ" + bytes(600) + b"#!C:\\p\\python.exe\r\nPK\x03\x04...").shebang
        == "C:\\p\\python.exe"
    )


def test_the_bytes_of_a_path_without_end_are_looked_at_in_linear_time() -> None:
    assert look("x.o", Kind.ELF, make_elf(kind=1) + b"/tmp" * 500_000) is None
