"""Where the parts of an application come from, and which of their files stay out at first.

Invariant: a part depends on its inputs, the level of optimisation and the files asked for, so a part made for one
application is the part of every other one with the same distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydist.link.dist import Distribution
from pydist.link.leftout import Divided
from pydist.link.mentions import mentions
from pydist.link.part import Gathered, Part, TreeFile, produce_part
from pydist.store import Key, Store

__all__ = ["CODE", "Compiling", "PartSource", "gathered", "mentioned"]

CODE = ("compile", "leftout", "mentions", "native", "part", "part_source")
"""The modules that decide the content of every part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiling:
    """How parts are compiled and where they are kept."""

    store: Store
    interpreter: Path
    optimize: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSource:
    """Where a part comes from: the store, or what `gather` finds. `inputs` are what it is made of, for its key. It is
    the application's `own` when its author wrote it."""

    name: str
    kind: str
    inputs: Mapping[str, Any]
    gather: Callable[[frozenset[str] | None], Gathered]
    compiling: Compiling
    own: bool = False

    def part(self) -> Part:
        """The part, without what the table of omissions leaves out."""
        return self._produced(None)

    def more(self, paths: Set[str]) -> Part:
        """A further part with the files at `paths`, which the table leaves out."""
        return self._produced(frozenset(paths))

    @property
    def is_made(self) -> bool:
        return self.compiling.store.find(self._key(None)) is not None

    @property
    def digest(self) -> str:
        """Identifies what files of the part, whichever go in, contain."""
        return self._key(None).digest

    def _key(self, paths: frozenset[str] | None) -> Key:
        optimize = self.compiling.optimize
        return Key.of(
            self.kind, {**self.inputs, "optimize": optimize, "more": None if paths is None else sorted(paths)}
        )

    def _produced(self, paths: frozenset[str] | None) -> Part:
        how = self.compiling
        gather = partial(self.gather, paths)
        return produce_part(how.store, self._key(paths), self.name, how.interpreter, gather, optimize=how.optimize)


def gathered(
    files: Iterable[TreeFile],
    divided: Divided,
    wanted: frozenset[str] | None,
    words: Set[str],
    distribution: Distribution,
) -> Gathered:
    """The files that stay, or those of `wanted`, with what their sources import."""
    if wanted is None:
        chosen = tuple(file for file in files if file.path not in divided.out)
    else:
        chosen = tuple(file for file in files if file.path in wanted)
    return Gathered(
        files=chosen, left_out=() if wanted else divided.groups, mentions=mentioned(chosen, words, distribution)
    )


def mentioned(files: Iterable[TreeFile], words: Set[str], distribution: Distribution) -> dict[str, str]:
    """What the sources among `files` import of `words`, with the first that does."""
    roots = (f"{distribution.site_packages}/", f"{distribution.virtual_stdlib}/", "")
    found: dict[str, str] = {}
    for file in sorted(files, key=lambda file: file.path):
        if file.script or file.path.endswith(".py"):
            root = next(root for root in roots if file.path.startswith(root))
            for name in sorted(mentions(file.path.removeprefix(root), file.data, words)):
                found.setdefault(name, file.path.removeprefix(root))
    return found
