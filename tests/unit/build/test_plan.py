"""Facts about keys: whatever can change a result changes its key, and so the keys of everything that needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pydist.build.host_box import HostBox, Processes
from pydist.build.jobserver import JobServer
from pydist.build.plan import Plan, components, plan
from pydist.build.request import BuildRequest
from pydist.policy import recipes
from pydist.policy.recipes import Origin
from pydist.policy.toolchain import Toolchain
from pydist.sources import SourceArchive

REQUEST = BuildRequest.parse(python="3.14", target="x86_64-unknown-linux-musl", options="noopt")
TOOLCHAIN = Toolchain(path=Path("/nowhere/zig"), version="0", digest="0")


def archives(**digests: str) -> dict[str, SourceArchive]:
    found = {}
    for recipe, release in components(REQUEST):
        if release.origins:
            digest = digests.get(recipe.name, "a" * 64)
            origin = Origin(url="http://127.0.0.1/x", pool="", sha256=digest, size=1)
            found[recipe.name] = SourceArchive(
                component=recipe.name, version=release.version, path=Path("/nowhere"), origin=origin
            )
    return found


def planned(request: BuildRequest = REQUEST, toolchain: Toolchain = TOOLCHAIN, **digests: str) -> Plan:
    jobserver = JobServer(1)
    box = HostBox(toolchain=toolchain, cache=Path("/nowhere"), jobserver=jobserver, processes=Processes())
    made = plan(request, archives(**digests), box)
    jobserver.close()
    return made


def changed(before: Plan, after: Plan) -> set[str]:
    return {node.name for node in before.nodes if node.key != after.key(node.name)}


def test_the_same_inputs_give_the_same_keys() -> None:
    assert changed(planned(), planned()) == set()


def test_another_archive_changes_its_component_and_what_needs_it_and_nothing_else() -> None:
    assert changed(planned(), planned(ncurses="b" * 64)) == {
        "ncurses",
        "libedit",
        "cpython",
        "distribution",
        "archives",
    }


def test_another_compiler_changes_every_component() -> None:
    everything = {node.name for node in planned().nodes}
    assert changed(planned(), planned(toolchain=replace(TOOLCHAIN, digest="1"))) == everything


@pytest.mark.parametrize("field", ["multiarch", "configure", "zig", "cflags"])
def test_every_property_of_the_target_is_part_of_the_keys(field: str) -> None:
    value: Any = ("-O3",) if field == "cflags" else "other"
    other: Any = replace(REQUEST.target, **{field: value})
    assert "zlib" in changed(planned(), planned(replace(REQUEST, target=other)))


@pytest.mark.parametrize(
    "change",
    [
        lambda recipe: replace(recipe, license_files=("README",)),
        lambda recipe: replace(recipe, needs=("bzip2",)),
        lambda recipe: replace(recipe, releases=(replace(recipe.releases[0], version="0"),)),
    ],
)
def test_what_a_recipe_says_is_part_of_the_key(
    change: Callable[[recipes.Recipe], recipes.Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = planned()
    load = recipes.load
    monkeypatch.setattr(recipes, "load", lambda name: change(load(name)) if name == "zlib" else load(name))
    assert {"zlib", "cpython"} <= changed(before, planned())


def test_a_file_of_a_recipe_is_part_of_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = planned()
    load = recipes.load
    (tmp_path / "build.sh").write_text("exit 1")
    (tmp_path / "recipe.toml").write_text("")
    monkeypatch.setattr(
        recipes, "load", lambda name: replace(load(name), folder=tmp_path) if name == "zlib" else load(name)
    )
    assert "zlib" in changed(before, planned())
