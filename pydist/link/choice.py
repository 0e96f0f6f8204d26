"""Which file of a locked package is used: decided from names and tables only, nothing is opened.

Invariant: what is chosen for a static target can be pure Python; where nothing can, the package is refused by name
with the file that shows it and the choices that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydist.errors import Fault, FaultCollector, InputError
from pydist.link.lock import LockedFile, LockedPackage
from pydist.link.tags import WheelTags
from pydist.policy import defaults
from pydist.policy.table import Row, read_toml

__all__ = ["Choice", "NativeNeeded", "PureBuild", "choose", "pure_builds"]

_TABLE = Path(__file__).with_name("pure.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class PureBuild:
    """How a package with native code is built without it: variables for its build script, and what stands in."""

    environment: Mapping[str, str]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Where one package comes from: a `wheel`, or a `sdist` or `folder` to build a wheel of with `environment`.

    `without_native` is what stands in for native code that was left out, or "".
    """

    package: LockedPackage
    wheel: LockedFile | None = None
    sdist: LockedFile | None = None
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    without_native: str = ""


def choose(
    packages: Sequence[LockedPackage], tags: WheelTags, chain: Callable[[str], str] = lambda name: ""
) -> tuple[Choice, ...]:
    """One choice per package, of those that fit `tags`.

    Raises `InputError` that names every package with nothing but native code, and says what brings it in when
    `chain` knows.
    """
    choices = []
    refused = []
    for package in packages:
        choice = _choose(package, tags)
        if isinstance(choice, Choice):
            choices.append(choice)
        else:
            why = chain(package.name)
            refused.append(replace(choice, where=f"{choice.where} ({why})") if why else choice)
    if refused:
        raise NativeNeeded(refused)
    return tuple(choices)


class NativeNeeded(InputError):
    """Native code for an application that is static; each fault names a package and a file of it. `instead` says why
    it is not linked for glibc, when that was tried."""

    def __init__(self, faults: Sequence[Fault], instead: str = "") -> None:
        glibc = instead or f"link for a target with glibc (--target {defaults.NATIVE_TARGET})"
        super().__init__(
            "native code cannot be linked into a static application: it cannot be loaded without a dynamic loader; "
            f"{glibc}; or use a release of the package that has a pure-Python wheel (NAME-py3-none-any.whl), or leave "
            "it out",
            faults,
        )


@cache
def pure_builds(path: Path = _TABLE) -> dict[str, PureBuild]:
    """The table of packages that build without their native code. Raises `InputError` with every fault."""
    faults = FaultCollector(str(path))
    table = {}
    for name, values in read_toml(path).items():
        with faults.at(name):
            environment: Any = values.pop("environment", None) if isinstance(values, dict) else None
            row = Row(values if isinstance(values, dict) else {}, faults)
            if not isinstance(environment, dict) or not all(isinstance(text, str) for text in environment.values()):
                faults.add("environment", "expected a table of strings")
                environment = {}
            table[name] = PureBuild(environment=environment, reason=row.text("reason"))
            row.done()
    faults.raise_if_any("the table of pure builds is not right")
    return table


def _choose(package: LockedPackage, tags: WheelTags) -> Choice | Fault:
    if package.folder is not None:
        return Choice(package=package, folder=package.folder)
    fitting = [(rank, wheel.name, wheel) for wheel in package.wheels if (rank := tags.rank(wheel.name)) is not None]
    if fitting:
        return Choice(package=package, wheel=max(fitting, key=lambda item: item[:2])[2])
    if not package.wheels and package.sdist is not None:
        return Choice(package=package, sdist=package.sdist)
    table = pure_builds()
    if package.sdist is not None and package.name in table:
        row = table[package.name]
        return Choice(package=package, sdist=package.sdist, environment=row.environment, without_native=row.reason)
    wheel = package.wheels[0].name if package.wheels else "no file"
    more = "; its source archive might build without native code: build a wheel of it and give that with --with"
    return Fault(f"{package.name} {package.version}", wheel + (more if package.sdist else ""))
