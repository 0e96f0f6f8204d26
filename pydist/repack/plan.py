"""What stays of a distribution, and where: facts and a profile -> a plan, without opening a file.

Invariant: the plan's names are unique; every link of it leads to something in it, or led nowhere before; and no program
or library that stays needs a library that goes.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pydist.archive.paths import shown
from pydist.errors import Fault, InputError
from pydist.manifest.compact import COMPACT
from pydist.policy.categories import categories, category_of
from pydist.repack.profile import Form, Profile
from pydist.repack.tree import MANIFEST, Tree, resolved

__all__ = ["Item", "Plan", "dropped", "folders", "make_plan"]

_LICENSES = "share/licenses/"
_ROUNDS = 64  # one more costs as much as the first; a Python takes two


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One name of the result, below `python/`, and what it is made of; `link` is a symbolic link's new text."""

    name: str
    source: str
    link: str | None = None
    strip: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`items` in the order in which they are written; `left_out` are categories of which something is not kept."""

    profile: Profile
    items: tuple[Item, ...]
    left_out: tuple[str, ...]

    @property
    def kept(self) -> Mapping[str, str]:
        """Where what is kept stands in the result, by its name in the input."""
        return {item.source: item.name for item in self.items}


def make_plan(tree: Tree, profile: Profile) -> Plan:
    """Decide. Raises `InputError` where that is impossible."""
    if profile.form is Form.FULL and tree.form is not Form.FULL:
        raise InputError("an installed tree has no objects and no manifest to make a full archive of; expected a full "
                         "archive, or --to install-only, stripped or minimal; `pydist adopt` measures one")  # fmt: skip
    drop = set(profile.drop)
    kept = _kept(tree, profile, drop)
    for category in profile.unneeded:
        fewer = _kept(tree, profile, drop | {category})
        if not _broken(tree, fewer):
            drop.add(category)
            kept = fewer
    if broken := _broken(tree, kept):
        raise InputError("programs and libraries that stay need what is left out; leave them out too", broken)
    gone = {_category(tree, name) for name in tree.nodes if name not in kept}
    left_out = tuple(name for name in categories() if name in drop & gone and name != "build")
    items = [_item(tree, name, profile) for name in kept]
    _check_unique(items)
    first = MANIFEST if profile.form is Form.FULL else ""
    return Plan(profile=profile, items=tuple(sorted(items, key=lambda item: (item.name != first, item.name))),
                left_out=left_out)  # fmt: skip


def _category(tree: Tree, name: str) -> str:
    return category_of(name, tree.prefix.rstrip("/"))


def _kept(tree: Tree, profile: Profile, drop: set[str]) -> frozenset[str]:
    kept = {name for name, node in tree.nodes.items()
            if not node.stale and _category(tree, name) not in drop and _belongs(tree, profile, name)}  # fmt: skip
    kept = {name for name in kept if not _orphan(name, tree, kept)}
    # A link that led somewhere must do so still; one link less can make others lead nowhere.
    before = folders(tree.nodes)
    links = {name for name in kept
             if tree.nodes[name].link is not None and resolved(name, tree.nodes, before) is not None}  # fmt: skip
    for _ in range(_ROUNDS):
        nodes, there = {name: tree.nodes[name] for name in kept}, folders(kept)
        lost = {name for name in links & kept if resolved(name, nodes, there) is None}
        if not lost:
            return frozenset(kept)
        kept -= lost
    raise InputError(f"{shown(min(lost))} and others: links to folders of nothing but links, {_ROUNDS} in a row; "
                     "expected a distribution")  # fmt: skip


def _belongs(tree: Tree, profile: Profile, name: str) -> bool:
    """Whether the form has a place for it; the compact manifest is written anew."""
    if profile.form is Form.FULL:
        return True
    if tree.form is Form.FULL and not name.startswith((tree.prefix, "licenses/")):
        return False
    return name.removeprefix(tree.prefix) != COMPACT


def _orphan(name: str, tree: Tree, kept: set[str]) -> bool:
    """Whether it is bytecode in a cache whose source was there and goes."""
    folder, _, file = name.rpartition("/")
    if not name.endswith(".pyc") or posixpath.basename(folder) != "__pycache__":
        return False
    source = posixpath.join(posixpath.dirname(folder), f"{file.split('.')[0]}.py")
    return source in tree.nodes and source not in kept


def folders(names: Iterable[str]) -> frozenset[str]:
    """All folders that `names` stand in."""
    found = set[str]()
    for name in names:
        folder = name.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(found)


def dropped(tree: Tree, kept: Collection[str]) -> frozenset[str]:
    """Names of `tree` that are not `kept`, and folders in which nothing is."""
    return frozenset(tree.nodes.keys() | folders(tree.nodes)) - folders(kept) - frozenset(kept)


def _broken(tree: Tree, kept: frozenset[str]) -> list[Fault]:
    """Libraries of the tree that files that stay need and that do not stay."""
    there = {posixpath.basename(name) for name in kept}
    gone = {posixpath.basename(name) for name in tree.nodes if name not in kept} - there
    return [Fault(name, f"needs {library}") for name in sorted(kept) for library in tree.nodes[name].needed
            if library.rpartition("/")[2] in gone]  # fmt: skip


def _place(tree: Tree, profile: Profile, name: str) -> str:
    if tree.form is profile.form:
        return name
    if name.startswith("licenses/"):
        return _LICENSES + name.removeprefix("licenses/")
    return name.removeprefix(tree.prefix)


def _item(tree: Tree, name: str, profile: Profile) -> Item:
    node, there = tree.nodes[name], _place(tree, profile, name)
    link = node.link
    if link is not None and tree.form is not profile.form:
        goal = posixpath.normpath(posixpath.join(posixpath.dirname(name), link))
        # Inside one folder everything moves together, and the link's text stays as it was.
        if goal.partition("/")[0] != name.partition("/")[0]:
            link = posixpath.relpath(_place(tree, profile, goal), posixpath.dirname(there) or ".")
    return Item(name=there, source=name, link=link, strip=profile.strip and node.linked)


def _check_unique(items: Iterable[Item]) -> None:
    """Two trees become one: a file of install/share/licenses can have the name of one of licenses/."""
    twice = [name for name, count in Counter(item.name for item in items).items() if count > 1]
    if twice:
        raise InputError("two files would get one name", [Fault(name, "is there twice") for name in sorted(twice)])
