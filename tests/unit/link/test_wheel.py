"""A wheel is read by its RECORD, placed by its schemes, and refused with everything that is wrong."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link.wheel import read_wheel
from tests.support.wheels import members, wheel, write


def test_files_metadata_and_scripts_are_read(tmp_path: Path) -> None:
    path = wheel(
        tmp_path, "demo", "1.0", {"demo/__init__.py": b"x = 1\n"}, scripts={"run": "demo:main [extra]"},
        extra="License-Expression: MIT\nSummary: shows\n",
    )  # fmt: skip
    made = read_wheel(path)
    assert (made.metadata.name, made.metadata.version, made.info) == ("demo", "1.0", "demo-1.0.dist-info")
    assert (made.metadata.license, made.metadata.summary) == ("MIT", "shows")
    assert dict(made.metadata.scripts) == {"run": "demo:main"}
    assert "demo/__init__.py" in {file.path for file in made.files}
    assert made.native == ()


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("License: BSD\n", "LicenseRef-BSD"),
        ("License: UNKNOWN\n", ""),
        ("Classifier: License :: OSI Approved :: MIT License\n", "MIT"),
        ("", ""),
    ],
)
def test_the_older_ways_to_state_a_licence_are_understood(tmp_path: Path, extra: str, expected: str) -> None:
    assert read_wheel(wheel(tmp_path, "demo", "1.0", {}, extra=extra)).metadata.license == expected


def test_the_data_folder_names_the_scheme(tmp_path: Path) -> None:
    data = "demo-1.0.data"
    path = wheel(
        tmp_path, "demo", "1.0",
        {f"{data}/{name}": b"" for name in ("data/share/x", "scripts/s", "purelib/p.py", "headers/h")},
    )  # fmt: skip
    places = {(file.scheme, file.path) for file in read_wheel(path).files}
    assert {("data", "share/x"), ("scripts", "s"), ("purelib", "p.py"), ("headers", "h")} <= places


@pytest.mark.parametrize(
    "name", ["a/b.so", "a/b.cpython-314-x86_64-linux-musl.so", "a.libs/c.so.1.2", "b.pyd", "c.DYLIB"]
)
def test_native_files_are_named(tmp_path: Path, name: str) -> None:
    made = read_wheel(wheel(tmp_path, "demo", "1.0", {name: b"\x7fELF"})).native
    assert [file.path for file in made] == [name]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("../evil.py", "contains '..'"), ("/etc/x", "is absolute"), ("a\\b", "backslash"), ("a\nb", "control character")],
)
def test_unsafe_names_are_refused(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_wheel(wheel(tmp_path, "demo", "1.0", {name: b""}))


def test_names_that_differ_in_case_only_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"differs from A\.py in upper and lower case only"):
        read_wheel(wheel(tmp_path, "demo", "1.0", {"A.py": b"", "a.py": b""}))


def test_two_files_for_one_place_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="installed at one place"):
        read_wheel(wheel(tmp_path, "demo", "1.0", {"a.py": b"1", "demo-1.0.data/purelib/a.py": b"2"}))


def test_an_unknown_scheme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no scheme 'etc'"):
        read_wheel(wheel(tmp_path, "demo", "1.0", {"demo-1.0.data/etc/x": b""}))


def test_a_changed_file_is_named(tmp_path: Path) -> None:
    content = members("demo", "1.0", {"a.py": b"1", "b.py": b"2"})
    path = write(tmp_path, "demo", "1.0", content | {"a.py": b"9", "c.py": b"3"})
    with pytest.raises(InputError) as caught:
        read_wheel(path)
    assert "a.py: expected sha256" in str(caught.value)
    assert "c.py: is in the wheel and not listed" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"demo-1.0.dist-info/WHEEL": b"Wheel-Version: 2.0\n"}, r"expected Wheel-Version 1\.x"),
        ({"demo-1.0.dist-info/METADATA": b"Name: demo\n"}, "Name or Version is missing"),
        ({"demo-1.0.dist-info/METADATA": b"Name: other\nVersion: 1\n"}, "another package's"),
        ({"demo-1.0.dist-info/METADATA": b"\xff"}, "is not UTF-8"),
        ({"x-1.dist-info/WHEEL": b""}, "expected one .dist-info folder"),
        ({"demo-1.0.dist-info/entry_points.txt": b"nonsense\n"}, "entry_points.txt"),
    ],
)
def test_damaged_metadata_is_refused(tmp_path: Path, change: dict[str, bytes], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_wheel(write(tmp_path, "demo", "1.0", members("demo", "1.0", {}) | change))


def test_every_truncation_is_refused_and_none_crashes(tmp_path: Path) -> None:
    data = wheel(tmp_path, "demo", "1.0", {"demo.py": b"x" * 300}).read_bytes()
    path = tmp_path / "cut.whl"
    for size in range(0, len(data), 7):
        path.write_bytes(data[:size])
        with pytest.raises(InputError):
            read_wheel(path)


def test_flipped_bytes_never_crash(tmp_path: Path) -> None:
    data = wheel(tmp_path, "demo", "1.0", {"demo.py": b"x = 1\n" * 50}).read_bytes()
    path = tmp_path / "flipped.whl"
    for place in range(0, len(data), 3):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            read_wheel(path)
        except InputError:
            continue


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"0")
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    data[place + 24 : place + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(InputError, match="more than a wheel may have"):
        read_wheel(path)
