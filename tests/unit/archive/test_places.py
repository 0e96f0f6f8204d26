"""What the operating system refuses is said with the place, nothing stays behind, and other faults stay as they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pydist.archive.extract import extract
from pydist.archive.places import check_writable, is_lack_of_room, working_folder
from pydist.cli.main import main
from pydist.errors import EnvironmentLacking, InputError
from tests.support import tiny
from tests.support.limits import small_files

LARGE = 300_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A good distribution with one file that is larger than what may be written."""
    content = tiny.distribution(lambda _, members: members.update({"python/install/share/x": bytes(LARGE)}))
    return tiny.pack(tmp_path / "a.tar", content)


def test_the_working_folder_is_gone_after_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with working_folder("test") as folder:
        (folder / "file").write_bytes(b"x")
        assert folder.parent == tmp_path
    with pytest.raises(KeyError), working_folder("test"):
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_full_is_what_the_machine_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with (
        pytest.raises(EnvironmentLacking, match=r"File too large.*; TMPDIR names another"),
        working_folder("test") as folder,
        small_files(100),
    ):
        (folder / "file").write_bytes(bytes(200))
    assert not list(tmp_path.iterdir())


def test_no_folder_to_work_in_is_what_the_machine_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(EnvironmentLacking, match=r"No such file.*missing.*TMPDIR"), working_folder("test"):
        pass


def test_what_cannot_be_written_any_more_is_a_lack_however_it_is_said(large: Path, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/x").write_bytes(bytes(LARGE))
    with small_files(1 << 16):
        with pytest.raises(EnvironmentLacking, match="cannot unpack"), working_folder("x") as folder:
            extract(large, folder / "tree")
        with pytest.raises(EnvironmentLacking, match="File too large"), working_folder("x") as folder:
            shutil.copytree(tmp_path / "tree", folder / "tree")
    assert not folder.exists()


def test_another_place_that_is_full_is_not_the_temporary_folder() -> None:
    full = OSError(28, "No space left on device", "/out/a.tar.zst")
    with pytest.raises(InputError, match=r"^/out/a\.tar\.zst: No space left"), working_folder("x"):
        raise full
    with pytest.raises(InputError, match=r"^cannot pack$"), working_folder("x"):
        raise InputError("cannot pack") from full


def test_other_faults_are_what_they_were() -> None:
    with pytest.raises(FileNotFoundError), working_folder("x") as folder:
        (folder / "none").read_bytes()
    with pytest.raises(InputError, match="wrong"), working_folder("x"):
        raise InputError("wrong")
    again = InputError("again")
    with pytest.raises(InputError, match="again"), working_folder("x"):
        raise again from again
    with pytest.raises(BrokenPipeError), working_folder("x"):
        raise BrokenPipeError(32, "Broken pipe")
    assert not is_lack_of_room(InputError("No space left on device"))


def test_validate_says_that_there_is_no_room_and_nothing_about_the_distribution(
    large: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_files(1 << 16):
        assert main(["validate", "--quiet", str(large)]) == 3
        assert "no room for temporary files" in capsys.readouterr().err
        assert main(["validate", "--quiet", "--no-run", str(large)]) == 0
    monkeypatch.setattr("tempfile.tempdir", "/none")
    assert main(["validate", "--quiet", str(large)]) == 3


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"/nothing: No such file"), working_folder("test"):
        (tmp_path / "nothing").read_bytes()


def test_a_place_is_looked_at_and_left_as_it_was(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "folder", "-o")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nothing")):
        with pytest.raises(InputError, match=r"cannot be written: .*; name another with -o"):
            check_writable(folder, "-o")
