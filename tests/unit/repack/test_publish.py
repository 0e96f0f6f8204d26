"""An archive and its debug files appear together, or neither does."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.repack.publish import debug_files, staged
from tests.support.limits import small_files


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    (folder / "b").mkdir(parents=True)
    (folder / "a.debug").write_bytes(b"new")
    (folder / "b" / "c.debug").write_bytes(b"new")
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    (folder / "a.debug").write_bytes(b"old")
    return folder


def test_debug_files_stay_when_the_block_ends_well(made: Path, target: Path) -> None:
    with debug_files(made, target):
        assert files(target)["b/c.debug"] == b"new"
    assert files(target) == {"a.debug": b"new", "b/c.debug": b"new"}
    assert files(made)["a.debug"] == b"new", "they are copies"


def test_when_it_does_not_everything_is_as_before(made: Path, target: Path) -> None:
    with pytest.raises(KeyboardInterrupt), debug_files(made, target):
        raise KeyboardInterrupt
    assert files(target) == {"a.debug": b"old"}


def test_a_name_that_cannot_be_given_takes_back_the_others(made: Path, target: Path) -> None:
    (target / "b" / "c.debug").mkdir(parents=True)
    with pytest.raises(InputError, match=r"c\.debug: cannot be written.*--debug-files"), debug_files(made, target):
        raise AssertionError("never reached")
    assert files(target) == {"a.debug": b"old"}


def test_a_full_disk_touches_nothing(made: Path, target: Path) -> None:
    (made / "z").write_bytes(bytes(4000))
    with small_files(1000), pytest.raises(InputError, match="cannot be written"), debug_files(made, target):
        raise AssertionError("never reached")
    assert files(target) == {"a.debug": b"old"}


def test_an_archive_that_gets_no_name_takes_back_its_debug_files(made: Path, target: Path, tmp_path: Path) -> None:
    place = tmp_path / "out" / "a.tar"
    with pytest.raises(InputError, match="--output"), staged(place) as fresh:
        fresh.write_bytes(b"x")
        place.mkdir()
        with debug_files(made, target):
            fresh.replace(place)
    assert files(target) == {"a.debug": b"old"}
    assert [path.name for path in place.parent.iterdir()] == ["a.tar"]


def test_without_a_folder_for_them_there_are_none(made: Path, tmp_path: Path) -> None:
    for folder, goal in [(made, None), (tmp_path / "nothing", tmp_path / "new")]:
        with debug_files(folder, goal):
            pass
    assert not (tmp_path / "new").exists()
