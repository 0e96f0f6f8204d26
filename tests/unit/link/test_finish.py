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


def test_a_link_stays_a_link_to_the_new_file(tmp_path: Path, program: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("later")
    assert finish(program, SPEC, tmp_path / "link").path == tmp_path / "link"
    finish(program, SPEC, tmp_path / "dangling")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "dangling").is_symlink()
    assert (tmp_path / "real").read_bytes() == (tmp_path / "later").read_bytes() != b"old"


def test_what_is_not_a_plain_file_is_not_replaced(tmp_path: Path, program: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "alias").symlink_to("pipe")
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "null").symlink_to("/dev/null")
    for name in ("pipe", "alias", "null", "round"):
        with pytest.raises(InputError, match="name another file"):
            finish(program, SPEC, tmp_path / name)
    assert (tmp_path / "pipe").is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alias", "null", "pipe", "round", "stub"]


def test_a_file_that_looks_like_ours_is_not_removed(tmp_path: Path, program: Path) -> None:
    other = tmp_path / f".app.{os.getpid()}"
    other.write_text("another's")
    finish(program, SPEC, tmp_path / "app")
    assert other.read_text() == "another's"


def test_the_longest_name_is_written(tmp_path: Path, program: Path) -> None:
    finish(program, SPEC, tmp_path / ("a" * 255))
