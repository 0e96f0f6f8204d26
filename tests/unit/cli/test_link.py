"""`pydist link` and `pydist inspect` as a user meets them: help, messages and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pydist.cli.link import licences_line
from pydist.cli.main import main
from pydist.cli.terminal import plain
from pydist.link.report import LicenceFacts
from tests.support import tiny
from tests.support.dist import tree


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYDIST_CACHE", str(tmp_path / "store"))


@pytest.mark.parametrize("command", ["link", "inspect"])
def test_help_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert f"  pydist {command} " in capsys.readouterr().out


def test_a_wrong_application_is_exit_code_2_and_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "./missing"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("error: './missing': no such file or folder")


def test_a_store_without_distribution_is_exit_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.py").write_text("")
    assert main(["link", str(tmp_path / "x.py"), "-o", str(tmp_path / "x")]) == 3
    assert "pydist build --python 3.14" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_said_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the store is asked, which has nothing."""
    (tmp_path / "x.py").write_text("")
    assert main(["link", str(tmp_path / "x.py"), "-o", str(tmp_path / "x.py" / "x")]) == 2
    assert "cannot be written: Not a directory; name another with -o FILE" in capsys.readouterr().err


def test_script_and_module_together_are_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["link", "x", "--script", "a", "-m", "b"])
    assert caught.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


def test_a_folder_as_output_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.py").write_text("")
    assert main(["link", str(tmp_path / "x.py"), "-o", str(tmp_path)]) == 2
    assert "is a folder; name the file" in capsys.readouterr().err


def test_the_application_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.py").write_text("print()\n")
    assert main(["link", str(tmp_path / "x.py"), "-o", str(tmp_path / "x.py")]) == 2
    assert "is the application itself" in capsys.readouterr().err
    assert (tmp_path / "x.py").read_text() == "print()\n"


def test_what_a_project_says_of_its_scripts_is_checked_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the store is asked, which has nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bb").mkdir()
    project = "[project]\nname = 'demo'\nversion = '1'\n[project.scripts]\nbb = 'bb:main'\n"
    (tmp_path / "pyproject.toml").write_text(project)
    assert main(["link", "."]) == 2
    assert "bb is a folder; name the file" in capsys.readouterr().err
    assert main(["link", ".", "-o", "other"]) == 3
    (tmp_path / "pyproject.toml").write_text(f"{project}cc = 'bb:main'\n")
    capsys.readouterr()
    assert main(["link", ".", "-o", "other"]) == 2
    assert "demo has 2 scripts: choose with --script, once or several times: bb, cc" in capsys.readouterr().err
    assert main(["link", ".", "--script", "cc"]) == 3
    (tmp_path / "pyproject.toml").write_text(f"{project}demo = 'bb:main'\n")
    assert main(["link", "."]) == 3


@pytest.mark.parametrize("version", ["abc", "3", "3.14.7.1", ">=3.14"])
def test_a_version_that_is_none_is_wrong_use(version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.py").write_text("")
    assert main(["link", str(tmp_path / "x.py"), "--python", version]) == 2
    assert f"--python {version}: expected a version like 3.14 or 3.14.7" in capsys.readouterr().err


def test_a_distribution_of_another_version_or_target_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.py").write_text("")
    command = ["link", str(tmp_path / "x.py"), "-o", str(tmp_path / "x"), "--dist", str(tree(tmp_path))]
    assert main([*command, "--python", "3.13"]) == 2
    assert "is Python 3.14.7; 3.13 was asked for" in capsys.readouterr().err
    assert main([*command, "--target", "x86_64-unknown-linux-gnu"]) == 2
    assert "is for x86_64-unknown-linux-musl; x86_64-unknown-linux-gnu was asked for" in capsys.readouterr().err


def test_inspect_describes_a_distribution(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(tree(tmp_path))]) == 0
    text = capsys.readouterr().out
    assert "distribution" in text
    assert f"Python 3.14.7  {tiny.TRIPLE}" in text
    assert f"{len(tiny.built_in()) + 2} extension modules: _abc, " in text


def test_inspect_as_json_is_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(tree(tmp_path)), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["kind"], report["interpreter"]["version"]) == ("distribution", "3.14.7")


def test_a_distribution_has_no_application_to_extract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(tree(tmp_path)), "--extract", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()
    assert "--extract: " in capsys.readouterr().err


def test_a_quiet_inspect_says_nothing_of_what_is_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(tree(tmp_path)), "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["inspect", str(tree(tmp_path)), "--quiet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "distribution"


def test_what_is_not_known_is_not_called_free_of_copyleft() -> None:
    assert licences_line(LicenceFacts(copyleft={}, unknown=())) == "no copyleft"
    assert licences_line(LicenceFacts(copyleft={}, unknown=("a", "b"))) == "copyleft: none known; not known: a, b"
    both = licences_line(LicenceFacts(copyleft={"GPL-3.0": ("a", "b")}, unknown=("c",)))
    assert both == "copyleft: GPL-3.0 (a, b); not known: c"


def test_names_from_files_cannot_command_the_terminal() -> None:
    assert plain("a\x1b]0;title\x07b\r\n\tc é") == "a\ufffd]0;title\ufffdb\ufffd\n\tc é"
