"""What the store holds besides results too, and making it smaller.

Invariant: nothing is removed whose lock somebody holds, and everything is looked at again under its lock; a result
leaves `nodes/` in one rename. So a process that is killed here leaves nothing half removed under its name, and one
that works at the same time loses nothing that it began to use.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import filelock

from pydist.store.key import Key
from pydist.store.room import room
from pydist.store.store import GONE, STAMP, Store
from pydist.store.strays import end_strays

__all__ = ["Area", "Item", "collect", "contents"]


class Area(StrEnum):
    """Where things are that take room: the folders of the store, and what a container engine keeps for it."""

    NODES = "nodes"
    DOWNLOADS = "downloads"
    WORK = "work"
    TOOLCHAIN = "toolchain"
    IMAGES = "images"
    VOLUMES = "volumes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something in the store. `size` in bytes of its files, `used` in seconds since the epoch.

    `key` is that of a result, None for everything else. `label` says what it is, for people.
    """

    area: Area
    path: Path
    label: str
    size: int
    used: float
    key: Key | None = None


def contents(store: Store) -> list[Item]:
    """Everything that takes room in the store: results, downloads, unfinished work, the compiler's own cache."""
    return [*_nodes(store), *_downloads(store), *_folders(store, Area.WORK), *_folders(store, Area.TOOLCHAIN)]


def collect(store: Store, *, older_than: float, keep: frozenset[Key] = frozenset()) -> list[Item]:
    """Remove what was not used for `older_than` seconds; return what was removed.

    Results that a ref names stay, and so do those in `keep`; a folder of unfinished work stays for as long because an
    error message may have named its log. The compiler's cache stays: nobody can tell who is using it. Lock files that
    nobody holds, and what earlier processes were killed while removing, go whatever their age.
    """
    kept = keep | frozenset(store.refs("").values())
    limit = time.time() - older_than
    removed = []
    for item in contents(store):
        if item.used <= limit and item.area is not Area.TOOLCHAIN and item.key not in kept:
            with _held(store, _locks_of(store, item)) as held:
                if held and _unused(item, limit):
                    _remove(store, item)
                    removed.append(item)
    _remove_leftovers(store)
    _remove_locks(store)
    return removed


def _nodes(store: Store) -> Iterator[Item]:
    for node in store.nodes():
        yield Item(area=Area.NODES, path=node.path, label=node.label, size=node.size, used=node.used, key=node.key)


def _downloads(store: Store) -> Iterator[Item]:
    for folder, _, names in os.walk(store.root / Area.DOWNLOADS):
        for name in sorted(names):
            path = Path(folder, name)
            size, used = room(path)
            label = re.sub(r"^[0-9a-f]{16}-", "", name)
            yield Item(area=Area.DOWNLOADS, path=path, label=label, size=size, used=used)


def _folders(store: Store, area: Area) -> Iterator[Item]:
    label = "unfinished" if area is Area.WORK else "compiler cache"
    for path in sorted((store.root / area).glob("*")):
        if not path.name.endswith(GONE):
            size, used = room(path)
            yield Item(area=area, path=path, label=label, size=size, used=used)


def _locks_of(store: Store, item: Item) -> set[str]:
    """Names of the locks that guard `item`."""
    if item.area is not Area.DOWNLOADS:
        return {item.path.name}
    # Who downloads locks at least the sixteen digits that the name of the file or of its folder begins with.
    digest = item.path.relative_to(store.root / Area.DOWNLOADS).as_posix()[:16]
    return {f"download-{digest}", *(path.stem for path in (store.root / "locks").glob(f"download-{digest}*.lock"))}


@contextmanager
def _held(store: Store, names: set[str]) -> Iterator[bool]:
    """Hold all locks inside; False when somebody else has one of them."""
    with ExitStack() as stack:
        try:
            for name in sorted(names):
                stack.enter_context(store.lock(name).acquire(timeout=0))
        except filelock.Timeout:
            held = False
        else:
            held = True
        yield held


def _unused(item: Item, limit: float) -> bool:
    """Whether `item` is there and was not used since it was listed; the caller holds its locks."""
    if item.area is not Area.NODES:
        return os.path.lexists(item.path) and room(item.path)[1] <= limit
    try:
        return (item.path / STAMP).stat().st_mtime <= limit
    except FileNotFoundError:
        return False


def _remove(store: Store, item: Item) -> None:
    if item.area is Area.DOWNLOADS:
        item.path.unlink()
        if item.path.parent != store.root / Area.DOWNLOADS:
            with contextlib.suppress(OSError):  # not empty
                item.path.parent.rmdir()
    else:
        if item.area is Area.WORK:
            end_strays(item.path)
        store.remove(item.path)


def _remove_leftovers(store: Store) -> None:
    """What was being removed when a process was killed, and folders in `nodes/` that are no results."""
    gone = [(path, path.name.removesuffix(GONE)) for path in (store.root / Area.WORK).glob(f"*{GONE}")]
    torn = [(path, path.name) for path in (store.root / Area.NODES).glob("*") if not (path / STAMP).exists()]
    for path, name in (*gone, *torn):
        with _held(store, {name}) as held:
            if held:
                store.remove(path)


def _remove_locks(store: Store) -> None:
    for path in (store.root / "locks").glob("*.lock"):
        with _held(store, {path.stem}) as held:
            if held:
                # Whoever waits for this very file sees that it is gone and opens a new one.
                path.unlink(missing_ok=True)
