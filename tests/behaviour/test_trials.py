"""The distributions that are built do everything that `pydist validate` tries; damaged ones do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pydist.archive.extract import extract
from pydist.link.dist import Distribution
from pydist.trial.outcome import Verdict
from pydist.validate import choose, validate
from pydist.validate.trials import TRIALS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("target", ["x86_64-unknown-linux-musl", "x86_64-unknown-linux-gnu"])
def test_every_trial_of_what_is_built_passes(tree: Callable[..., Path], target: str) -> None:
    report = validate(tree(target), rules=choose(["run"]))
    assert [finding for finding in report.findings if finding.rule != "run.lacking"] == []
    assert {item.rule for item in report.summary.tried} == set(TRIALS)
    passed = {item.rule for item in report.summary.tried if item.verdict is Verdict.PASSED}
    assert set(TRIALS) - passed <= {"run.tkinter", "run.time-zones", "run.curses", "run.certificates"}


def test_a_part_that_is_missing_is_found_by_the_trials_that_need_it(distribution: Distribution, tmp_path: Path) -> None:
    root = tmp_path / "python"
    extract(distribution.root, root)
    library = root / "install" / "lib" / "python3.14"
    (library / "sqlite3" / "dbapi2.py").unlink()
    report = validate(root, rules=choose(["run"]))
    found = {finding.rule for finding in report.findings if finding.rule != "run.lacking"}
    assert found == {"run.dbm", "run.inventory", "run.library", "run.read-only", "run.sqlite", "run.tests"}
