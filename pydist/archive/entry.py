"""What an archive or a folder holds, one `Entry` per name.

Invariant: an `Entry` is what the container says, unchecked. `path` and `link` may be hostile; whoever acts on them
asks `pydist.archive.paths` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Entry", "Kind"]


class Kind(StrEnum):
    """What stands behind a name. `OTHER` is a device, a pipe or a kind that only some tar programs know."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One name. `size` in bytes (0 but for files), `mode` the permission bits, `mtime` in seconds since the epoch.

    `uid`, `gid`, `user` and `group` are those of a tar archive's header; elsewhere 0 and empty.
    `link` is the target as written: relative to the entry's folder for a symbolic link, to the root for a hard link.
    Bytes that are not UTF-8 appear as lone surrogates (PEP 383).
    """

    path: str
    kind: Kind
    mode: int = 0o644
    size: int = 0
    link: str | None = None
    mtime: int = 0
    uid: int = 0
    gid: int = 0
    user: str = ""
    group: str = ""

    @property
    def executable(self) -> bool:
        """Whether the owner may run it."""
        return bool(self.mode & 0o100)
