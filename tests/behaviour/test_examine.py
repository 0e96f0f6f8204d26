"""The distribution that is built keeps every promise of the table of checks, and the suite is judged by its table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pydist.examine import choose, examine
from pydist.link.dist import Distribution
from pydist.trial.outcome import Verdict

pytestmark = pytest.mark.slow


def test_every_check_of_the_distribution_passes(distribution: Distribution) -> None:
    report = examine(distribution.root.parent, checks=choose())
    bad = {result.check: [str(item) for item in result.problems] for result in report.results if result.problems}
    assert not bad
    passed = {result.check for result in report.results if result.verdict is Verdict.PASSED}
    assert {"compile.relink", "compile.embed-static", "module.library", "environment.pip", "place.moved"} <= passed


@pytest.mark.parametrize(
    "target, options",
    [
        ("x86_64-unknown-linux-gnu", "noopt"),
        ("x86_64-unknown-linux-gnu", "freethreaded+debug"),
        ("aarch64-unknown-linux-musl", "noopt+static"),
    ],
)
def test_other_targets_and_options_keep_every_promise_too(tree: Callable[..., Path], target: str, options: str) -> None:
    report = examine(tree(target, options).parent, checks=choose())
    assert not {result.check: [str(item) for item in result.problems] for result in report.results if result.problems}
    passed = {result.check for result in report.results if result.verdict is Verdict.PASSED}
    assert {"module.library", "library.numbers", "place.moved"} <= passed


def test_known_failures_are_told_from_new_ones(distribution: Distribution) -> None:
    files = ["test_build_details", "test_tcl", "test_locale", "test_grammar"]
    report = examine(distribution.root.parent, checks=(), suite=True, tests=files, jobs=2)
    assert report.suite is not None
    assert report.suite.verdict is Verdict.PASSED, report.suite
    known = {item.test for item in report.suite.known_failures}
    assert known >= {"test.test_build_details.CPythonBuildDetailsTests.test_base_interpreter"}
    assert "test_tcl" in report.suite.skipped_files
