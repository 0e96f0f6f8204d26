"""The recipes: one folder per component below `builders/`, described by its `recipe.toml`.

Invariant: a `Release` either names archives, each with digest and size, or a folder of sources of our own; never both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from pydist.errors import FaultCollector, InputError
from pydist.policy import resources
from pydist.policy.series import within
from pydist.policy.table import Row, read_toml
from pydist.target import Target

__all__ = ["BUILD_SCRIPT", "TRAINING_SCRIPT", "Origin", "Recipe", "Release", "When", "load", "load_all"]

BUILD_SCRIPT = "build.sh"
TRAINING_SCRIPT = "profile/build.sh"
"""CPython's second script: it makes the profile that the first one is given."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One place an archive can be had from: an upstream URL, or a path in Debian's source pool.

    `sha256` is in hex, `size` in bytes. Places of one release may hold different archives of it (repacked ones).
    """

    url: str
    pool: str
    sha256: str
    size: int

    @property
    def filename(self) -> str:
        return (self.url or self.pool).rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of a component. `series` tells the releases of one component apart (`3.13`, `3.14`)."""

    version: str
    series: str
    origins: tuple[Origin, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """What a component needs beyond the rest for some targets: those that match `target`, linked as `static` says."""

    target: str
    static: bool | None
    needs: tuple[str, ...]
    tools: tuple[str, ...]

    def holds(self, target: Target, static: bool) -> bool:
        return fnmatchcase(target.triple, self.target) and self.static in (None, static)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one component is made. `libraries` are the names that its static libraries are linked by (`-lz` is `z`),
    `links` those that have to be linked with them. `tools` are components that its script runs: made for the machine
    that builds."""

    name: str
    folder: Path
    licenses: tuple[str, ...]
    license_files: tuple[str, ...]
    public_domain: bool
    libraries: tuple[str, ...]
    links: tuple[str, ...]
    needs: tuple[str, ...]
    releases: tuple[Release, ...]
    tools: tuple[str, ...] = ()
    when: tuple[When, ...] = ()

    def needs_for(self, target: Target, *, static: bool) -> tuple[str, ...]:
        """The components that are linked into this one, or into what it is linked into."""
        return self.needs + tuple(name for when in self.when if when.holds(target, static) for name in when.needs)

    def tools_for(self, target: Target, *, static: bool) -> tuple[str, ...]:
        """The components that its script runs."""
        return self.tools + tuple(name for when in self.when if when.holds(target, static) for name in when.tools)

    def release(self, python: str) -> Release:
        """The release for a Python version or series; components without series have one for all."""
        for release in self.releases:
            if release.series in ("", python) or release.version == python:
                return release
        known = ", ".join(release.version for release in self.releases)
        raise InputError(f"{self.name}: no release for {python!r}; there are {known}")

    def patches(self, release: Release) -> list[Path]:
        """The patches to apply, in order: those for all releases and those from an older series on
        (`patches/from-3.13`) by their names, then those of the series."""
        folder = self.folder / "patches"
        found = list(folder.glob("*.patch"))
        if not release.series:
            return sorted(found)
        for path in folder.glob("from-*/*.patch"):
            if within(release.series, path.parent.name.removeprefix("from-")):
                found.append(path)
        return sorted(found, key=lambda path: path.name) + sorted((folder / release.series).glob("*.patch"))


@cache
def load(name: str) -> Recipe:
    """The recipe of the component `name`. Raises `InputError` with every fault of its file."""
    folder = resources.builders() / name
    path = folder / "recipe.toml"
    faults = FaultCollector(str(path))
    row = Row(read_toml(path), faults)
    releases = []
    for position, values in enumerate(row.tables("release")):
        with faults.at(f"release[{position}]"):
            releases.append(_release(values, folder, faults))
    recipe = Recipe(
        name=name,
        folder=folder,
        licenses=row.texts("licenses"),
        license_files=row.texts("license_files"),
        public_domain=row.flag("public_domain"),
        libraries=row.texts("libraries", []),
        links=row.texts("links", []),
        needs=row.texts("needs", []),
        tools=row.texts("tools", []),
        when=tuple(_when(values, faults) for values in row.tables("when")),
        releases=tuple(releases),
    )
    row.done()
    if not releases:
        faults.add("release", "expected at least one")
    if not (folder / "build.sh").is_file():
        faults.add("", f"expected a build script beside it: {folder / 'build.sh'}")
    faults.raise_if_any(f"the recipe of {name} is not right")
    return recipe


@cache
def load_all() -> dict[str, Recipe]:
    """Every recipe, by component name."""
    names = sorted(path.parent.name for path in resources.builders().glob("*/recipe.toml"))
    return {name: load(name) for name in names}


def _when(values: Mapping[str, Any], faults: FaultCollector) -> When:
    with faults.at("when"):
        row = Row(values, faults)
        when = When(
            target=row.text("target", "*"),
            static=row.flag_or_none("static"),
            needs=row.texts("needs", []),
            tools=row.texts("tools", []),
        )
        row.done()
    return when


def _release(values: Mapping[str, Any], folder: Path, faults: FaultCollector) -> Release:
    row = Row(values, faults)
    origins = []
    for position, place in enumerate(row.tables("origins")):
        with faults.at(f"origins[{position}]"):
            origins.append(_origin(place, faults))
    release = Release(
        version=row.text("version"),
        series=row.text("series", ""),
        origins=tuple(origins),
        source=row.text("source", ""),
    )
    row.done()
    if bool(release.origins) == bool(release.source):
        faults.add("", "expected either origins or source")
    if release.source and not (folder / release.source).is_dir():
        faults.add("source", f"no such folder: {folder / release.source}")
    return release


def _origin(values: Mapping[str, Any], faults: FaultCollector) -> Origin:
    row = Row(values, faults)
    origin = Origin(
        url=row.text("url", ""), pool=row.text("pool", ""), sha256=row.text("sha256"), size=row.number("size")
    )
    row.done()
    if bool(origin.url) == bool(origin.pool):
        faults.add("", "expected either url or pool")
    if not _SHA256.fullmatch(origin.sha256):
        faults.add("sha256", "expected 64 lower-case hexadecimal digits")
    return origin
