"""`pydist validate` prints all findings, as text or JSON, and returns 0, 1 or 2."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from pydist.cli.main import main
from pydist.policy import resources
from tests.support import tiny


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return tiny.pack(tmp_path / "good.tar", tiny.distribution())


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    content = tiny.distribution()
    content["outside"] = b""
    del content["python/install/bin/python3.14"]
    return tiny.pack(tmp_path / "bad.tar", content)


def test_exit_codes_tell_good_bad_and_unreadable(good: Path, bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--no-run", str(good)]) == 0
    assert main(["validate", "--no-run", str(good), str(bad)]) == 1
    assert main(["validate", "--no-run", str(good), str(bad), "/no/such/file"]) == 2
    assert main(["validate"]) == 2
    assert main(["validate", "--select", "nonsense", str(good)]) == 2
    assert "/no/such/file" in capsys.readouterr().err


def test_all_findings_are_printed_with_rule_place_and_advice(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["validate", "--no-run", str(bad)])
    text = capsys.readouterr().out
    for words in ("archive.outside-root", "'outside'", "put everything below python/", "archive.link-dangling",
                  "manifest.path", "python_exe", "bad  "):  # fmt: skip
        assert words in text


def test_json_keeps_to_the_published_schema(good: Path, bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--json", "--no-run", str(good), str(bad)]) == 1
    document = json.loads(capsys.readouterr().out)
    schema = json.loads((resources.schema() / "validate-report-1.schema.json").read_text())
    jsonschema.validate(document, schema)
    assert [report["verdict"] for report in document["reports"]] == ["good", "bad"]


def test_rules_can_be_ignored_in_one_word(bad: Path) -> None:
    assert main(["validate", "--no-run", "--ignore", "archive,manifest.path", "--ignore", "record", str(bad)]) == 0


def test_the_table_of_rules_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--list-rules", "--json"]) == 0
    assert {"archive.damaged", "run.import"} <= {rule["id"] for rule in json.loads(capsys.readouterr().out)}
    assert main(["validate", "--list-rules"]) == 0
    assert "archive.damaged" in capsys.readouterr().out
