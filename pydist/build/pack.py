"""A described `python/` tree -> the archives that are published."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import zstandard

from pydist.archive.write import TarWriter
from pydist.build.request import BuildRequest
from pydist.policy.names import Flavour
from pydist.repack.plan import make_plan
from pydist.repack.profile import profile_named
from pydist.repack.tree import MANIFEST, read_tree
from pydist.repack.write import prepare

__all__ = ["COMPRESSORS", "pack"]

COMPRESSORS = {"zlib": zlib.ZLIB_RUNTIME_VERSION, "zstd": ".".join(map(str, zstandard.ZSTD_VERSION))}
"""What compresses: other versions may give other bytes for the same content."""
# Level 19 takes two minutes for 6 % less than this.
_ZSTD_LEVEL = 12


def pack(out: Path, tree: Path, request: BuildRequest) -> None:
    """Write the full archive, and what `pydist repack --to install-only` makes of it, without a tag in their names."""
    known = read_tree(tree, _belongs)
    with TarWriter(out / str(request.archive(Flavour.FULL)), "zst", _ZSTD_LEVEL, threads=os.cpu_count() or 1) as full:
        for name in sorted(known.nodes, key=lambda name: (name != MANIFEST, name)):
            link = known.nodes[name].link
            if link is not None:
                full.add_symlink(f"python/{name}", link)
            else:
                full.add_file(f"python/{name}", tree / name)
    plan = make_plan(known, profile_named("install-only"))
    prepare(known, plan).write(out / str(request.archive(Flavour.INSTALL_ONLY)), plan.profile.suffix)


def _belongs(name: str) -> bool:
    """Somebody who runs the interpreter where it stands in the store leaves bytecode there."""
    return "__pycache__" not in name.split("/")
