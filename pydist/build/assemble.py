"""Component nodes -> one `python/` tree that describes itself -> the archives that are published."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydist.archive.write import TarWriter
from pydist.build.describe import Provenance, describe, record
from pydist.build.measure import check_drift, measure
from pydist.build.relocate import check_no_trace, relocate
from pydist.build.request import BuildRequest
from pydist.manifest.dump import dump
from pydist.manifest.record import dump_record
from pydist.policy import resources
from pydist.policy.extensions import ExtensionRow

__all__ = ["FULL", "INSTALL_ONLY", "assemble", "pack"]

FULL = "full.tar.zst"
INSTALL_ONLY = "install_only.tar.gz"
# Level 19 takes two minutes for 6 % less than this.
_ZSTD_LEVEL = 12


def assemble(
    out: Path,
    inputs: Mapping[str, Path],
    request: BuildRequest,
    table: Mapping[str, ExtensionRow],
    provenance: Provenance,
) -> None:
    """Fill `out/python/` with the described distribution."""
    tree, cpython = out / "python", inputs["cpython"]
    for part in ("install", "build"):
        shutil.copytree(cpython / part, tree / part, symlinks=True)
    for node in inputs.values():
        shutil.copytree(node / "licenses", tree / "licenses", dirs_exist_ok=True)
    _toolchain_licenses(provenance.toolchain.folder, tree / "licenses")
    # Nodes were built in scratch folders beside their result; see component.py.
    relocate(tree / "install", Path((cpython / "facts" / "source").read_text(encoding="utf-8").strip()), request.series)
    facts = measure(cpython, tree, request.series, resources.builders() / "cpython" / "probe.py")
    check_drift(cpython, table, facts.extensions)
    manifest = describe(tree, request, facts, table, provenance.recipes.values())
    (tree / "build" / "pydist.json").write_bytes(dump_record(record(tree, request, facts, table, provenance)))
    (tree / "PYTHON.json").write_bytes(dump(manifest))
    store = out.parents[2]
    check_no_trace(tree, [f"{store}/work/", f"{store}/nodes/", f"{provenance.toolchain.folder}/", "/build/tools/"])


def pack(out: Path, tree: Path, request: BuildRequest) -> None:
    """Write the full archive and the one with nothing but the installed tree, without a tag in their names."""
    with TarWriter(out / f"{request}-{FULL}", "zst", _ZSTD_LEVEL, threads=os.cpu_count() or 1) as full:
        full.add_file("python/PYTHON.json", tree / "PYTHON.json")
        for path, name in _members(tree):
            if name != "PYTHON.json":
                _add(full, f"python/{name}", path)
    with TarWriter(out / f"{request}-{INSTALL_ONLY}", "gz", 6) as installed:
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


def _toolchain_licenses(toolchain: Path, licenses: Path) -> None:
    """The C library and compiler run time come with the toolchain and are linked in."""
    shutil.copyfile(toolchain / "lib" / "libc" / "musl" / "COPYRIGHT", licenses / "LICENSE.zig-musl.txt")
    shutil.copyfile(toolchain / "LICENSE", licenses / "LICENSE.zig.txt")
