"""Stub and image become one file, whole or not at all, with the same bytes each time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pydist.binary.elf_edit import ElfUnfit, find_segment
from pydist.errors import InputError
from pydist.link.finish import finish
from pydist.link.image import MAGIC, FileRow, ImageSpec
from pydist.link.image_read import Image
from tests.support.dist import stub

SPEC = ImageSpec(
    python_hex=1, pyc_magic=2, abi_tag="cpython-314", modules=(), files=(FileRow(path="a/b.txt", data=b"hello"),)
)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "stub"
    path.write_bytes(stub())
    return path


def test_the_image_is_a_segment_of_the_file(tmp_path: Path, program: Path) -> None:
    made = finish(program, SPEC, tmp_path / "sub/app")
    data = made.path.read_bytes()
    assert len(data) == made.size
    segment = find_segment(data, MAGIC)
    assert segment is not None
    image = Image.parse(segment)
    image.verify()
    assert [(row.path, bytes(row.data)) for row in image.spec.files] == [("a/b.txt", b"hello")]


def test_the_file_is_executable_as_the_umask_allows(tmp_path: Path, program: Path) -> None:
    before = os.umask(0o027)
    try:
        made = finish(program, SPEC, tmp_path / "app")
        assert made.path.stat().st_mode & 0o777 == 0o750
    finally:
        assert os.umask(before) == 0o027


def test_the_same_input_gives_the_same_bytes_and_replaces_what_was_there(tmp_path: Path, program: Path) -> None:
    (tmp_path / "one").write_text("old")
    one, two = finish(program, SPEC, tmp_path / "one"), finish(program, SPEC, tmp_path / "two")
    assert one.path.read_bytes() == two.path.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "stub", "two"]


def test_a_stub_without_note_leaves_nothing_behind(tmp_path: Path, program: Path) -> None:
    program.write_bytes(stub(b"other"))
    with pytest.raises(ElfUnfit):
        finish(program, SPEC, tmp_path / "app")
    assert [path.name for path in tmp_path.iterdir()] == ["stub"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, program: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        finish(program, SPEC, tmp_path / "file/app")
