"""Facts about sources that are folders: a result is made of what its key was made from, or not at all."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pydist.build.box import BoxKind
from pydist.build.component import build_component
from pydist.build.job import Job
from pydist.build.surroundings import Surroundings
from pydist.build.trees import TreeBox, trees
from pydist.errors import InputError
from pydist.policy import recipes
from pydist.policy.recipes import Recipe
from pydist.policy.toolchain import Toolchain


class Counter:
    """A box that counts its jobs and runs nothing."""

    kind = BoxKind.HOST
    toolchain = Toolchain(path=Path("/nowhere/zig"), version="0", digest="0")
    jobs = 0

    def surroundings(self) -> Surroundings:
        raise NotImplementedError

    def run(self, job: Job) -> None:
        self.jobs += 1
        job.log.touch()

    def stop(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """One whose sources are its own, in a folder that a test may change."""
    own = recipes.load("ndbm")
    shutil.copytree(own.folder, tmp_path / "recipe")
    return replace(own, folder=tmp_path / "recipe")


def build(recipe: Recipe, box: TreeBox, place: Path) -> None:
    (place / "out").mkdir(parents=True)
    build_component(place / "out", {}, recipe=recipe, release=recipe.releases[0], archive=None, box=box, variables={})


def test_a_tree_that_was_changed_since_its_key_was_made_is_refused_before_anything_runs(
    recipe: Recipe, tmp_path: Path
) -> None:
    counter, release = Counter(), recipe.releases[0]
    planned = TreeBox(box=counter, tree=trees([(recipe, release)])[recipe.name])
    build(recipe, planned, tmp_path / "first")
    assert counter.jobs == 1
    (recipe.folder / release.source / "added.h").write_text("/* saved by an editor meanwhile */\n")
    with pytest.raises(InputError, match="was changed while it was being used"):
        build(recipe, planned, tmp_path / "second")
    assert counter.jobs == 1


def test_what_git_and_python_leave_in_a_tree_is_no_change(recipe: Recipe, tmp_path: Path) -> None:
    counter, release = Counter(), recipe.releases[0]
    planned = TreeBox(box=counter, tree=trees([(recipe, release)])[recipe.name])
    for name in (".git", "__pycache__"):
        (recipe.folder / release.source / name).mkdir()
        (recipe.folder / release.source / name / "x").touch()
    build(recipe, planned, tmp_path / "job")
    assert counter.jobs == 1
