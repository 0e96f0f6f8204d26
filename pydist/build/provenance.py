"""How archives were made, as an in-toto statement with SLSA provenance, unsigned: what a signer puts a signature under.

Invariant: everything that differs between two builds of the same input (the box, the machine's programs and libraries,
times when asked for) stands here and nowhere in an archive. The form is documented in docs/reference/provenance.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pydist
from pydist.build.box import BoxKind
from pydist.build.pack import COMPRESSORS
from pydist.build.purl import folder_url, own_url, python_package_url, source_url
from pydist.build.report import ArchiveFacts
from pydist.build.surroundings import Surroundings
from pydist.build.trees import source_digest
from pydist.manifest.record import BuildRecord, PatchRecord
from pydist.policy.recipes import Recipe, Release
from pydist.sources import SourceArchive
from pydist.store import digest_file

__all__ = ["BUILD_TYPE", "Run", "Used", "statement"]

BUILD_TYPE = "pkg:pypi/pydist#docs/reference/provenance.md/v1"
"""The version behind it grows when a reader of the old parameters would misread the new ones."""

_Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the builder. `times` are its beginning and end, in UTC, when they shall be told."""

    box: BoxKind
    surroundings: Surroundings
    times: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """One component of a build, or of what its scripts run; without an archive where its sources are a folder."""

    recipe: Recipe
    release: Release
    archive: SourceArchive | None


def statement(subjects: Iterable[ArchiveFacts], record: BuildRecord, used: Sequence[Used], run: Run) -> bytes:
    """The statement about `subjects`, which `run` made of `used` as `record` says."""
    document = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": _name(facts), "digest": {"sha256": facts.sha256}} for facts in subjects],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"buildDefinition": _definition(record, used, run), "runDetails": _details(run)},
    }
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def _definition(record: BuildRecord, used: Sequence[Used], run: Run) -> _Document:
    asked = {"python": record.python_version, "target": record.target_triple, "options": record.options}
    profile = {"profile": {"sha256": record.profile}} if record.profile else {}
    programs = {name: _told(asdict(program)) for name, program in run.surroundings.programs.items()}
    inside = {source.name for source in record.sources}
    tools = [part for part in used if part.recipe.name not in inside]
    components = {part.recipe.name: part for part in used}
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": asked | profile,
        "internalParameters": _told({"keys": dict(record.keys), "tools": dict(record.tools), "programs": programs}),
        "resolvedDependencies": [
            *(_source(components[source.name], source.sha256) for source in record.sources),
            *(_tool(part) for part in tools),
            *(_patch(patch, components[patch.component]) for patch in [*record.patches, *_patches(tools)]),
            {
                "name": record.toolchain.name,
                "uri": python_package_url(record.toolchain.name, record.toolchain.version).to_string(),
                # Not the digest of a file: it is over the names and digests of what the package installed.
                "annotations": {"digestOfRecord": record.toolchain.digest},
            },
            *_image(run.surroundings),
        ],
    }


def _details(run: Run) -> _Document:
    metadata = {}
    if run.times:
        started, finished = (f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in run.times)
        metadata = {"metadata": {"startedOn": started, "finishedOn": finished}}
    builder = {"id": f"pkg:pypi/pydist#box/{run.box}", "version": {"pydist": pydist.__version__, **COMPRESSORS}}
    return {"builder": builder, **metadata}


def _source(part: Used, sha256: str) -> _Document:
    name = part.recipe.name
    if url := source_url(name, part.release, sha256):
        return {"name": name, "uri": url.to_string(), "digest": {"sha256": sha256}}
    place = folder_url(name, part.release).to_string()
    return {"name": name, "uri": place, "annotations": {"digestOfFolder": sha256}}


def _tool(part: Used) -> _Document:
    """A component of which nothing is in the distribution: it ran, or was linked into what ran."""
    sha256 = part.archive.origin.sha256 if part.archive else source_digest(part.recipe, part.release)
    row = _source(part, sha256)
    return {**row, "annotations": {**row.get("annotations", {}), "use": "tool"}}


def _patches(tools: Iterable[Used]) -> Iterator[PatchRecord]:
    for part in tools:
        for path in part.recipe.patches(part.release):
            yield PatchRecord(component=part.recipe.name, name=path.name, sha256=digest_file(path))


def _patch(patch: PatchRecord, part: Used) -> _Document:
    recipe = part.recipe
    path = next(path for path in recipe.patches(part.release) if path.name == patch.name)
    place = own_url(f"builders/{recipe.name}/{path.relative_to(recipe.folder).as_posix()}")
    return {
        "name": f"{patch.component}: {patch.name}",
        "uri": place.to_string(),
        "digest": {"sha256": patch.sha256},
    }


def _image(surroundings: Surroundings) -> Iterator[_Document]:
    if image := surroundings.image:
        # No uri: the engine of the one who built made it, and it can be had nowhere.
        yield {"name": image.tag, "digest": {"sha256": image.sha256}}


def _told(values: _Document) -> _Document:
    """Without what there is nothing to tell of."""
    return {name: value for name, value in values.items() if value}


def _name(facts: ArchiveFacts) -> str:
    return facts.path.rpartition("/")[2]
