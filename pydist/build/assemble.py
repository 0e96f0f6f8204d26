"""Component nodes -> one `python/` tree that describes itself."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from pydist.build.describe import describe
from pydist.build.evidence import Provenance, record
from pydist.build.measure import check_drift, measure
from pydist.build.relocate import check_no_trace, relocate
from pydist.build.request import BuildRequest
from pydist.manifest.dump import dump
from pydist.manifest.record import dump_record
from pydist.policy import resources
from pydist.policy.extensions import ExtensionRow

__all__ = ["assemble"]


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
    relocate(tree / "install", Path((cpython / "facts" / "source").read_text(encoding="utf-8").strip()), request.series)
    facts = measure(cpython, tree, request.series, resources.builders() / "cpython" / "probe.py")
    check_drift(cpython, table, facts.extensions)
    manifest = describe(tree, request, facts, table, provenance.recipes.values())
    (tree / "build" / "pydist.json").write_bytes(dump_record(record(tree, request, facts, table, provenance)))
    (tree / "PYTHON.json").write_bytes(dump(manifest))
    store = out.parents[2]
    check_no_trace(tree, [f"{store}/work/", f"{store}/nodes/", f"{provenance.toolchain.folder}/", "/build/path/"])


def _toolchain_licenses(toolchain: Path, licenses: Path) -> None:
    """The C library and compiler run time come with the toolchain and are linked in."""
    shutil.copyfile(toolchain / "lib" / "libc" / "musl" / "COPYRIGHT", licenses / "LICENSE.zig-musl.txt")
    shutil.copyfile(toolchain / "LICENSE", licenses / "LICENSE.zig.txt")
