"""Folders published under their key, atomically and once.

Invariant: a folder below `nodes/` is complete. It is made in `work/` under an exclusive lock and renamed into place,
and renamed back before it is deleted; a process killed at any moment leaves at most a work folder, which the next
holder of the lock removes.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock
import platformdirs

from pydist.errors import EnvironmentLacking
from pydist.store.key import Key
from pydist.store.room import room
from pydist.store.strays import end_strays

__all__ = ["GONE", "STAMP", "Node", "Store"]

STAMP = "node.json"
"""The file that says what a result is; its time is when the result was last used."""
GONE = ".gone"
"""What the name of a folder in `work/` ends with while it is being deleted."""


@dataclass(frozen=True, slots=True)
class Node:
    """One published result. `size` in bytes of its files, `used` in seconds since the epoch."""

    key: Key
    label: str
    path: Path
    size: int
    used: float


class Store:
    """A folder of results. Safe for several processes; the folder can be deleted at any time."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def default(cls) -> Store:
        """The user's store: `$PYDIST_CACHE`, or the platform's cache folder."""
        configured = os.environ.get("PYDIST_CACHE")
        return cls(Path(configured).absolute() if configured else platformdirs.user_cache_path("pydist"))

    @property
    def downloads(self) -> Path:
        return self._folder("downloads")

    def find(self, key: Key) -> Path | None:
        """The published folder of `key`, or None. Marks it as used now."""
        path = self.root / "nodes" / key.name
        try:
            os.utime(path / STAMP)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return path

    def produce(self, key: Key, label: str, make: Callable[[Path], None]) -> Path:
        """The folder of `key`, made by `make(folder)` when it is not there yet.

        `make` gets an empty folder of its own; when it raises, the folder stays in `work/` for inspection until
        the next attempt and nothing is published.
        """
        if found := self.find(key):
            return found
        with self.lock(key.name):
            if found := self.find(key):
                return found
            work = self._folder("work") / key.name
            end_strays(work)
            self.remove(work)
            out = work / "out"
            out.mkdir(parents=True)
            make(out)
            # Counted once, now: the results of a few builds are half a million files.
            size, made = room(out)[0], int(time.time())
            stamp = {"kind": key.kind, "digest": key.digest, "label": label, "made": made, "size": size}
            (out / STAMP).write_text(json.dumps(stamp) + "\n", encoding="utf-8")
            final = self._folder("nodes") / key.name
            self.remove(final)
            out.rename(final)
            self.remove(work)
            return final

    def remove(self, path: Path) -> None:
        """Delete a folder of `nodes/` or `work/`, if it is there, whose lock the caller holds.

        It leaves its place in one rename; what is left when the process is killed is no longer taken for a result.
        """
        gone = self._folder("work") / f"{path.name.removesuffix(GONE)}{GONE}"
        _remove(gone)
        if path != gone and os.path.lexists(path):
            path.rename(gone)
            _remove(gone)

    def lock(self, name: str) -> filelock.FileLock:
        """An exclusive lock between processes."""
        return filelock.FileLock(self._folder("locks") / f"{name}.lock")

    def set_ref(self, name: str, key: Key) -> None:
        """Give `key` a name to be found by (and to be kept for): `distribution/3.14.7/x86_64-…`."""
        path = self.root / "refs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(f"{key.kind} {key.digest}\n", encoding="utf-8")
        fresh.replace(path)

    def ref(self, name: str) -> Key | None:
        """The key that `name` stands for, if its result is still there."""
        try:
            kind, digest = (self.root / "refs" / name).read_text(encoding="utf-8").split()
        except (OSError, ValueError):
            return None
        key = Key(kind, digest)
        return key if self.find(key) else None

    def refs(self, prefix: str) -> dict[str, Key]:
        """All names below `prefix` whose results are still there, sorted."""
        base = self.root / "refs" / prefix
        names = sorted(path.relative_to(self.root / "refs").as_posix() for path in base.rglob("*") if path.is_file())
        found = {name: self.ref(name) for name in names if not Path(name).name.startswith(".")}
        return {name: key for name, key in found.items() if key}

    def nodes(self) -> Iterator[Node]:
        """Everything that is published, in the order of names."""
        for stamp in sorted((self.root / "nodes").glob(f"*/{STAMP}")):
            try:
                facts = json.loads(stamp.read_text(encoding="utf-8"))
                key = Key(str(facts["kind"]), str(facts["digest"]))
                # Earlier versions did not count.
                size = int(facts["size"]) if "size" in facts else room(stamp.parent)[0]
                yield Node(key, str(facts["label"]), stamp.parent, size, stamp.stat().st_mtime)
            except (OSError, ValueError, KeyError, TypeError):
                continue

    def _folder(self, name: str) -> Path:
        path = self.root / name
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EnvironmentLacking(
                f"the store cannot be written: {path}: {error.strerror}; set PYDIST_CACHE to a folder that can"
            ) from error
        return path


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        # A build may leave folders without write permission (Go and Perl modules do).
        for folder, _, _ in os.walk(path):
            Path(folder).chmod(0o700)
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()
