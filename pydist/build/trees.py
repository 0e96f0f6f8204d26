"""Sources that are a folder and no archive: a recipe's own, or a tree of CPython that somebody names.

Invariant: what a job gets as its source is what the key of its result was made from. Nothing keeps a folder from being
changed between the two; so the copy that the job works on is digested too, before anything runs in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydist.build.box import Box, BoxKind
from pydist.build.component import SOURCE_SKIP
from pydist.build.evidence import source_digest
from pydist.build.job import Job
from pydist.build.surroundings import Surroundings
from pydist.errors import InputError
from pydist.policy.recipes import Recipe, Release
from pydist.policy.toolchain import Toolchain
from pydist.store import digest_tree

__all__ = ["Tree", "TreeBox", "trees"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeBox:
    """`box` for jobs whose `src` is a copy of `tree`, which is looked at first."""

    box: Box
    tree: Tree

    @property
    def kind(self) -> BoxKind:
        return self.box.kind

    @property
    def toolchain(self) -> Toolchain:
        return self.box.toolchain

    def apart(self) -> Box:
        """See `Box.apart`."""
        return TreeBox(box=self.box.apart(), tree=self.tree)

    def surroundings(self) -> Surroundings:
        """See `Box.surroundings`."""
        return self.box.surroundings()

    def run(self, job: Job) -> None:
        """See `Box.run`. Raises `InputError` when the copy is not the tree that the key was made from."""
        if digest_tree(job.work / "src", skip=SOURCE_SKIP) != self.tree.digest:
            raise InputError(f"{self.tree.folder}: was changed while it was being used")
        self.box.run(job)

    def stop(self) -> None:
        """See `Box.stop`."""
        self.box.stop()

    def close(self) -> None:
        """See `Box.close`."""
        self.box.close()
