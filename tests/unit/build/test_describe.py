"""Facts about what a manifest says of the C run time, read from binaries."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.build.describe import crt_features
from pydist.errors import InputError
from tests.support import proof, tiny_gnu
from tests.support.elf import make_elf


def tree(folder: Path, **binaries: bytes) -> Path:
    (folder / "install").mkdir()
    for name, data in binaries.items():
        (folder / "install" / name).write_bytes(data)
    return folder


def test_the_newest_version_of_glibc_that_any_file_needs_is_told(tmp_path: Path) -> None:
    needing = {
        "python": tiny_gnu.program(needs=[("libc.so.6", ["GLIBC_2.2.5", "GLIBC_PRIVATE"])]),
        "module": tiny_gnu.module(needs=[("libm.so.6", ["GLIBC_2.9", "GLIBC_2.14"])]),
    }
    assert crt_features(tree(tmp_path, **needing), proof.GNU_REQUEST) == (
        "glibc-dynamic",
        "glibc-max-symbol-version:2.14",
    )


def test_a_newer_glibc_than_the_floor_is_refused_with_the_file_that_needs_it(tmp_path: Path) -> None:
    made = tree(tmp_path, python=tiny_gnu.program(needs=[("libc.so.6", ["GLIBC_2.34"])]))
    with pytest.raises(InputError, match=r"install/python: needs glibc 2\.34; the floor is 2\.17"):
        crt_features(made, proof.GNU_REQUEST)


def test_binaries_that_need_no_version_of_glibc_at_all_are_refused(tmp_path: Path) -> None:
    made = tree(tmp_path, python=tiny_gnu.program(needs=[("libother.so", ["OTHER_1"])], versioned=[]))
    with pytest.raises(InputError, match="none of the 1 ELF files asks for a version of glibc"):
        crt_features(made, proof.GNU_REQUEST)


def test_a_tree_without_a_binary_is_refused_whatever_it_should_be(tmp_path: Path) -> None:
    made = tree(tmp_path, text=b"not an ELF file")
    for request in (proof.REQUEST, proof.GNU_REQUEST):
        with pytest.raises(InputError, match="no ELF file in it"):
            crt_features(made, request)


def test_what_is_static_has_to_be_what_was_asked_for(tmp_path: Path) -> None:
    made = tree(tmp_path, python=make_elf())
    assert crt_features(made, proof.REQUEST) == ("static",)
    with pytest.raises(InputError, match="expected dynamic executables only"):
        crt_features(made, proof.GNU_REQUEST)
