"""What of a job's input is a folder of somebody's and no archive: recipes, and sources that are a tree.

Invariant: what a job gets is what the key of its result was made from. Nothing keeps a folder from being changed
between the two; so these digests, which the key has, are taken again of the copies that the job works on, before
anything runs in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydist.policy.recipes import BUILD_SCRIPT, TRAINING_SCRIPT, Recipe, Release
from pydist.store import digest_file, digest_tree

__all__ = ["SOURCE_SKIP", "Tree", "recipe_files", "source_digest", "trees"]

SOURCE_SKIP = ("__pycache__", ".git")
"""Names of folders in a tree of sources that are no part of it."""

_READ_BY_ONE = {BUILD_SCRIPT: ("build.sh", "run_tests.py"), TRAINING_SCRIPT: ("profile/",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A folder of sources, and the digest of what was in it when the build was planned."""

    folder: Path
    digest: str


def trees(releases: Iterable[tuple[Recipe, Release]]) -> dict[str, Tree]:
    """The folders among the sources of some components, by component; git's data in them does not count."""
    return {
        recipe.name: Tree(folder=recipe.folder / release.source, digest=source_digest(recipe, release))
        for recipe, release in releases
        if release.source
    }


def source_digest(recipe: Recipe, release: Release) -> str:
    """The digest of a folder of sources: the recipe's own, or somebody's checkout (without git's data)."""
    return digest_tree(recipe.folder / release.source, skip=SOURCE_SKIP)


def recipe_files(recipe: Recipe, release: Release, script: str = BUILD_SCRIPT) -> dict[str, str]:
    """Digests of the files that `script` may read: not other series' patches, nor the list of origins."""
    others = tuple(name for other, names in _READ_BY_ONE.items() if other != script for name in names)
    patches = {f"patches/{path.name}": digest_file(path) for path in recipe.patches(release)}
    own = {
        path.relative_to(recipe.folder).as_posix(): digest_file(path)
        for path in sorted(recipe.folder.rglob("*"))
        if path.is_file()
        and not {"patches", "features", *SOURCE_SKIP} & set(path.relative_to(recipe.folder).parts)
        and path.name not in ("recipe.toml", "extensions.toml", "probe.py", "failures.toml", "wheels.toml")
        and not path.relative_to(recipe.folder).as_posix().startswith(others)
    }
    return own | patches
