"""What the operating system refuses is said with the place, and nothing stays behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.archive.places import check_writable, working_folder
from pydist.errors import EnvironmentLacking, InputError
from tests.support.limits import small_files


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
        pytest.raises(EnvironmentLacking, match="File too large; TMPDIR names another"),
        working_folder("test") as folder,
        small_files(100),
    ):
        (folder / "file").write_bytes(bytes(200))
    assert not list(tmp_path.iterdir())


def test_no_folder_to_work_in_is_what_the_machine_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(EnvironmentLacking, match=r"missing.*No such file.*TMPDIR"), working_folder("test"):
        pass


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
