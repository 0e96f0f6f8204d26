"""What a distribution carries to prove what it is: licence texts, the bill of materials, the build record.

Invariant: the build record is written last and lists everything else but the manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pydist
from pydist.build.evidence import Provenance, expression_of, license_paths, list_files
from pydist.build.licenses import complete, keep_contained
from pydist.build.measure import Facts
from pydist.build.runtime import keep_texts, linked_files, parts_of
from pydist.build.sbom import SBOM_PATH, WRITER, bill_of_materials
from pydist.manifest.record import BuildRecord, RuntimeRecord, dump_record
from pydist.policy.contents import ContainedPart
from pydist.policy.targets import TargetRow
from pydist.store import digest_file, digest_tree

__all__ = ["Linked", "inputs", "keep_licenses", "write_evidence"]

_TABLES = ("licenses", "runtime.toml", "contains.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What is in a distribution beside its components: parts of the toolchain, and of CPython's own sources."""

    runtime: tuple[RuntimeRecord, ...]
    contained: Mapping[ContainedPart, list[str]]


def inputs(builders: Path) -> dict[str, object]:
    """Everything but code and components that the evidence is made from: part of a distribution's key."""
    paths = {name: builders / name for name in _TABLES}
    tables = {name: digest_tree(path) if path.is_dir() else digest_file(path) for name, path in paths.items()}
    return {"tables": tables, "writer": WRITER}


def keep_licenses(tree: Path, facts: Facts, row: TargetRow, provenance: Provenance, cache: Path) -> Linked:
    """Make `tree/licenses` complete. Raises `InputError` for what is linked in without a known licence or its text."""
    toolchain = provenance.toolchain
    parts = parts_of(linked_files(tree, facts.link_line, toolchain, cache), str(row.target.libc))
    runtime = keep_texts(parts, toolchain, tree / "licenses", row.floor)
    paths = {path.relative_to(tree).as_posix(): None for path in tree.rglob("*")}
    contained = keep_contained(tree, paths, provenance.releases["cpython"].series)
    complete(
        tree,
        [
            *((name, expression_of(recipe.licenses)) for name, recipe in provenance.recipes.items()),
            *((f"toolchain-{part.name}", part.license) for part in runtime),
            *((part.name if part.text else "cpython", part.license) for part in contained),
        ],
    )
    # Again: texts of SPDX's may have come.
    runtime = [replace(part, license_paths=tuple(license_paths(f"toolchain-{part.name}", tree))) for part in runtime]
    return Linked(runtime=tuple(runtime), contained=contained)


def write_evidence(tree: Path, about: BuildRecord, provenance: Provenance, linked: Linked) -> None:
    """Write `build/sbom.cdx.json`, and `build/pydist.json` with what `about` does not know yet."""
    about = replace(about, runtime=linked.runtime, tools={"pydist": pydist.__version__, **WRITER}, sbom=SBOM_PATH)
    (tree / SBOM_PATH).write_bytes(bill_of_materials(about, provenance, linked.contained))
    files, links = list_files(tree)
    (tree / "build" / "pydist.json").write_bytes(dump_record(replace(about, files=files, links=links)))
