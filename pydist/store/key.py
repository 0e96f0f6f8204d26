"""Keys: what a result is made of, reduced to one digest.

Invariant: two keys are equal exactly when their inputs are, byte for byte of their canonical JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Key", "digest_file", "digest_tree"]


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """`kind` says what sort of result it is (`component`, `stub`, …), `digest` is SHA-256 in hex of its inputs."""

    kind: str
    digest: str

    @classmethod
    def of(cls, kind: str, inputs: dict[str, Any]) -> Key:
        """The key of a result of `kind` made from `inputs` (JSON values only; keys are sorted)."""
        text = json.dumps([kind, inputs], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return cls(kind, hashlib.sha256(text.encode()).hexdigest())

    @property
    def name(self) -> str:
        """The folder name in the store."""
        return f"{self.kind}-{self.digest[:40]}"

    def __str__(self) -> str:
        return f"{self.kind}:{self.digest[:12]}"


def digest_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_tree(root: Path, skip: Iterable[str] = ("__pycache__",)) -> str:
    """SHA-256 over the names, kinds, executable bits and bytes of all files below `root`, in sorted order."""
    skipped = frozenset(skip)
    whole = hashlib.sha256()
    for path in sorted(root.rglob("*"), key=lambda item: item.relative_to(root).as_posix()):
        relative = path.relative_to(root)
        if skipped.intersection(relative.parts):
            continue
        if path.is_symlink():
            line = f"l {relative.as_posix()} {path.readlink()}"
        elif path.is_file():
            line = f"{'x' if path.stat().st_mode & 0o100 else 'f'} {relative.as_posix()} {digest_file(path)}"
        else:
            continue
        whole.update(line.encode("utf-8", "surrogateescape") + b"\n")
    return whole.hexdigest()
