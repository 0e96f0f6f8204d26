"""`pydist doctor` as a user meets it: exit codes, one line per need, one JSON document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pydist.cli.main import main
from pydist.policy import needs


def test_a_machine_that_lacks_something_is_told_in_one_line_and_the_exit_code_is_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["doctor", "--for", "build"]) == 3
    output = capsys.readouterr()
    (error,) = output.err.splitlines()
    assert error.startswith("error: this machine lacks make, perl, ")
    assert "lacking  perl" in output.out


def test_quiet_says_nothing_but_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["doctor", "--quiet"]) == 3
    output = capsys.readouterr()
    assert output.out == ""
    assert len(output.err.splitlines()) == 1


def test_json_is_one_document_with_every_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["doctor", "--json"]) == 3
    output = capsys.readouterr()
    report = json.loads(output.out)
    assert report["complete"] is False
    assert [row["name"] for row in report["needs"]] == [need.name for need in needs.load()]
    assert output.err == ""
