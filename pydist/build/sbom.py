"""What a distribution consists of, as a CycloneDX bill of materials (`build/sbom.cdx.json`).

Invariant: equal builds give equal bytes: nothing of the machine or the time is in it, and the serial number is the
digest of everything else.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path

import cyclonedx
from cyclonedx.model import AttachedText, Encoding, ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.component import (
    Component,
    ComponentScope,
    ComponentType,
    Diff,
    Patch,
    PatchClassification,
    Pedigree,
)
from cyclonedx.model.license import LicenseExpression
from packageurl import PackageURL

import pydist
from pydist.archive.write import DEFAULT_MTIME
from pydist.build.evidence import Provenance, expression_of, origin_of
from pydist.build.purl import folder_url, python_package_url, source_url
from pydist.manifest.bill import bill, properties, serialised, sha256
from pydist.manifest.record import BILL_PATH, BuildRecord, RuntimeRecord, SourceRecord
from pydist.policy.contents import ContainedPart
from pydist.policy.options import Options
from pydist.policy.recipes import Origin
from pydist.target import Target

__all__ = ["SBOM_PATH", "WRITER", "bill_of_materials"]

SBOM_PATH = BILL_PATH
WRITER = {"cyclonedx-python-lib": str(cyclonedx.__version__)}
"""The package that gives the document its form: other versions may give other bytes."""

_Contained = Mapping[ContainedPart, Iterable[str]]


def bill_of_materials(record: BuildRecord, provenance: Provenance, contained: _Contained) -> bytes:
    """The document for the build that `record` describes; `contained` is what CPython's sources bring with them."""
    root = Component(
        name=record.name,
        version=record.python_version,
        type=ComponentType.PLATFORM,
        bom_ref=record.name,
        description="A standalone distribution of CPython",
        purl=PackageURL("generic", None, "cpython", record.python_version,
                        {"target": record.target_triple, "options": record.options}),
        properties=properties({"target": record.target_triple, "options": record.options,
                                "glibc-floor": record.glibc_floor or ""}),
    )  # fmt: skip
    sources = {source.name: _source(source, provenance, _patches(record, source.name, provenance))
               for source in record.sources}  # fmt: skip
    runtime = [_runtime(part, record) for part in record.runtime]
    inner = [_contained(part, list(paths), record) for part, paths in contained.items()]
    bom = bill(root, [*sources.values(), *runtime, *inner, _toolchain(record)], pydist.__version__, DEFAULT_MTIME)
    bom.register_dependency(root, [*sources.values(), *runtime])
    target, static = Target.parse(record.target_triple), Options.parse(record.options).static
    for name, component in sources.items():
        needs = [sources[need] for need in provenance.recipes[name].needs_for(target, static=static)]
        bom.register_dependency(component, [*needs, *(inner if name == "cpython" else [])])
    return serialised(bom)


def _source(source: SourceRecord, provenance: Provenance, patches: list[Patch]) -> Component:
    release = provenance.releases[source.name]
    origin = origin_of(release, source.sha256)
    places = []
    if origin and origin.url:
        places = [ExternalReference(type=ExternalReferenceType.SOURCE_DISTRIBUTION, url=XsUri(origin.url),
                                    hashes=[sha256(source.sha256)])]  # fmt: skip
    return Component(
        name=source.name,
        version=source.version,
        type=ComponentType.LIBRARY if source.name != "cpython" else ComponentType.PLATFORM,
        bom_ref=f"source:{source.name}",
        scope=ComponentScope.REQUIRED,
        hashes=[sha256(source.sha256)] if origin else [],
        licenses=[LicenseExpression(expression_of(source.licenses))],
        purl=source_url(source.name, release, source.sha256) or folder_url(source.name, release),
        external_references=places,
        pedigree=Pedigree(patches=patches) if patches else None,
        properties=properties({
            "archive": source.filename or "",
            "debian-pool": next((o.pool for o in release.origins if o.pool and o.sha256 == source.sha256), ""),
            "repacked": "" if origin is None or origin.url else _repacked(origin),
            "digest-of-folder": "" if origin else source.sha256,
            "license-texts": " ".join(source.license_paths),
        }),
    )  # fmt: skip


def _repacked(origin: Origin) -> str:
    left_out = " and leaves files out" if "dfsg" in origin.filename or "+ds" in origin.filename else ""
    return f"by Debian: its archive has other bytes than upstream's{left_out}"


def _patches(record: BuildRecord, component: str, provenance: Provenance) -> list[Patch]:
    paths = {path.name: path for path in provenance.recipes[component].patches(provenance.releases[component])}
    return [_patch(paths[patch.name]) for patch in record.patches if patch.component == component]


def _patch(path: Path) -> Patch:
    text = AttachedText(content=base64.b64encode(path.read_bytes()).decode(), encoding=Encoding.BASE_64)
    place = f"builders/{path.as_posix().rpartition('/builders/')[2]}"
    return Patch(type=PatchClassification.UNOFFICIAL, diff=Diff(text=text, url=XsUri(place)))


def _runtime(part: RuntimeRecord, record: BuildRecord) -> Component:
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"toolchain:{part.name}",
        scope=ComponentScope.REQUIRED,
        licenses=[LicenseExpression(part.license)],
        purl=PackageURL("generic", None, part.name, part.version),
        description=f"Linked in from {record.toolchain.name} {record.toolchain.version}",
        properties=properties({"files": " ".join(part.files), "license-texts": " ".join(part.license_paths)}),
    )


def _contained(part: ContainedPart, paths: list[str], record: BuildRecord) -> Component:
    version = paths[0].rpartition("/")[2].split("-")[1] if part.wheel else None
    texts = [path for source in record.sources if source.name == "cpython" for path in source.license_paths]
    texts = [f"licenses/LICENSE.{part.name}.txt"] if part.text else texts
    return Component(
        name=part.name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=f"contained:{part.name}",
        scope=ComponentScope.REQUIRED,
        hashes=[sha256(record.files[paths[0]].sha256)] if part.wheel else [],
        licenses=[LicenseExpression(part.license)],
        purl=python_package_url(part.name, version) if version else None,
        description="Part of the sources of CPython",
        properties=properties({"files": " ".join(paths), "license-texts": " ".join(texts)}),
    )


def _toolchain(record: BuildRecord) -> Component:
    """The compiler: not in the distribution, but the distribution is its work."""
    tool = record.toolchain
    return Component(
        name=tool.name,
        version=tool.version,
        type=ComponentType.APPLICATION,
        bom_ref=f"tool:{tool.name}",
        scope=ComponentScope.EXCLUDED,
        purl=python_package_url(tool.name, tool.version),
        description="Compiled and linked everything",
        properties=properties({"digest-of-record": tool.digest}),
    )
