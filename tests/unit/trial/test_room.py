"""A temporary folder in which nothing can be written is the machine's lack; other faults stay what they are."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from pydist.archive.extract import extract
from pydist.cli.main import main
from pydist.errors import EnvironmentLacking, InputError
from pydist.trial.room import is_lack_of_room, room
from tests.support import tiny
from tests.support.limits import small_files

LARGE = 300_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A good distribution with one file that is larger than what may be written."""
    content = tiny.distribution(lambda _, members: members.update({"python/install/share/x": bytes(LARGE)}))
    return tiny.pack(tmp_path / "a.tar", content)


def test_a_room_is_empty_and_gone_afterwards() -> None:
    with room("pydist-x-") as folder:
        assert folder.name.startswith("pydist-x-") and not list(folder.iterdir())
        (folder / "file").write_bytes(b"")
    assert not folder.exists()


def test_without_a_temporary_folder_the_environment_lacks_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(EnvironmentLacking, match=r"no room for temporary files: .*none.*set TMPDIR"), room("x"):
        pass


def test_what_cannot_be_written_any_more_is_a_lack_however_it_is_said(large: Path, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/x").write_bytes(bytes(LARGE))
    with small_files(1 << 16):
        with pytest.raises(EnvironmentLacking, match="File too large"), room("pydist-x-") as folder:
            (folder / "x").write_bytes(bytes(LARGE))
        with pytest.raises(EnvironmentLacking, match="cannot unpack"), room("pydist-x-") as folder:
            extract(large, folder / "tree")
        with pytest.raises(EnvironmentLacking, match="File too large"), room("pydist-x-") as folder:
            shutil.copytree(tmp_path / "tree", folder / "tree")
    assert not folder.exists()


def test_other_faults_are_what_they_were() -> None:
    with pytest.raises(FileNotFoundError), room("pydist-x-") as folder:
        (folder / "none").read_bytes()
    with pytest.raises(InputError, match="wrong"), room("pydist-x-"):
        raise InputError("wrong")
    assert not is_lack_of_room(InputError("No space left on device"))


def test_validate_says_that_there_is_no_room_and_nothing_about_the_distribution(
    large: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_files(1 << 16):
        assert main(["validate", "--quiet", str(large)]) == 3
        assert "no room for temporary files" in capsys.readouterr().err
        assert main(["validate", "--quiet", "--no-run", str(large)]) == 0
    monkeypatch.setattr(tempfile, "tempdir", "/none")
    assert main(["validate", "--quiet", str(large)]) == 3
