"""A lock (`pylock.toml`, PEP 751) as typed values: which packages, and where each can be had.

Invariant: a `LockedPackage` has at least one origin; every file of a registry has its SHA-256.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydist.errors import FaultCollector
from pydist.link.app import normalise
from pydist.link.settings import parse_toml

__all__ = ["LockedFile", "LockedPackage", "parse_lock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFile:
    """One downloadable or local file. `url` may be a file URL; `size` in bytes, or None when the lock has none."""

    name: str
    url: str
    sha256: str
    size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One package at one version. `folder` is a local project to build; `name` is normalised."""

    name: str
    version: str
    wheels: tuple[LockedFile, ...] = ()
    sdist: LockedFile | None = None
    folder: Path | None = None


def parse_lock(text: str, where: str, base: Path, environment: Mapping[str, str]) -> tuple[LockedPackage, ...]:
    """Read a lock; relative paths stand below `base`. Packages whose marker is false in `environment` are left out.

    Raises `InputError` with every fault of the lock.
    """
    table = parse_toml(text, where)
    faults = FaultCollector(where)
    if not str(table.get("lock-version", "")).startswith("1."):
        faults.add("lock-version", f"expected 1.x, found {table.get('lock-version')!r}")
    rows = table.get("packages", [])
    if not isinstance(rows, list):
        faults.add("packages", f"expected a list of tables, found {type(rows).__name__}")
        rows = []
    packages = []
    for number, row in enumerate(rows):
        with faults.at(f"packages.[{number}]"):
            if not isinstance(row, dict) or not isinstance(row.get("name"), str):
                faults.add("name", "expected a package's name")
            elif _wanted(row, environment, faults):
                packages.append(_package(row, base, faults))
    faults.raise_if_any("the lock cannot be used")
    return tuple(sorted(packages, key=lambda package: package.name))


def _wanted(row: dict[str, Any], environment: Mapping[str, str], faults: FaultCollector) -> bool:
    if "marker" not in row:
        return True
    from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

    try:
        return Marker(str(row["marker"])).evaluate({**environment, "extra": ""})
    except (InvalidMarker, UndefinedEnvironmentName) as error:
        faults.add("marker", f"not an environment marker: {str(error).splitlines()[0]}")
        return False


def _package(row: dict[str, Any], base: Path, faults: FaultCollector) -> LockedPackage:
    wheels = []
    listed = row.get("wheels", [])
    if not isinstance(listed, list):
        faults.add("wheels", f"expected a list, found {type(listed).__name__}")
        listed = []
    for number, wheel in enumerate(listed):
        with faults.at(f"wheels.[{number}]"):
            wheels.append(_file(wheel, base, faults))
    sdist = None
    if "sdist" in row:
        with faults.at("sdist"):
            sdist = _file(row["sdist"], base, faults)
    if "archive" in row:
        with faults.at("archive"):
            archive = _file(row["archive"], base, faults)
        if archive.name.endswith(".whl"):
            wheels.append(archive)
        else:
            sdist = archive
    folder = None
    if "directory" in row:
        table = row["directory"]
        folder = base / str(table.get("path", "")) if isinstance(table, dict) else base / "?"
        if not folder.is_dir():
            faults.add("directory.path", f"no such folder: {folder}")
    if "vcs" in row:
        faults.add("vcs", f"{row['name']} comes from version control; give a folder, a wheel or a release instead")
    elif not wheels and sdist is None and folder is None:
        faults.add("", f"{row['name']} has no wheel, no source archive and no folder")
    return LockedPackage(
        name=normalise(row["name"]),
        version=str(row.get("version", "")),
        wheels=tuple(wheels),
        sdist=sdist,
        folder=folder,
    )


def _file(row: Any, base: Path, faults: FaultCollector) -> LockedFile:
    if not isinstance(row, dict):
        faults.add("", f"expected a table, found {type(row).__name__}")
        return LockedFile(name="", url="", sha256="", size=None)
    url = str(row.get("url", ""))
    if not url and row.get("path"):
        url = (base / str(row["path"])).absolute().as_uri()
    if not url:
        faults.add("url", "missing, and there is no path either")
    hashes = row.get("hashes", {})
    sha256 = str(hashes.get("sha256", "")) if isinstance(hashes, dict) else ""
    local = url.startswith("file:")
    if len(sha256) != 64 and not local:
        faults.add("hashes.sha256", f"expected 64 hexadecimal digits, found {sha256!r}")
    size = row.get("size")
    name = str(row.get("name") or url.partition("#")[0].partition("?")[0].rpartition("/")[2])
    return LockedFile(name=name, url=url, sha256=sha256.lower(), size=size if isinstance(size, int) else None)
