"""Which names below a folder are read, by patterns: a prefix such as /usr has far more in it than what is asked for.

Invariant: a folder is entered only when something inside it may be wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

__all__ = ["Selection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Names that one of `patterns` fits, and none of `without`.

    Parts of a pattern fit parts of a name, like in a shell; `**` at the end fits everything below.

    >>> chosen = Selection(patterns=("bin/python3*", "lib/python3.11/**"), without=("lib/*/site-packages/**",))
    >>> [chosen.holds(name) for name in ("bin/python3", "lib/python3.11/os.py", "lib/python3.11/site-packages/x.py")]
    [True, True, False]
    >>> chosen.leads("lib"), chosen.leads("share"), chosen.leads("lib/python3.11/site-packages")
    (True, False, False)
    """

    patterns: tuple[str, ...]
    without: tuple[str, ...] = ()

    def holds(self, name: str) -> bool:
        """Whether `name`, relative and with slashes, is wanted."""
        parts = name.split("/")
        return self._fits(self.patterns, parts) and not self._fits(self.without, parts)

    def leads(self, folder: str) -> bool:
        """Whether something below `folder` may be wanted."""
        parts = folder.split("/")
        if self._fits(self.without, [*parts, ""]):
            return False
        for pattern in self.patterns:
            wanted = pattern.split("/")
            deep = wanted[-1] == "**"
            if (deep or len(parts) < len(wanted)) and all(
                word == "**" or fnmatchcase(part, word) for part, word in zip(parts, wanted, strict=False)
            ):
                return True
        return False

    def _fits(self, patterns: tuple[str, ...], parts: list[str]) -> bool:
        return any(_fits(pattern.split("/"), parts) for pattern in patterns)


def _fits(pattern: list[str], parts: list[str]) -> bool:
    if pattern[-1] == "**":
        pattern = pattern[:-1]
        if len(parts) <= len(pattern):
            return False
        parts = parts[: len(pattern)]
    return len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))
