"""What a file of a distribution is for: the table `categories.toml`, with types.

Invariant: every path has exactly one category, by its name alone.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path

__all__ = ["Category", "categories", "category_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One kind of content. `patterns` are those of the table, about paths below the folder with bin/ and lib/."""

    name: str
    meaning: str
    patterns: tuple[str, ...]


@functools.cache
def categories() -> Mapping[str, Category]:
    """All categories by name, in the order in which they are tried."""
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["category"]
    made = (Category(name=row["name"], meaning=row["meaning"], patterns=tuple(row["patterns"])) for row in rows)
    return {category.name: category for category in made}


def category_of(path: str, prefix: str = "") -> str:
    """The category of `path`; `prefix` is the folder with bin/ and lib/, `install` in full archives."""
    if prefix:
        below = path.removeprefix(f"{prefix}/")
        path = below if below != path else f"../{path}"
    name = _pattern().match(path)
    if name is None or name.lastgroup is None:
        raise AssertionError(f"no category for {path!r}: the last row of the table fits everything")
    return list(categories())[int(name.lastgroup.removeprefix("c"))]


@functools.cache
def _pattern() -> re.Pattern[str]:
    """One expression with a group per category: a distribution has thousands of names."""
    groups = (
        f"(?P<c{number}>{'|'.join(translate(pattern) for pattern in category.patterns)})"
        for number, category in enumerate(categories().values())
    )
    return re.compile("|".join(groups))
