"""Facts about what a build finds out before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.build.box import BoxKind
from pydist.build.build import build
from pydist.build.request import BuildRequest
from pydist.errors import EnvironmentLacking
from pydist.store import Store

V3 = "x86_64_v3-unknown-linux-gnu"


NOT_REFUSED = "the store cannot be written"
"""What stops the builds of these tests when they are about to fetch their sources."""


def built(tmp_path: Path, target: str, box: BoxKind | None) -> None:
    (tmp_path / "file").touch()
    build(target=target, box=box, output=tmp_path / "dist", store=Store(tmp_path / "file" / "store"))


@pytest.mark.parametrize(
    ("box", "place"),
    [
        (BoxKind.HOST, "tcp://127.0.0.1:9"),
        (None, "tcp://127.0.0.1:9"),  # where none answers, the host builds
        (BoxKind.CONTAINER, "unix:///nowhere"),
    ],
)
def test_a_processor_that_lacks_the_level_of_the_target_is_found_out_before_anything_is_fetched(
    box: BoxKind | None, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", place)
    monkeypatch.setattr("pydist.build.build.level_here", lambda: 2)
    with pytest.raises(EnvironmentLacking, match=r"level x86-64-v3.*level v2"):
        built(tmp_path, V3, box)
    monkeypatch.setattr("pydist.build.build.level_here", lambda: 3)
    with pytest.raises(EnvironmentLacking, match=NOT_REFUSED):
        built(tmp_path, V3, box)


def test_the_processor_of_an_engine_elsewhere_is_not_taken_for_that_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    monkeypatch.setattr("pydist.build.build.level_here", lambda: 1)
    with pytest.raises(EnvironmentLacking, match=NOT_REFUSED):
        built(tmp_path, V3, BoxKind.CONTAINER)


def test_every_processor_has_the_level_of_the_other_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    monkeypatch.setattr("pydist.build.build.level_here", lambda: 1)
    for target in ("x86_64-unknown-linux-musl", "aarch64-unknown-linux-gnu"):
        with pytest.raises(EnvironmentLacking, match=NOT_REFUSED):
            built(tmp_path, target, BoxKind.CONTAINER)


@pytest.mark.parametrize("cpu", ["x86_64", "x86_64_v3"])
def test_programs_for_glibc_need_its_loader_which_a_machine_with_another_library_lacks(cpu: str) -> None:
    request = BuildRequest.parse(python="3.14", target=f"{cpu}-unknown-linux-gnu")
    assert request.target.to_run(request.options) == {"/lib64/ld-linux-x86-64.so.2": "libc6"}
