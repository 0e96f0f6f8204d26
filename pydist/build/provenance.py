"""How archives were made, as an in-toto statement with SLSA provenance, unsigned: what a signer puts a signature under.

Invariant: everything that differs between two builds of the same input (the box, the machine's libraries, times when
asked for) stands here and nowhere in an archive. The form is documented in docs/reference/provenance.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pydist
from pydist.build.box import BoxKind
from pydist.build.pack import COMPRESSORS
from pydist.build.purl import folder_url, own_url, python_package_url, source_url
from pydist.build.report import ArchiveFacts
from pydist.manifest.record import BuildRecord, PatchRecord, SourceRecord
from pydist.policy.recipes import Recipe, Release

__all__ = ["BUILD_TYPE", "Run", "statement"]

BUILD_TYPE = "pkg:pypi/pydist#docs/reference/provenance.md/v1"
"""The version behind it grows when a reader of the old parameters would misread the new ones."""

_Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the builder. `times` are its beginning and end, in UTC, when they shall be told."""

    box: BoxKind
    times: tuple[datetime, datetime] | None = None


def statement(subjects: Iterable[ArchiveFacts], record: BuildRecord,
              components: Mapping[str, tuple[Recipe, Release]], run: Run) -> bytes:  # fmt: skip
    """The statement about `subjects`, which `run` made of `components` as `record` says."""
    document = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": _name(facts), "digest": {"sha256": facts.sha256}} for facts in subjects],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"buildDefinition": _definition(record, components), "runDetails": _details(run)},
    }
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def _definition(record: BuildRecord, components: Mapping[str, tuple[Recipe, Release]]) -> _Document:
    asked = {"python": record.python_version, "target": record.target_triple, "options": record.options}
    profile = {"profile": {"sha256": record.profile}} if record.profile else {}
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": asked | profile,
        "internalParameters": {"keys": dict(record.keys), "tools": dict(record.tools)},
        "resolvedDependencies": [
            *(_source(source, components[source.name]) for source in record.sources),
            *(_patch(patch, *components[patch.component]) for patch in record.patches),
            {
                "name": record.toolchain.name,
                "uri": python_package_url(record.toolchain.name, record.toolchain.version).to_string(),
                # Not the digest of a file: it is over the names and digests of what the package installed.
                "annotations": {"digestOfRecord": record.toolchain.digest},
            },
        ],
    }


def _details(run: Run) -> _Document:
    metadata = {}
    if run.times:
        started, finished = (f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in run.times)
        metadata = {"metadata": {"startedOn": started, "finishedOn": finished}}
    builder = {"id": f"pkg:pypi/pydist#box/{run.box}", "version": {"pydist": pydist.__version__, **COMPRESSORS}}
    return {"builder": builder, **metadata}


def _source(source: SourceRecord, component: tuple[Recipe, Release]) -> _Document:
    _, release = component
    if url := source_url(source, release):
        return {"name": source.name, "uri": url.to_string(), "digest": {"sha256": source.sha256}}
    place = folder_url(source.name, release).to_string()
    return {"name": source.name, "uri": place, "annotations": {"digestOfFolder": source.sha256}}


def _patch(patch: PatchRecord, recipe: Recipe, release: Release) -> _Document:
    path = next(path for path in recipe.patches(release) if path.name == patch.name)
    place = own_url(f"builders/{recipe.name}/{path.relative_to(recipe.folder).as_posix()}")
    return {
        "name": f"{patch.component}: {patch.name}",
        "uri": place.to_string(),
        "digest": {"sha256": patch.sha256},
    }


def _name(facts: ArchiveFacts) -> str:
    return facts.path.rpartition("/")[2]
