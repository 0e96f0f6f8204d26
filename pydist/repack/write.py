"""Writes what a plan makes of a tree, and holds the file against it: for repacking, and for what the builder publishes.

Invariant: documents are made of what is written, and what is written is read again before anybody sees it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydist.archive.zip_write import Writer, open_writer
from pydist.manifest.compact import COMPACT
from pydist.repack.documents import Content, documents
from pydist.repack.plan import Plan
from pydist.repack.tree import MANIFEST, Tree
from pydist.repack.verify import check_written

__all__ = ["Output", "prepare"]

_FIRST = (MANIFEST, COMPACT)  # readers need not unpack everything to find it


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What is to be written. `contents` are files of the tree by their new names, `fresh` documents made anew."""

    tree: Tree
    plan: Plan
    contents: Mapping[str, Content]
    fresh: Mapping[str, bytes]

    def write(self, path: Path, suffix: str) -> None:
        """Write it to `path`, in one of `pydist.archive.zip_write.FORMATS`. Raises `WrittenWrong` when that failed."""
        self._fill(open_writer(path, suffix))
        check_written(path, self._expected())

    def _fill(self, new: Writer) -> None:
        sources = {item.name: item for item in self.plan.items}
        with new as writer:
            for name in sorted({*sources, *self.fresh}, key=lambda name: (name not in _FIRST, name)):
                item = sources.get(name)
                if name in self.fresh:
                    writer.add_bytes(f"python/{name}", self.fresh[name])
                elif item is not None and item.link is not None:
                    writer.add_symlink(f"python/{name}", item.link)
                elif item is not None:
                    writer.add_file(f"python/{name}", self.tree.root / item.source)

    def _expected(self) -> dict[str, str]:
        made = {item.name: f"-> {item.link}" for item in self.plan.items if item.link is not None}
        made |= {name: item.sha256 for name, item in self.contents.items()}
        made |= {name: hashlib.sha256(data).hexdigest() for name, data in self.fresh.items()}
        return {f"python/{name}": text for name, text in made.items()}


def prepare(tree: Tree, plan: Plan, changed: Collection[str] = ()) -> Output:
    """Decide about documents. `changed` are new names of files that are not any more what was read of the tree.

    Raises `InputError` when the manifest cannot do without something that is left out.
    """
    contents = {}
    for item in plan.items:
        node = tree.nodes[item.source]
        if item.link is None and item.name in changed:
            data = (tree.root / item.source).read_bytes()
            contents[item.name] = Content(hashlib.sha256(data).hexdigest(), len(data), node.mode)
        elif item.link is None:
            contents[item.name] = Content(node.sha256, node.size, node.mode)
    return Output(tree=tree, plan=plan, contents=contents, fresh=documents(tree, plan, contents))
