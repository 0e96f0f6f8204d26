"""Findings as SARIF: a result each, with its rule, its place, and the reason where it is waived."""

from __future__ import annotations

import json
from pathlib import Path

from pydist.cli.main import main
from pydist.validate import validate
from pydist.validate.report import Report
from pydist.validate.rules import load_rules
from pydist.validate.sarif import sarif
from pydist.validate.waivers import Waiver
from tests.support import tiny


def judged(folder: Path, *waivers: Waiver) -> Report:
    content = tiny.distribution()
    content["outside"] = b""
    del content["python/install/bin/python3.14"]
    return validate(tiny.pack(folder / "an archive.tar", content), run=False, waivers=waivers)


def test_every_finding_is_a_result_of_its_rule(tmp_path: Path) -> None:
    report = judged(tmp_path)
    (run,) = sarif([report])["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(load_rules())
    assert len(run["results"]) == len(report.findings) > 2
    for result, finding in zip(run["results"], report.findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        assert result["level"] in {"error", "warning", "note"}
        assert finding.message in result["message"]["text"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"].endswith("/an%20archive.tar")
        assert finding.where in str(location.get("logicalLocations", ""))
    assert run["invocations"][0]["executionSuccessful"]


def test_what_is_waived_is_suppressed_with_its_reason(tmp_path: Path) -> None:
    waiver = Waiver(number=1, rule="archive.outside-root", reason="a note of the vendor")
    (run,) = sarif([judged(tmp_path, waiver)])["runs"]
    (waived,) = [result for result in run["results"] if "suppressions" in result]
    assert waived["ruleId"] == "archive.outside-root"
    assert waived["suppressions"][0]["justification"] == "a note of the vendor"


def test_an_input_that_cannot_be_opened_is_a_notification() -> None:
    (run,) = sarif([Report.unreadable("no such file", "cannot open")])["runs"]
    assert not run["invocations"][0]["executionSuccessful"]
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "cannot open"


def test_the_command_writes_it_beside_its_output(tmp_path: Path) -> None:
    archive = tiny.pack(tmp_path / "a.tar", tiny.distribution())
    assert main(["validate", "--no-run", "--sarif", str(tmp_path / "x.sarif"), str(archive)]) == 0
    document = json.loads((tmp_path / "x.sarif").read_text())
    assert document["version"] == "2.1.0"
    assert main(["validate", "--no-run", "--sarif", str(tmp_path / "no" / "x.sarif"), str(archive)]) == 2
