"""A described `python/` tree -> the archives that are published."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard

from pydist.archive.write import TarWriter
from pydist.build.request import BuildRequest
from pydist.policy.names import Flavour

__all__ = ["COMPRESSORS", "pack"]

COMPRESSORS = {"zlib": zlib.ZLIB_RUNTIME_VERSION, "zstd": ".".join(map(str, zstandard.ZSTD_VERSION))}
"""What compresses: other versions may give other bytes for the same content."""
# Level 19 takes two minutes for 6 % less than this.
_ZSTD_LEVEL = 12


def pack(out: Path, tree: Path, request: BuildRequest) -> None:
    """Write the full archive and the one with nothing but the installed tree, without a tag in their names."""
    with TarWriter(out / str(request.archive(Flavour.FULL)), "zst", _ZSTD_LEVEL, threads=os.cpu_count() or 1) as full:
        full.add_file("python/PYTHON.json", tree / "PYTHON.json")
        for path, name in _members(tree):
            if name != "PYTHON.json":
                _add(full, f"python/{name}", path)
    with TarWriter(out / str(request.archive(Flavour.INSTALL_ONLY)), "gz", 6) as installed:
        for path, name in _members(tree / "install"):
            # What only a linker needs stays in the full archive, as everywhere in the ecosystem.
            if not (name.startswith("lib/") and path.suffix == ".a"):
                _add(installed, f"python/{name}", path)
        for path, name in _members(tree / "licenses"):
            # The ecosystem's archives of this kind lose the licence texts; ours keep them.
            _add(installed, f"python/share/licenses/{name}", path)


def _members(root: Path) -> Iterator[tuple[Path, str]]:
    names = sorted((path.relative_to(root).as_posix(), path) for path in root.rglob("*"))
    for name, path in names:
        # Somebody who runs the interpreter where it stands in the store leaves bytecode there.
        if "__pycache__" not in name.split("/") and (path.is_symlink() or path.is_file()):
            yield path, name


def _add(writer: TarWriter, name: str, path: Path) -> None:
    if path.is_symlink():
        writer.add_symlink(name, str(path.readlink()))
    else:
        writer.add_file(name, path)
