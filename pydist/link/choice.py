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
from pydist.policy.table import Row, read_toml

__all__ = ["Choice", "PureBuild", "choose", "native_refusal", "pure_builds", "pure_rank"]

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
    packages: Sequence[LockedPackage], series: str, chain: Callable[[str], str] = lambda name: ""
) -> tuple[Choice, ...]:
    """One choice per package for the Python `series` (`3.14`).

    Raises `InputError` that names every package with nothing but native code, and says what brings it in when
    `chain` knows.
    """
    choices = []
    refused = []
    for package in packages:
        choice = _choose(package, series)
        if isinstance(choice, Choice):
            choices.append(choice)
        else:
            why = chain(package.name)
            refused.append(replace(choice, where=f"{choice.where} ({why})") if why else choice)
    if refused:
        raise native_refusal(refused)
    return tuple(choices)


def native_refusal(faults: Sequence[Fault]) -> InputError:
    """The error that refuses native code; each fault names a package and a file of it."""
    return InputError(
        "native code cannot be linked into a static application: it cannot be loaded without a dynamic loader; "
        "use a release of the package that has a pure-Python wheel (NAME-py3-none-any.whl), or a package that does "
        "the same in Python, or leave it out",
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


def _choose(package: LockedPackage, series: str) -> Choice | Fault:
    if package.folder is not None:
        return Choice(package=package, folder=package.folder)
    pure = [
        (rank, wheel.name, wheel) for wheel in package.wheels if (rank := pure_rank(wheel.name, series)) is not None
    ]
    if pure:
        return Choice(package=package, wheel=max(pure, key=lambda item: item[:2])[2])
    if not package.wheels and package.sdist is not None:
        return Choice(package=package, sdist=package.sdist)
    table = pure_builds()
    if package.sdist is not None and package.name in table:
        row = table[package.name]
        return Choice(package=package, sdist=package.sdist, environment=row.environment, without_native=row.reason)
    wheel = package.wheels[0].name if package.wheels else "no file"
    more = "; its source archive might build without native code: build a wheel of it and give that with --with"
    return Fault(f"{package.name} {package.version}", wheel + (more if package.sdist else ""))


def pure_rank(name: str, series: str) -> int | None:
    """How well a pure wheel fits the Python `series`, higher is better; None when it does not fit or is not pure.

    PEP 425: `py3` fits every Python 3, `py312` that one and later ones, `cp312` that one only.

    >>> [pure_rank(f"x-1-{tag}.whl", "3.14") for tag in ("py3-none-any", "py312-none-any", "cp314-none-any")]
    [0, 12, 15]
    >>> [pure_rank(f"x-1-{tag}.whl", "3.14") for tag in ("py2-none-any", "py315-none-any", "cp314-cp314-linux_x86_64")]
    [None, None, None]
    """
    parts = name.removesuffix(".whl").split("-")
    if len(parts) < 5 or "none" not in parts[-2].split(".") or "any" not in parts[-1].split("."):
        return None
    minor = int(series.split(".")[1])
    ranks = {"py3": 0, f"cp3{minor}": minor + 1} | {f"py3{older}": older for older in range(minor + 1)}
    return max((ranks[tag] for tag in parts[-3].split(".") if tag in ranks), default=None)
