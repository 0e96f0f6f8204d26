"""Component nodes -> one `python/` tree that describes itself."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from pydist.build.box import Box
from pydist.build.describe import describe
from pydist.build.evidence import Provenance, record
from pydist.build.measure import check_drift, measure
from pydist.build.probe import probe
from pydist.build.prove import keep_licenses, write_evidence
from pydist.build.relocate import check_no_trace, relocate
from pydist.build.request import BuildRequest
from pydist.manifest.dump import dump
from pydist.policy.extensions import ExtensionRow

__all__ = ["assemble", "places"]


def assemble(
    out: Path,
    inputs: Mapping[str, Path],
    *,
    request: BuildRequest,
    table: Mapping[str, ExtensionRow],
    provenance: Provenance,
    box: Box,
) -> None:
    """Fill `out/python/` with the described distribution. Its interpreter runs once, in `box`, to describe itself."""
    tree, cpython = out / "python", inputs["cpython"]
    for part in ("install", "build"):
        shutil.copytree(cpython / part, tree / part, symlinks=True)
    for node in inputs.values():
        shutil.copytree(node / "licenses", tree / "licenses", dirs_exist_ok=True)
    install, source = tree / "install", Path((cpython / "facts" / "source").read_text(encoding="utf-8").strip())
    relocate(install, source, install / request.library, request.python)
    facts = measure(cpython, tree, request, probe(tree, request, box, out.parent / "probe"))
    check_drift(cpython, table, facts.extensions)
    store = out.parents[2]
    # Objects that are not ours are linked here: as their box, with a cache of the compiler apart.
    cache = store / "toolchain" / ("private" if request.release.source else "global")
    linked = keep_licenses(tree, facts, request.target, provenance, cache)
    manifest = describe(tree, request, facts, table, provenance.recipes.values())
    write_evidence(tree, record(tree, request, facts, table, provenance), provenance, linked)
    (tree / "PYTHON.json").write_bytes(dump(manifest))
    check_no_trace(tree, places(store, provenance.toolchain.folder))


def places(store: Path, toolchain: Path) -> list[str]:
    """Folders of boxes, which nothing may name. /cache only where a name begins: there is /var/cache as well."""
    of_the_host = [store / "work", store / "nodes", store / "toolchain", toolchain]
    return [*(f"{folder}/" for folder in of_the_host), "/build/path/", "/opt/pydist/", "/cache/o/", "\0/cache/"]
