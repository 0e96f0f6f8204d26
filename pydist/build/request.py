"""What is asked of the builder, checked once at the door."""

from __future__ import annotations

from dataclasses import dataclass

from pydist.errors import InputError
from pydist.policy import recipes, targets
from pydist.policy.options import Options
from pydist.policy.targets import Linkage, TargetRow

__all__ = ["BuildRequest"]

_FREETHREADED_SINCE = (3, 13)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """One distribution: a Python version with its series (`3.14`), a target and options."""

    version: str
    series: str
    target: TargetRow
    options: Options

    @classmethod
    def parse(cls, *, python: str, target: str, options: str = "") -> BuildRequest:
        """Check what a user typed; without options those of the target. Raises `InputError` that says what there is."""
        row = targets.find(target)
        release = recipes.load("cpython").release(python)
        wanted = Options.parse(options) if options else row.default
        row.linkage(wanted)
        if wanted.freethreaded and tuple(map(int, release.series.split("."))) < _FREETHREADED_SINCE:
            raise InputError(f"Python {release.series} cannot be built free-threaded; 3.13 is the first that can")
        return cls(version=release.version, series=release.series, target=row, options=wanted)

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
        return f"distribution/{self.version}/{self.target.target}/{self.options}"

    def __str__(self) -> str:
        return f"cpython-{self.version}-{self.target.target}-{self.options}"
