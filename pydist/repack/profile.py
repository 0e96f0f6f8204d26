"""What repacking makes: the rows of `profiles.toml`, with types."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from pydist.errors import InputError
from pydist.policy.categories import categories
from pydist.policy.names import Flavour

__all__ = ["DROPPABLE", "Form", "Profile", "profile_named", "profiles"]

DROPPABLE = ("tests", "bytecode", "packages", "ensurepip", "idlelib", "tkinter", "static libraries", "headers",
             "libpython", "documentation")  # fmt: skip
"""Categories without which a distribution is still one. Licences are never left out."""


class Form(StrEnum):
    """How a distribution is laid out below `python/`."""

    FULL = "full"
    INSTALLED = "installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One row of the table."""

    name: str
    meaning: str
    form: Form
    flavour: Flavour
    suffix: str
    drop: tuple[str, ...] = ()
    unneeded: tuple[str, ...] = ()
    strip: bool = False


@functools.cache
def profiles() -> Mapping[str, Profile]:
    """All profiles by name."""
    rows = tomllib.loads(Path(__file__).with_name("profiles.toml").read_text(encoding="utf-8"))["profile"]
    made = (
        Profile(
            name=row["name"], meaning=row["meaning"], form=Form(row["form"]), flavour=Flavour(row["flavour"]),
            suffix=row["suffix"], drop=tuple(row.get("drop", ())), unneeded=tuple(row.get("unneeded", ())),
            strip=row.get("strip", False),
        )
        for row in rows
    )  # fmt: skip
    return {profile.name: profile for profile in made}


def profile_named(name: str, drop: tuple[str, ...] = ()) -> Profile:
    """The profile `name` that leaves out the categories `drop` too. Raises `InputError` for what is not known."""
    found = profiles().get(name)
    if found is None:
        raise InputError(f"profile {name!r} is not known; expected one of {', '.join(profiles())}")
    for category in drop:
        if category not in DROPPABLE:
            why = "cannot be left out" if category in categories() else "is not known"
            raise InputError(f"category {category!r} {why}; expected one of {', '.join(DROPPABLE)}")
    wanted = {*found.drop, *drop}
    return replace(found, drop=tuple(category for category in categories() if category in wanted))
