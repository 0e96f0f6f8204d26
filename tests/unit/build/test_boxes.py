"""Facts about which box a build gets on a machine without an engine; for the others see tests/behaviour/test_box.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.build.box import BoxKind, kind_in, sign
from pydist.build.boxes import opened_box
from pydist.errors import EnvironmentLacking
from pydist.progress import Silent
from pydist.store import Store


@pytest.fixture
def no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody")


@pytest.mark.usefixtures("no_engine")
def test_without_an_engine_a_build_runs_on_the_host(tmp_path: Path) -> None:
    with opened_box(None, Store(tmp_path), jobs=1, reporter=Silent()) as box:
        assert box.kind is BoxKind.HOST


@pytest.mark.usefixtures("no_engine")
def test_who_asks_for_a_container_without_an_engine_is_told_what_to_do(tmp_path: Path) -> None:
    with (
        pytest.raises(EnvironmentLacking, match=r"no Docker engine answers at unix://.*nobody.*apt install docker\.io"),
        opened_box(BoxKind.CONTAINER, Store(tmp_path), jobs=1, reporter=Silent()),
    ):
        pass


def test_a_log_says_which_kind_of_box_it_is_of(tmp_path: Path) -> None:
    for kind in BoxKind:
        sign(tmp_path / kind, kind)
        assert kind_in(tmp_path / kind) is kind
    (tmp_path / "other").write_text("anything\n")
    assert kind_in(tmp_path / "other") is None
