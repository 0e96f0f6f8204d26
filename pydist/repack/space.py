"""What takes the space, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pydist.policy.categories import category_of
from pydist.repack.documents import Content
from pydist.repack.profile import Form, Profile
from pydist.repack.report import SpaceRow
from pydist.repack.tree import Tree

__all__ = ["space"]


def space(
    tree: Tree, profile: Profile, contents: Mapping[str, Content], fresh: Mapping[str, bytes]
) -> tuple[SpaceRow, ...]:
    """A row for each category that one of both has, the largest before first."""
    before_files, before, after_files, after = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for name, node in tree.nodes.items():
        if node.link is None:
            category = category_of(name, tree.prefix.rstrip("/"))
            before_files[category] += 1
            before[category] += node.size
    sizes = {name: item.size for name, item in contents.items()} | {name: len(data) for name, data in fresh.items()}
    for name, size in sizes.items():
        category = category_of(name, "install" if profile.form is Form.FULL else "")
        after_files[category] += 1
        after[category] += size
    ordered = sorted(before_files.keys() | after_files.keys(), key=lambda name: (-before[name], name))
    return tuple(SpaceRow(category=name, files_before=before_files[name], bytes_before=before[name],
                          files_after=after_files[name], bytes_after=after[name]) for name in ordered)  # fmt: skip
