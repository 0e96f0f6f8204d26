"""What an unpacked distribution consists of: facts for the plan, gathered in one pass.

Invariant: names are those that `pydist.archive.extract` let through, relative to the folder `python/`.
"""

from __future__ import annotations

import hashlib
import mmap
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydist.archive.write import DEFAULT_MTIME
from pydist.binary.elf import ElfFile, Type
from pydist.binary.elf_read import ElfInvalid
from pydist.binary.kind import HEAD_SIZE, Kind, kind_of
from pydist.errors import InputError
from pydist.manifest.compact import COMPACT, Compact, load_compact
from pydist.manifest.load import Loaded, load_any
from pydist.manifest.record import BuildRecord, load_record
from pydist.repack.profile import Form

__all__ = ["MANIFEST", "RECORD", "Node", "Tree", "read_tree", "resolved"]

MANIFEST, RECORD = "PYTHON.json", "build/pydist.json"
_STEPS = 256
_PYC_HASHED = 1  # PEP 552


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A file, or a symbolic link. `needed` are the libraries that an ELF file names, `linked` whether it is one that
    runs; `stale` is bytecode that an unpacked archive does not use, because its source has another time there."""

    size: int = 0
    mode: int = 0o644
    sha256: str = ""
    link: str | None = None
    kind: Kind = Kind.OTHER
    linked: bool = False
    needed: tuple[str, ...] = ()
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """All of a distribution. `manifest`, `loaded` and `record` are of full ones; `compact` of installed ones."""

    root: Path
    form: Form
    nodes: Mapping[str, Node]
    manifest: bytes | None = None
    loaded: Loaded | None = None
    record: BuildRecord | None = None
    compact: Compact | None = None

    @property
    def prefix(self) -> str:
        """Where the installed tree is: in the folder itself, or in `install/`."""
        return "install/" if self.form is Form.FULL else ""


def read_tree(root: Path, wanted: Callable[[str], bool] = lambda _: True) -> Tree:
    """Read the folder `root`, which has `PYTHON.json` or `bin/` in it; names that are not `wanted` are not there.

    Raises `InputError` for what is no distribution, and `ManifestInvalid` for documents that cannot be read.
    """
    nodes = {name: _node(path, name) for name, path in _paths(root) if wanted(name)}
    if MANIFEST in nodes and any(name.startswith("install/") for name in nodes):
        manifest = _document(root, MANIFEST, nodes)
        record = load_record(_document(root, RECORD, nodes), RECORD) if RECORD in nodes else None
        return Tree(root=root, form=Form.FULL, nodes=nodes, manifest=manifest, loaded=load_any(manifest, MANIFEST),
                    record=record)  # fmt: skip
    if not any(name.startswith("bin/python") or name == "python.exe" for name in nodes):
        raise InputError("no distribution: neither PYTHON.json with install/, nor bin/python*, nor python.exe")
    compact = load_compact(_document(root, COMPACT, nodes), COMPACT) if COMPACT in nodes else None
    return Tree(root=root, form=Form.INSTALLED, nodes=nodes, compact=compact)


def resolved(name: str, nodes: Mapping[str, Node], folders: frozenset[str]) -> str | None:
    """The file or folder that `name` leads to through links of the tree, or None where it leads nowhere or out."""
    waiting, done = name.split("/")[::-1], list[str]()
    for _ in range(_STEPS):
        if not waiting:
            return "/".join(done)
        part = waiting.pop()
        if part == "..":
            if not done:
                return None
            done.pop()
        elif part not in ("", "."):
            done.append(part)
            here = "/".join(done)
            node = nodes.get(here)
            if node is not None and node.link is not None:
                if posixpath.isabs(node.link) or node.link.count("/") > _STEPS:
                    return None
                done.pop()
                waiting.extend(node.link.split("/")[::-1])
            elif node is None and here not in folders:
                return None
    return None


def _paths(root: Path) -> list[tuple[str, Path]]:
    found = ((path.relative_to(root).as_posix(), path) for path in root.rglob("*"))
    return sorted((name, path) for name, path in found if path.is_symlink() or path.is_file())


def _document(root: Path, name: str, nodes: Mapping[str, Node]) -> bytes:
    if nodes[name].link is not None:
        raise InputError(f"{name} is a link; expected a file")
    return (root / name).read_bytes()


def _node(path: Path, name: str) -> Node:
    if path.is_symlink():
        return Node(link=str(path.readlink()))
    facts = path.stat()
    with path.open("rb") as file:
        head = file.read(HEAD_SIZE)
        kind = kind_of(head)
        linked, needed = _elf(file) if kind is Kind.ELF else (False, ())
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Node(size=facts.st_size, mode=0o755 if facts.st_mode & 0o100 else 0o644, sha256=sha256, kind=kind,
                linked=linked, needed=needed, stale=_is_stale(name, head))  # fmt: skip


def _elf(file: BinaryIO) -> tuple[bool, tuple[str, ...]]:
    try:
        # Mapped, not read: it may be larger than the memory.
        facts = ElfFile.parse(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    except ElfInvalid:
        return False, ()
    return facts.type in (Type.EXEC, Type.DYN), facts.needed


def _is_stale(name: str, head: bytes) -> bool:
    """PEP 552: with flags 0, bytecode in a cache is held against the time of its source. Elsewhere it is a module of
    its own, without a source (PEP 3147)."""
    if not name.endswith(".pyc") or posixpath.basename(posixpath.dirname(name)) != "__pycache__":
        return False
    flags, time = int.from_bytes(head[4:8], "little"), int.from_bytes(head[8:12], "little")
    return not flags & _PYC_HASHED and time != DEFAULT_MTIME
