"""`pydist build` says what it can make."""

from __future__ import annotations

import pytest

from pydist.cli.main import main
from pydist.policy import recipes, targets
from pydist.policy.options import OPTIMIZATIONS


@pytest.fixture
def explained(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main(["build", "--help"])
    return " ".join(capsys.readouterr().out.split())


def test_help_names_all_versions_and_options(explained: str) -> None:
    releases = [release.version for release in recipes.load("cpython").releases]
    for word in (*releases, ", ".join(OPTIMIZATIONS), "freethreaded+", "+static"):
        assert word in explained, word


def test_help_names_all_targets_with_their_default_options(explained: str) -> None:
    for triple, row in targets.load().items():
        assert f"{triple} {row.default}" in explained
