"""`pydist validate` prints all findings, as text or JSON, and returns 0, 1 or 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pydist.cli.main import main
from pydist.cli.validate import summary_text
from pydist.policy import resources
from pydist.trial.outcome import Verdict
from pydist.validate.report import Report, Summary, Tried
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


def test_one_is_not_written_as_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tiny.pack(tmp_path / "a.tar", tiny.distribution() | {"outside": b""})
    main(["validate", "--no-run", str(path)])
    assert f"a.tar: 1 error, 0 warnings, 0 notes; {len(tiny.distribution()) + 1:,} entries, " in capsys.readouterr().out


def test_many_findings_of_one_rule_are_cut_unless_all_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = tiny.distribution() | {f"outside{number}": b"" for number in range(8)}
    path = tiny.pack(tmp_path / "a.tar", content)
    main(["validate", "--no-run", str(path)])
    text = capsys.readouterr().out
    assert text.count("expected below python/") == 5
    assert "and 3 more of archive.outside-root; --all shows them" in text
    main(["validate", "--no-run", "--all", str(path)])
    text = capsys.readouterr().out
    assert (text.count("expected below python/"), "--all" in text) == (8, False)
    main(["validate", "--no-run", "--json", str(path)])
    assert len(printed(capsys, "validate-report-1.schema.json")["reports"][0]["findings"]) == 8


def test_trials_that_were_not_applicable_or_lacked_something_are_named_with_the_reason() -> None:
    tried = (
        Tried(rule="run.hashes", verdict=Verdict.PASSED),
        Tried(rule="run.venv", verdict=Verdict.NOT_APPLICABLE, detail="it has no venv"),
        Tried(rule="run.read-only", verdict=Verdict.LACKING, detail="a second user"),
    )
    summary = Summary(entries=1, bytes=1, binaries=1, ran=True, modules_imported=1, tried=tried)
    text = summary_text(Report(input="a", verdict="good", rules=(), findings=(), summary=summary)).plain
    assert "1 of 3 trials passed, 1 not applicable, 1 lacking" in text
    assert "run.venv not applicable: it has no venv" in text
    assert "run.read-only lacking: a second user" in text
    assert "run.hashes" not in text


def test_a_document_takes_the_place_of_the_text_on_standard_output(
    bad: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["validate", "--no-run", "--sarif", "-", str(bad)]) == 1
    assert json.loads(capsysbinary.readouterr().out)["version"] == "2.1.0"
    assert main(["validate", "--no-run", "--html", "-", str(bad)]) == 1
    page = capsysbinary.readouterr().out
    assert page.startswith(b"<!doctype html>") and page.endswith(b"</html>\n")
    with pytest.raises(SystemExit, match="2"):
        main(["validate", "--no-run", "--html", "-", "--json", str(bad)])
    assert b"--json and --html: standard output takes one document" in capsysbinary.readouterr().err


def printed(capsys: pytest.CaptureFixture[str], schema: str) -> Any:
    """The JSON document on standard output, which keeps to `schema`."""
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((resources.schema() / schema).read_text()))
    assert document["format_version"] == 1
    return document


def test_json_keeps_to_the_published_schema(good: Path, bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--json", "--no-run", str(good), str(bad)]) == 1
    document = printed(capsys, "validate-report-1.schema.json")
    assert [report["verdict"] for report in document["reports"]] == ["good", "bad"]


def test_json_has_one_report_per_input_in_order_also_for_those_that_cannot_be_opened(
    good: Path, bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = ["/no/such/file", str(good), "/no/other", str(bad)]
    assert main(["validate", "--json", "--no-run", *inputs]) == 2
    reports = printed(capsys, "validate-report-1.schema.json")["reports"]
    assert [report["input"] for report in reports] == inputs
    assert [report["verdict"] for report in reports] == ["unreadable", "good", "unreadable", "bad"]
    assert "/no/such/file" in reports[0]["error"]
    assert [("error" in report) for report in reports] == [True, False, True, False]


def test_rules_can_be_ignored_in_one_word(bad: Path) -> None:
    assert main(["validate", "--no-run", "--ignore", "archive,manifest.path", "--ignore", "record", str(bad)]) == 0


def test_the_table_of_rules_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--list-rules", "--json"]) == 0
    rules = printed(capsys, "validate-rules-1.schema.json")["rules"]
    assert {"archive.damaged", "run.import"} <= {rule["id"] for rule in rules}
    assert main(["validate", "--list-rules"]) == 0
    assert "archive.damaged" in capsys.readouterr().out
