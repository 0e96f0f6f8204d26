"""What is asked of the builder, checked once at the door."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydist.errors import InputError
from pydist.policy import recipes, targets
from pydist.policy.names import AssetName, Flavour
from pydist.policy.options import Options
from pydist.policy.recipes import Release
from pydist.policy.targets import Linkage, TargetRow

__all__ = ["BuildRequest", "private_release"]

_SUFFIXES = {Flavour.FULL: "tar.zst", Flavour.INSTALL_ONLY: "tar.gz"}

_FREETHREADED_SINCE = (3, 13)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """One distribution: a Python version with its series (`3.14`), a target and options.

    `release` says where CPython's source is: one of the recipe, or a folder of somebody's own.
    """

    release: Release
    series: str
    target: TargetRow
    options: Options

    @classmethod
    def parse(cls, *, python: str, target: str, options: str = "", source: Path | None = None) -> BuildRequest:
        """Check what a user typed; without options those of the target. Raises `InputError` that says what there is.

        `source` is a folder with a CPython source tree; it is the version it says it is, and `python` does not count.
        """
        row = targets.find(target)
        release = private_release(source) if source else recipes.load("cpython").release(python)
        wanted = Options.parse(options) if options else row.default
        row.linkage(wanted)
        if wanted.freethreaded and tuple(map(int, release.series.split("."))) < _FREETHREADED_SINCE:
            raise InputError(f"Python {release.series} cannot be built free-threaded; 3.13 is the first that can")
        return cls(release=release, series=release.series, target=row, options=wanted)

    @property
    def version(self) -> str:
        return self.release.version

    @property
    def linkage(self) -> Linkage:
        return self.target.linkage(self.options)

    @property
    def python(self) -> str:
        """The interpreter's name: `python3.14`, `python3.14t`, `python3.14d`, …"""
        return f"python{self.series}{self.options.abi_flags}"

    @property
    def library(self) -> str:
        """The folder of the standard library, relative to the prefix."""
        return f"lib/python{self.series}{'t' if self.options.freethreaded else ''}"

    @property
    def ref(self) -> str:
        """The name under which the store keeps the result."""
        # A tree of somebody's own must not be what `pydist link` takes for the release of that version.
        kind = "private" if self.release.source else "distribution"
        return f"{kind}/{self.version}/{self.target.target}/{self.options}"

    def archive(self, flavour: Flavour, tag: str = "") -> AssetName:
        """What the ecosystem calls an archive of the result. Raises `InputError` where it has no name for it."""
        name = AssetName(version=self.version, tag=tag, platform=self.target.target.triple, flavour=flavour,
                         options=tuple(str(self.options).split("+")), suffix=_SUFFIXES[flavour])  # fmt: skip
        return AssetName.parse(str(name))

    def __str__(self) -> str:
        return f"cpython-{self.version}-{self.target.target}-{self.options}"


def private_release(source: Path) -> Release:
    """What a CPython source tree says it is. Raises `InputError` for a folder that holds none or was built in."""
    header = source / "Include" / "patchlevel.h"
    try:
        text = header.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{source}: no CPython source tree: {header} cannot be read: {error.strerror}") from error
    found = re.search(r'^#define\s+PY_VERSION\s+"((\d+\.\d+)\.[0-9a-z.+]+)"', text, re.MULTILINE)
    if found is None:
        raise InputError(f"{header}: no line that defines PY_VERSION")
    if (source / "Makefile").exists():
        raise InputError(f"{source}: was built in; run `make distclean` there first")
    return Release(version=found[1], series=found[2], origins=(), source=str(source.resolve()))
