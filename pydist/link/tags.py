"""Which wheels fit a distribution, and how well, by their names (PEP 425, 600, 656).

Invariant: the answer depends on the name of the wheel, the Python and the target, never on this machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pydist.target import Libc, Target

if TYPE_CHECKING:
    from packaging.tags import Tag

__all__ = ["WheelTags"]

_GLIBC = 28
"""The newest glibc 2.x that a wheel may ask for: what the resolver assumes of a target without more words."""
_NO_PLATFORM = "pure"  # which no wheel is for
_LEGACY = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}


@dataclass(frozen=True)
class WheelTags:
    """The wheels for CPython `series` (`3.14`) of `target`; `abis` are the ABI tags that it loads, best first
    (`cp314`, `cp314t`), and `native` says whether shared objects can be loaded."""

    series: str
    target: Target
    abis: tuple[str, ...]
    native: bool

    def rank(self, name: str) -> int | None:
        """How well the wheel `name` fits, higher is better; None when it does not.

        As installers have it, made for this Python comes before made for many, and native before pure. Among wheels
        for several versions of glibc the one for the oldest is best: the application then runs wherever it can.
        """
        from packaging.utils import InvalidWheelFilename, parse_wheel_filename

        try:
            tags = parse_wheel_filename(name)[3]
        except InvalidWheelFilename:
            return None
        return max((self._order[tag] for tag in tags if tag in self._order), default=None)

    @cached_property
    def _order(self) -> dict[Tag, int]:
        tags = list(dict.fromkeys(self._tags()))
        return {tag: len(tags) - place for place, tag in enumerate(tags)}

    def _tags(self) -> Iterator[Tag]:
        from packaging.tags import compatible_tags, cpython_tags

        version = tuple(int(part) for part in self.series.split("."))
        platforms = list(self._platforms()) if self.native else [_NO_PLATFORM]
        interpreter = f"cp{self.series.replace('.', '')}"
        if self.native:
            yield from cpython_tags(version, list(self.abis), platforms)
        yield from compatible_tags(version, interpreter, platforms)

    def _platforms(self) -> Iterator[str]:
        arch = str(self.target.arch)
        if self.target.libc is Libc.MUSL:
            yield from (f"musllinux_1_{minor}_{arch}" for minor in range(6))
        else:
            for minor in range(5, _GLIBC + 1):
                yield f"manylinux_2_{minor}_{arch}"
                if minor in _LEGACY:
                    yield f"{_LEGACY[minor]}_{arch}"
        yield f"linux_{arch}"
