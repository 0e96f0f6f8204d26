"""Facts about what a build finds out before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.build.assemble import places
from pydist.build.box import BoxKind
from pydist.build.build import build, check_place
from pydist.build.relocate import BuildPathLeft, check_no_trace
from pydist.build.request import BuildRequest
from pydist.errors import EnvironmentLacking, InputError
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


@pytest.mark.parametrize("character", list(" \t:$\"'`\\(){}[];*?,#&|<>"))
def test_a_store_whose_name_has_syntax_of_build_scripts_is_refused(character: str, tmp_path: Path) -> None:
    check_place(Store(root=tmp_path / "café@home+1"))
    with pytest.raises(InputError, match="cannot work in a folder with such characters"):
        check_place(Store(root=tmp_path / f"a{character}b"))


def test_a_folder_of_any_box_is_a_place_that_nothing_may_name(tmp_path: Path) -> None:
    """Nor may it be one where the compiler keeps what it made; a machine's own /var/cache is none."""
    tree, store = tmp_path / "tree", tmp_path / "store"
    tree.mkdir()
    found = places(store, Path("/opt/zig"))
    (tree / "file").write_bytes(b"\0/var/cache/fontconfig\0/build\0")
    check_no_trace(tree, found)
    for name in (f"{store}/toolchain/global/o/1/crt1.o", "/cache/x", "/cache/o/12/crt1.o", "/opt/zig/lib/c.h"):
        (tree / "file").write_bytes(b"\0" + name.encode() + b"\0")
        with pytest.raises(BuildPathLeft, match="file"):
            check_no_trace(tree, found)
