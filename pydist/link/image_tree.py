"""The virtual tree of an image as numbered rows.

Invariant: rows are breadth first and sorted by name within a folder, so the children of a folder are contiguous and
the numbering depends on the set of paths only.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydist.link.image import NONE

__all__ = ["Tree"]


class Tree:
    """`paths[number]` is the path of a row (`""` the root), `number` the reverse, `folders` those that hold files."""

    def __init__(self, children: dict[str, list[str]]) -> None:
        self.folders = frozenset(children)
        self.paths = [""]
        for path in self.paths:  # grows while it is walked: that is the breadth-first order
            self.paths.extend(children.get(path, ()))
        self.number = {path: number for number, path in enumerate(self.paths)}
        self._children = children

    @classmethod
    def of(cls, files: Iterable[str]) -> Tree:
        """The tree that holds `files` and the folders above them."""
        below: dict[str, set[str]] = {"": set()}
        for file in files:
            path = file
            while path:
                parent = path.rpartition("/")[0]
                known = parent in below
                below.setdefault(parent, set()).add(path)
                if known:  # and then so are all folders above it
                    break
                path = parent
        return cls({folder: sorted(paths) for folder, paths in below.items()})

    def family(self, path: str) -> tuple[int, int, int]:
        """Row numbers of the parent and of the first child, and how many children there are."""
        children = self._children.get(path, ())
        first = self.number[children[0]] if children else 0
        return (self.number[path.rpartition("/")[0]] if path else NONE), first, len(children)
