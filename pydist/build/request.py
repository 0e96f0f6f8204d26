"""What is asked of the builder, checked once at the door."""

from __future__ import annotations

from dataclasses import dataclass

from pydist.errors import InputError
from pydist.policy import recipes, targets
from pydist.policy.targets import TargetRow

__all__ = ["BuildRequest", "Options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Build options as the ecosystem writes them: `noopt`, with `static` last for fully static targets."""

    optimization: str
    static: bool

    @classmethod
    def parse(cls, text: str, *, static: bool) -> Options:
        """Read `text` for a target that is (or is not) static. Raises `InputError` for what cannot be built."""
        words = [word for word in text.split("+") if word != "static"]
        if words != ["noopt"]:
            raise InputError(f"build options {text!r} cannot be built; expected noopt")
        return cls(optimization="noopt", static=static)

    def __str__(self) -> str:
        return f"{self.optimization}+static" if self.static else self.optimization


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """One distribution: a Python version with its series (`3.14`), a target and options."""

    version: str
    series: str
    target: TargetRow
    options: Options

    @classmethod
    def parse(cls, *, python: str, target: str, options: str) -> BuildRequest:
        """Check what a user typed. Raises `InputError` that says what there is instead."""
        row = targets.find(target)
        release = recipes.load("cpython").release(python)
        return cls(
            version=release.version,
            series=release.series,
            target=row,
            options=Options.parse(options, static=row.static),
        )

    @property
    def ref(self) -> str:
        """The name under which the store keeps the result."""
        return f"distribution/{self.version}/{self.target.target}/{self.options}"

    def __str__(self) -> str:
        return f"cpython-{self.version}-{self.target.target}-{self.options}"
