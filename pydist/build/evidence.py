"""What a build is made of and what it consists of -> `build/pydist.json`.

Invariant: every file of the tree is listed with its digest, and every source with the texts of its licence; what is
recorded is what was used.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydist.build.measure import BITCODE, Facts
from pydist.build.request import BuildRequest
from pydist.build.trees import recipe_files
from pydist.errors import InputError
from pydist.manifest.record import (
    BitcodeRecord,
    BuildRecord,
    FileRecord,
    LeftOutRecord,
    PatchRecord,
    RequestRecord,
    SourceRecord,
    ToolchainRecord,
)
from pydist.policy.extensions import ExtensionRow
from pydist.policy.recipes import Origin, Recipe, Release
from pydist.policy.toolchain import Toolchain
from pydist.sources import SourceArchive
from pydist.store import Key, digest_file

__all__ = [
    "PROFILE",
    "Provenance",
    "expression_of",
    "license_paths",
    "list_files",
    "origin_of",
    "record",
]


PROFILE = "build/profile.profdata"
"""Where in a distribution the profile is that it was optimised by, so that it can be built again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What went into a build, component by component, and with which tool.

    `trees` are the digests of those sources that are folders, as they were when the build was planned.
    """

    recipes: Mapping[str, Recipe]
    releases: Mapping[str, Release]
    archives: Mapping[str, SourceArchive]
    trees: Mapping[str, str]
    toolchain: Toolchain
    keys: Mapping[str, Key]


def record(tree: Path, request: BuildRequest, facts: Facts, table: Mapping[str, ExtensionRow],
           provenance: Provenance) -> BuildRecord:  # fmt: skip
    """The build record of the distribution in `tree`; it lists all files that are there now."""
    files, links = list_files(tree)
    return BuildRecord(
        name=str(request),
        python_version=request.version,
        target_triple=request.target.target.triple,
        options=str(request.options),
        sources=tuple(_source(name, provenance, tree) for name in sorted(provenance.releases)),
        toolchain=ToolchainRecord(
            name="ziglang", version=provenance.toolchain.version, digest=provenance.toolchain.digest
        ),
        patches=tuple(
            PatchRecord(component=name, name=patch.name, sha256=digest_file(patch))
            for name, recipe in sorted(provenance.recipes.items())
            for patch in recipe.patches(provenance.releases[name])
        ),
        flags={
            "target.cflags": request.linkage.cflags,
            "target.ldflags": request.linkage.ldflags,
            "PY_CFLAGS": tuple(shlex.split(facts.probe["config_vars"].get("PY_CFLAGS", ""))),
            "CONFIG_ARGS": tuple(shlex.split(facts.probe["config_vars"].get("CONFIG_ARGS", ""))),
        },
        link_line=facts.link_line,
        extensions_left_out=tuple(LeftOutRecord(name=row.name, reason=row.off) for row in table.values() if row.off),
        files=files,
        links=links,
        keys={name: key.digest for name, key in provenance.keys.items()},
        request=RequestRecord(
            python=request.version, target=request.target.target.triple, options=str(request.options)
        ),
        profile=files[PROFILE].sha256 if PROFILE in files else None,
        bitcode=_bitcode(facts),
        glibc_floor=request.target.floor or None,
    )


def _bitcode(facts: Facts) -> BitcodeRecord | None:
    if not facts.bitcode:
        return None
    pairs = {f"build/{name}": f"build/{BITCODE}/{name}" for name in facts.bitcode}
    return BitcodeRecord(llvm=facts.llvm, objects=pairs)


def expression_of(licenses: Iterable[str]) -> str:
    """One SPDX expression for licences that all hold.

    >>> expression_of(["Python-2.0", "CNRI-Python"])
    'Python-2.0 AND CNRI-Python'
    """
    return " AND ".join(licenses)


def origin_of(release: Release, sha256: str) -> Origin | None:
    """The place that an archive with this digest is named by: the first of several, wherever the bytes came from.

    None for sources of pydist's own.
    """
    return next((origin for origin in release.origins if origin.sha256 == sha256), None)


def license_paths(component: str, tree: Path) -> list[str]:
    """The texts of one component's licence in `tree`. Raises `InputError` when there is none."""
    found = sorted((tree / "licenses").glob(f"LICENSE.{component}.*txt"))
    if not found:
        raise InputError(f"{component}: no licence text in {tree / 'licenses'}")
    return [f"licenses/{path.name}" for path in found]


def list_files(tree: Path) -> tuple[dict[str, FileRecord], dict[str, str]]:
    """The regular files below `tree` and its symbolic links with their targets, by path."""
    files, links = {}, {}
    for path in sorted(tree.rglob("*")):
        name = path.relative_to(tree).as_posix()
        if path.is_symlink():
            links[name] = str(path.readlink())
        elif path.is_file():
            facts = path.stat()
            mode = 0o755 if facts.st_mode & 0o100 else 0o644
            files[name] = FileRecord(sha256=digest_file(path), size=facts.st_size, mode=mode)
    return files, links


def _source(name: str, provenance: Provenance, tree: Path) -> SourceRecord:
    recipe, release, archive = provenance.recipes[name], provenance.releases[name], provenance.archives.get(name)
    # By the same name on a machine that had it from somewhere else.
    origin = origin_of(release, archive.origin.sha256) if archive else None
    return SourceRecord(
        name=name,
        version=release.version,
        filename=origin.filename if origin else None,
        sha256=origin.sha256 if origin else provenance.trees[name],
        size=origin.size if origin else None,
        licenses=recipe.licenses,
        license_paths=tuple(license_paths(name, tree)),
        recipe=Key.of("recipe", dict(recipe_files(recipe, release))).digest,
    )
