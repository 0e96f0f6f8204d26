"""RECORD of installed packages, after files of theirs were stripped or left out.

Invariant: only rows of what we changed or left out are others; a record that nothing of ours is in keeps its bytes.
Source: PEP 376 and 627 (RECORD).
"""

from __future__ import annotations

import csv
import functools
import io
import posixpath
from collections.abc import Collection
from dataclasses import dataclass

from pydist.policy.relocation import digest_and_size
from pydist.repack.plan import Plan
from pydist.repack.tree import Tree

__all__ = ["rewrite_records"]

_LARGEST = 8 << 20  # bytes


def rewrite_records(tree: Tree, plan: Plan, changed: Collection[str]) -> frozenset[str]:
    """Rewrite, below `tree.root`, the records that list one of `changed` (names in the result) or what is left out.

    Returns which, by their names in the result.
    """
    work = _Records(tree, {item.source for item in plan.items},
                    {item.source for item in plan.items if item.name in changed})  # fmt: skip
    return frozenset(item.name for item in plan.items if item.source.endswith(".dist-info/RECORD")
                     and item.link is None and work.rewrite(item.source))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Records:
    """Names are those of the input."""

    tree: Tree
    kept: Collection[str]
    changed: Collection[str]

    def rewrite(self, name: str) -> bool:
        path = self.tree.root / name
        if self.tree.nodes[name].size > _LARGEST:
            return False
        try:
            before = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
        except (ValueError, csv.Error):
            return False  # not what its name says
        # A record may name one file a million times.
        measure = functools.cache(lambda place: digest_and_size((self.tree.root / place).read_bytes()))
        site = posixpath.dirname(posixpath.dirname(name))
        after = []
        for row in before:
            place = posixpath.normpath(posixpath.join(site, row[0])) if row else ""
            if self._gone(place):
                continue
            after.append([row[0], *measure(place)] if place in self.changed and any(row[1:2]) else row)
        if after == before:
            return False
        made = io.StringIO(newline="")
        csv.writer(made, lineterminator="\n").writerows(after)
        path.write_bytes(made.getvalue().encode())
        return True

    def _gone(self, place: str) -> bool:
        """Whether it is left out; bytecode is made anew where it is missing, and readers know that."""
        return place in self.tree.nodes and place not in self.kept and not place.endswith(".pyc")
