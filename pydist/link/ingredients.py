"""What the interpreter in an application consists of, with the licence texts that travel along.

Invariant: what is listed is what the distribution says of itself: its bill of materials, or, of one that has none, its
manifest; and nothing is listed that stays out of applications.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydist.archive.paths import name_fault
from pydist.link.dist import Distribution
from pydist.link.part import TreeFile
from pydist.link.report import LibraryFacts
from pydist.manifest.record import BILL_PATH, BILL_PREFIX

__all__ = ["TEXTS", "ingredients_of"]

TEXTS = "share/licenses/python"
"""Where the texts stand below the virtual root."""

_WITH_TEXTS = f"{BILL_PREFIX}license-texts"
_SOURCES, _PART_OF_SOURCES = "source:cpython", "contained:"  # how bills refer to CPython, and to what is in its sources


def ingredients_of(
    distribution: Distribution, inside: Sequence[TreeFile]
) -> tuple[tuple[LibraryFacts, ...], tuple[TreeFile, ...]]:
    """The libraries, by name, and the files with their licence texts. `inside` is the standard library."""
    rows = list(_of_bill(distribution, inside)) or list(_of_manifest(distribution))
    paths = sorted({path for _, texts in rows for path in texts})
    places = {path: f"{TEXTS}/{path.rpartition('/')[2]}" for path in paths if _readable(distribution.root, path)}
    libraries = [
        LibraryFacts(
            name=fact["name"], version=fact.get("version", ""), license=fact.get("license", ""),
            purl=fact.get("purl", ""), description=fact.get("description", ""),
            license_texts=tuple(places[path] for path in texts if path in places),
        )
        for fact, texts in rows
    ]  # fmt: skip
    files = (TreeFile(path=place, data=(distribution.root / path).read_bytes()) for path, place in places.items())
    return tuple(sorted(libraries, key=lambda library: (library.name, library.purl))), tuple(files)


def _readable(root: Path, path: str) -> bool:
    return not name_fault(path) and (root / path).is_file()


_Row = tuple[Mapping[str, str], list[str]]


def _of_bill(distribution: Distribution, inside: Sequence[TreeFile]) -> Iterator[_Row]:
    """The components of the distribution's own bill of materials, but its tools and what is not in the application."""
    try:
        bill = json.loads((distribution.root / BILL_PATH).read_bytes())
    except (OSError, ValueError):
        return
    names = {file.path.rpartition("/")[2] for file in inside}
    components = [(component, {row["name"]: row["value"] for row in component.get("properties", [])})
                  for component in bill.get("components", [])]  # fmt: skip
    own = [values.get(_WITH_TEXTS, "") for component, values in components if component.get("bom-ref") == _SOURCES]
    for component, values in components:
        installed = [path for path in values.get(f"{BILL_PREFIX}files", "").split() if path.startswith("install/")]
        left_out = installed and not any(path.rpartition("/")[2] in names for path in installed)
        if component.get("scope") != "excluded" and not left_out:
            texts = values.get(_WITH_TEXTS, "").split()
            if not texts and str(component.get("bom-ref")).startswith(_PART_OF_SOURCES):
                # Older bills do not say it: a text of its own, or a section of Doc/license.rst.
                texts = [f"licenses/LICENSE.{component.get('name')}.txt"]
                texts = texts if _readable(distribution.root, texts[0]) else " ".join(own).split()
            facts = _texts(component, "name", "version", "purl", "description")
            yield {**facts, "license": _licence(component)}, texts


def _texts(component: Mapping[str, Any], *keys: str) -> dict[str, str]:
    return {key: str(component[key]) for key in keys if component.get(key)}


def _licence(component: Mapping[str, Any]) -> str:
    stated = [row.get("expression") or row.get("license", {}).get("id", "") for row in component.get("licenses", [])]
    return " AND ".join(filter(None, stated))


def _of_manifest(distribution: Distribution) -> Iterator[_Row]:
    manifest = distribution.manifest
    own = {"name": "cpython", "version": manifest.python_version, "license": " AND ".join(manifest.licenses or ())}
    yield own, [manifest.license_path] if manifest.license_path else []
    seen = set()
    for extension, variants in manifest.build_info.extensions.items():
        for variant in variants:
            name = variant.links[0].name if variant.links else extension
            if (variant.licenses or variant.license_paths) and name not in seen:
                seen.add(name)
                public = ["LicenseRef-Public-Domain"] if variant.license_public_domain else []
                licence = " AND ".join(variant.licenses or public)
                yield {"name": name, "license": licence}, list(variant.license_paths or ())
