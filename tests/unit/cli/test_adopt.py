"""`pydist adopt` on the command line: what it refuses, and that nothing stays behind then."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.cli.main import main
from tests.support import trees


def test_what_is_no_python_ends_with_2_and_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trees.write(tmp_path / "app", {"dist/base_library.zip": b""})
    assert main(["adopt", str(tmp_path / "app"), "-o", str(tmp_path / "out") + "/"]) == 2
    assert "PyInstaller" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["app"]


def test_a_folder_with_something_in_it_is_not_written_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/mine").write_text("")
    assert main(["adopt", "/usr", "--folder", str(tmp_path / "there")]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["mine"]


def test_help_says_that_the_interpreter_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["adopt", "--help"])
    assert "The interpreter is run" in capsys.readouterr().out
