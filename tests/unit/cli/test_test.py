"""`pydist test` prints every result, as text or JSON, and returns 0, 1, 2 or 3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pydist.cli.main import main
from pydist.policy import resources
from tests.support import tiny

DONE = b"""#!/bin/sh\necho "$7{\\"done\\": \\"fine\\"}"\n"""
LACKING = b"""#!/bin/sh\necho "$7{\\"lacking\\": \\"a screen\\"}"\n"""


def archive(folder: Path, interpreter: bytes) -> str:
    def change(_: dict[str, Any], content: tiny.Members) -> None:
        content["python/install/bin/python3.14"] = interpreter

    return str(tiny.pack(folder / "dist.tar", tiny.distribution(change)))


@pytest.mark.parametrize(
    ("interpreter", "verdict", "code"),
    [(DONE, "good", 0), (b"#!/bin/sh\nexit 1\n", "bad", 1), (LACKING, "incomplete", 3)],
)
def test_exit_code_text_and_json_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], interpreter: bytes, verdict: str, code: int
) -> None:
    command = ["test", archive(tmp_path, interpreter), "--select", "library.hashes"]
    assert main(command) == code
    assert f"{verdict}  " in capsys.readouterr().out
    assert main([*command, "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((resources.schema() / "test-report-1.schema.json").read_text()))
    assert document["verdict"] == verdict
    assert "suite" not in document


def test_the_list_of_checks_follows_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--list-checks", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((resources.schema() / "test-checks-1.schema.json").read_text()))
    assert main(["test", "--list-checks"]) == 0
    assert "wheel.numpy" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["/no/such/file"],
        ["x", "--select", "nonsense"],
        ["x", "--jobs", "0"],
        ["x", "--no-suite", "--tests", "test_a"],
    ],
)
def test_wrong_use_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", *arguments]) == 2
    assert "error" in capsys.readouterr().err
