"""What an interpreter says it offers becomes an outcome of `pydist test`."""

from __future__ import annotations

import json
import shlex
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from pydist.examine import choose, examine
from pydist.examine.report import Result
from pydist.policy import features
from pydist.target import Target
from pydist.trial.outcome import Verdict
from tests.support import tiny

TARGET = Target.parse("x86_64-unknown-linux-musl")
REFERENCE = features.reference("3.14", TARGET, static=True)


def offered(*more: str) -> dict[str, list[str]]:
    """Just what has to be there, and `more` in the group of os."""
    allowed = [(row.group, pattern) for row in REFERENCE.allowances for pattern in row.names]
    found = {
        group: [name for name in names if not any(group == of and fnmatchcase(name, p) for of, p in allowed)]
        for group, names in REFERENCE.groups.items()
    }
    return {**found, "os": [*found["os"], *more]}


def result(folder: Path, answer: str) -> Result:
    """The outcome for an interpreter that says `answer`, whatever it is asked."""

    def change(manifest: dict[str, Any], content: tiny.Members) -> None:
        manifest |= {"target_triple": TARGET.triple, "python_major_minor_version": "3.14", "crt_features": ["static"]}
        (folder / "answer").write_text(answer)
        content["python/install/bin/python3.14"] = f"#!/bin/sh\ncat {shlex.quote(str(folder / 'answer'))}\n".encode()

    archive = tiny.pack(folder / "dist.tar", tiny.distribution(change))
    (made,) = examine(archive, checks=choose(["feature.native"])).results
    return made


def test_what_a_native_build_has_but_for_what_has_a_reason_is_enough(tmp_path: Path) -> None:
    made = result(tmp_path, json.dumps(offered("something_new")))
    assert made.verdict is Verdict.PASSED, made.problems
    assert made.detail is not None and made.detail.endswith("left out with a reason, 1 beyond it")


def test_one_missing_function_is_named(tmp_path: Path) -> None:
    less = offered()
    less["os"].remove("memfd_create")
    (problem,) = result(tmp_path, json.dumps(less)).problems
    assert (problem.where, problem.what, problem.found) == ("os", "memfd_create", "not there")


def test_a_reason_for_what_is_there_is_named(tmp_path: Path) -> None:
    (problem,) = result(tmp_path, json.dumps(offered("O_FSYNC"))).problems
    assert (problem.where, problem.what) == ("os", "O_FSYNC")
    assert "allowed.toml" in problem.expected


@pytest.mark.parametrize("answer", ["", "[]", '{"os": 1}'])
def test_another_answer_is_a_failure(tmp_path: Path, answer: str) -> None:
    assert result(tmp_path, answer).verdict is Verdict.FAILED
