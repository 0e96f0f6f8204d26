"""Package URLs of what a build is made from: the same in the bill of materials and in the provenance."""

from __future__ import annotations

from pathlib import Path

from packageurl import PackageURL

import pydist
from pydist.build.evidence import origin_of
from pydist.policy.recipes import Release

__all__ = ["folder_url", "own_url", "python_package_url", "source_url"]


def source_url(name: str, release: Release, sha256: str) -> PackageURL | None:
    """`pkg:generic/…` with the archive's digest and upstream's place of it; None for sources of pydist's own."""
    origin = origin_of(release, sha256)
    if origin is None:
        return None
    place = {"download_url": origin.url} if origin.url else {"file_name": origin.filename}
    return PackageURL("generic", None, name, release.version, {"checksum": f"sha256:{sha256}", **place})


def folder_url(name: str, release: Release) -> PackageURL:
    """A component built from a folder: a part of this pydist, or a tree that somebody gave, which has no place."""
    if Path(release.source).is_absolute():
        return PackageURL("generic", None, name, release.version)
    return own_url(f"builders/{name}/{release.source}")


def python_package_url(name: str, version: str) -> PackageURL:
    """`pkg:pypi/…`."""
    return PackageURL("pypi", None, name, version)


def own_url(path: str = "") -> PackageURL:
    """A file of this pydist, such as a patch: `pkg:pypi/pydist@1.0#builders/…`."""
    return PackageURL("pypi", None, "pydist", pydist.__version__, subpath=path)
