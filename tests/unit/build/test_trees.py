"""Facts about recipes, and sources that are folders: a result is made of what its key was made from, or not at all."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pydist.build.box import BoxKind
from pydist.build.job import Job
from pydist.build.parts import parts, releases
from pydist.build.plan import plan
from pydist.build.request import BuildRequest
from pydist.build.schedule import PlannedNode
from pydist.build.surroundings import Surroundings
from pydist.errors import InputError
from pydist.policy import recipes
from pydist.policy.recipes import Origin, Recipe
from pydist.policy.toolchain import Toolchain
from pydist.sources import SourceArchive


class Counter:
    """A box that counts its jobs and runs nothing."""

    kind = BoxKind.HOST
    toolchain = Toolchain(path=Path("/nowhere/zig"), version="0", digest="0")
    jobs = 0

    def apart(self) -> Counter:
        return self

    def surroundings(self) -> Surroundings:
        raise NotImplementedError

    def run(self, job: Job) -> None:
        self.jobs += 1
        job.log.touch()

    def stop(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """One whose sources are its own, in a folder that a test may change."""
    load = recipes.load
    own = replace(load("ndbm"), folder=tmp_path / "recipe")
    shutil.copytree(load("ndbm").folder, own.folder)
    monkeypatch.setattr(recipes, "load", lambda name: own if name == "ndbm" else load(name))
    return own


def planned(box: Counter) -> PlannedNode:
    """The node of that recipe in the plan of a build."""
    request = BuildRequest.parse(python="3.14", target="x86_64-unknown-linux-musl", options="noopt+static")
    origin = Origin(url="http://127.0.0.1/x", pool="", sha256="a" * 64, size=1)
    archives = {
        recipe.name: SourceArchive(component=recipe.name, version=release.version, path=Path("/no"), origin=origin)
        for recipe, release in releases(parts(request))
        if release.origins
    }
    return next(node for node in plan(request, archives, box).nodes if node.name == "ndbm")


def build(node: PlannedNode, place: Path) -> None:
    (place / "out").mkdir(parents=True)
    inputs = dict.fromkeys(node.needs, place / "nothing")
    node.make(place / "out", inputs)


@pytest.mark.parametrize(
    "change", ["build.sh", "added.sh", "patches/added.patch", "SOURCE/added.h"], ids=lambda path: path
)
def test_a_recipe_or_a_tree_that_was_changed_since_its_key_was_made_is_refused_before_anything_runs(
    change: str, recipe: Recipe, tmp_path: Path
) -> None:
    counter = Counter()
    node = planned(counter)
    build(node, tmp_path / "first")
    assert counter.jobs == 1
    path = recipe.folder / change.replace("SOURCE", recipe.releases[0].source)
    path.parent.mkdir(exist_ok=True)
    path.write_text("# saved by an editor meanwhile\n")
    with pytest.raises(InputError, match="was changed while it was being used"):
        build(node, tmp_path / "second")
    assert counter.jobs == 1
    assert planned(counter).key != node.key


def test_what_git_and_python_leave_in_a_folder_is_no_change(recipe: Recipe, tmp_path: Path) -> None:
    counter = Counter()
    node = planned(counter)
    for folder in (recipe.folder, recipe.folder / recipe.releases[0].source):
        for name in (".git", "__pycache__"):
            (folder / name).mkdir(exist_ok=True)
            (folder / name / "x").touch()
    build(node, tmp_path / "job")
    assert counter.jobs == 1
    assert planned(counter).key == node.key
