"""Which file of a locked package is used: decided from names and tables only, nothing is opened.

Invariant: what is chosen for a static target is pure Python or source; where there is neither, the package is refused
by name with the file that shows it and the choices that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydist.errors import EnvironmentLacking, Fault, FaultCollector, InputError
from pydist.link.lock import LockedFile, LockedPackage
from pydist.link.tags import WheelTags
from pydist.policy import defaults
from pydist.policy.table import Row, read_toml

__all__ = [
    "Choice",
    "CompilerLacking",
    "NativeBuildFailed",
    "NativeNeeded",
    "PureBuild",
    "choose",
    "native_builds",
    "pure_builds",
]

_TABLE = Path(__file__).with_name("pure.toml")
_NATIVE = Path(__file__).with_name("native_build.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class PureBuild:
    """How a package with native code is built without it: variables for its build script, and what stands in."""

    environment: Mapping[str, str]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Where one package comes from: a `wheel`, or a `sdist` or `folder` to build a wheel of with `environment`.

    `native`: of its source archive a wheel with native code is built; `instead` is how it is built without, when that
    fails. `without_native` is what stands in for native code that was left out, or "".
    """

    package: LockedPackage
    wheel: LockedFile | None = None
    sdist: LockedFile | None = None
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    without_native: str = ""
    native: bool = False
    instead: PureBuild | None = None


def choose(
    packages: Sequence[LockedPackage],
    tags: WheelTags,
    chain: Callable[[str], str] = lambda name: "",
    *,
    try_sources: bool = False,
) -> tuple[Choice, ...]:
    """One choice per package, of those that fit `tags`.

    With `try_sources`, native code is built of any source archive; otherwise of those that are known to build, and
    where there is no wheel for anybody. Raises `InputError` that names every package with nothing but native code, and
    says what brings it in when `chain` knows.
    """
    choices = []
    refused = []
    for package in packages:
        choice = _choose(package, tags, try_sources=try_sources)
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


class NativeBuildFailed(NativeNeeded):
    """Native code that was to be built of source could not be; each fault names a package and the end of its log."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        InputError.__init__(
            self,
            "native code cannot be built of the package's source; link for a target that it has wheels for "
            f"(--target {defaults.NATIVE_TARGET}), use a release of the package that has a pure-Python wheel "
            "(NAME-py3-none-any.whl), build a wheel and give it with --with, or leave the package out",
            faults,
        )


class CompilerLacking(EnvironmentLacking):
    """Native code is to be built of source, and there is no compiler; `faults` name the package."""

    def __init__(self, package: str, lacking: EnvironmentLacking) -> None:
        super().__init__(f"{package} has native code, which is built of its source: {lacking}")
        self.faults = (Fault(package, str(lacking)),)


@cache
def native_builds(path: Path = _NATIVE) -> dict[str, Mapping[str, str]]:
    """The packages whose source archive is known to build for static targets, with variables for its build script.
    Raises `InputError` with every fault."""
    faults = FaultCollector(str(path))
    table: dict[str, Mapping[str, str]] = {}
    for name, values in read_toml(path).items():
        if isinstance(values, dict) and all(isinstance(text, str) for text in values.values()):
            table[name] = values
        else:
            faults.add(name, "expected a table of strings: the variables of its build")
    faults.raise_if_any("the table of native builds is not right")
    return table


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


def _choose(package: LockedPackage, tags: WheelTags, *, try_sources: bool) -> Choice | Fault:
    if package.folder is not None:
        return Choice(package=package, folder=package.folder)
    fitting = [(rank, wheel.name, wheel) for wheel in package.wheels if (rank := tags.rank(wheel.name)) is not None]
    if fitting:
        return Choice(package=package, wheel=max(fitting, key=lambda item: item[:2])[2])
    if not package.wheels and package.sdist is not None:
        return Choice(package=package, sdist=package.sdist)
    pure, native = pure_builds().get(package.name), native_builds().get(package.name)
    if package.sdist is not None and (native is not None or (not pure and (try_sources or tags.native))):
        return Choice(package=package, sdist=package.sdist, environment=native or {}, native=True, instead=pure)
    if package.sdist is not None and pure:
        return Choice(
            package=package, sdist=package.sdist, environment=pure.environment, without_native=pure.reason
        )  # fmt: skip
    wheel = package.wheels[0].name if package.wheels else "no file"
    more = "; its source archive might build: give a target (--target), or a wheel made of it (--with)"
    return Fault(f"{package.name} {package.version}", wheel + (more if package.sdist else ""))
