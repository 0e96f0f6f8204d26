"""What packages need to be told at linking that they do not say themselves: the table `recipes.toml`, and the rows of
an application's own settings.

Invariant: a recipe counts only where its package is in the application; rows of the application come on top of ours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydist.errors import FaultCollector
from pydist.link.names import normalise
from pydist.policy.table import read_toml

__all__ = ["Recipe", "for_packages", "further_requirements", "known_recipes", "parse_recipes"]

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_TABLE = Path(__file__).with_name("recipes.toml")
_LISTS = ("with", "imports")
_TEXTS = ("seen", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One row: `with_` are further requirements, `imports` modules that the package imports and may lack."""

    package: str
    with_: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    seen: str = ""
    reason: str = ""


def parse_recipes(tables: object, faults: FaultCollector) -> tuple[Recipe, ...]:
    """The rows of a table of tables (package -> keys); what is wrong goes to `faults`."""
    if not isinstance(tables, dict):
        faults.add("", "expected a table of tables, one for each package")
        return ()
    made = []
    for name, table in tables.items():
        with faults.at(str(name)):
            made.append(_parse(str(name), table, faults))
    return tuple(made)


def _parse(name: str, table: object, faults: FaultCollector) -> Recipe:
    texts: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for key, value in table.items() if isinstance(table, dict) else [("", table)]:
        if key in _LISTS and isinstance(value, list) and all(isinstance(item, str) for item in value):
            lists[key] = tuple(value)
            if key == "with":
                _check_requirements(value, faults)
        elif key in _TEXTS and isinstance(value, str):
            texts[key] = value
        elif key in (*_LISTS, *_TEXTS):
            faults.add(key, f"expected {'a list of strings' if key in _LISTS else 'a string'}, found {value!r}")
        else:
            faults.add(key, f"expected the keys {', '.join((*_LISTS, *_TEXTS))}")
    return Recipe(package=normalise(name), with_=lists.get("with", ()), imports=lists.get("imports", ()), **texts)


def _check_requirements(texts: Iterable[str], faults: FaultCollector) -> None:
    from packaging.requirements import InvalidRequirement, Requirement

    for text in texts:
        try:
            Requirement(text)
        except InvalidRequirement as error:
            faults.add("with", f"{text!r} is not a requirement: {str(error).splitlines()[0]}")


@cache
def known_recipes(path: Path = _TABLE) -> tuple[Recipe, ...]:
    """The table that comes with pydist. Raises `InputError` with every fault."""
    faults = FaultCollector(str(path))
    recipes = parse_recipes(read_toml(path), faults)
    for recipe in recipes:
        if not recipe.seen or not recipe.reason:
            faults.add(recipe.package, "expected seen and reason, both with a text")
    faults.raise_if_any("the table of recipes is not right")
    return recipes


def for_packages(packages: Collection[str], own: Iterable[Recipe]) -> tuple[Recipe, ...]:
    """The recipes of `packages` (normalised names): ours, then those of the application's settings."""
    return tuple(recipe for recipe in (*known_recipes(), *own) if recipe.package in packages)


def further_requirements(packages: Mapping[str, str], own: Iterable[Recipe]) -> tuple[str, ...]:
    """What recipes of `packages` (normalised name -> version, or "" where that is not known) ask for and is not among
    them."""
    from packaging.requirements import Requirement

    wanted = dict.fromkeys(text for recipe in for_packages(packages, own) for text in recipe.with_)
    return tuple(text for text in wanted if not _is_there(Requirement(text), packages))


def _is_there(requirement: Requirement, packages: Mapping[str, str]) -> bool:
    version = packages.get(normalise(requirement.name))
    return version is not None and (not version or requirement.specifier.contains(version, prereleases=True))
