"""What is to be linked: a project folder, a script, a wheel or a requirement, read into one `AppSpec`.

Invariant: an `AppSpec` is complete and free of contradictions; it names files, and no later step asks the user again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydist.errors import InputError
from pydist.link.names import normalise
from pydist.link.project import is_application
from pydist.link.settings import Settings, parse_toml, script_block

__all__ = ["AppKind", "AppSpec", "Request", "normalise", "read_app"]

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


_VERSION = re.compile(r"\d+\.\d+(?:\.\d+\w*)?")
_URL = re.compile(r"\s*[a-z][a-z+]+:")
_FILE_ENDINGS = (".py", ".pyw", ".pyz", ".whl", ".toml", ".tar.gz", ".zip", ".egg", ".cfg", ".txt")


class AppKind(StrEnum):
    PROJECT = "project"
    SCRIPT = "script"
    WHEEL = "wheel"
    REQUIREMENT = "requirement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the caller asks for. None and empty mean: as the application says, else the default."""

    app: str
    output: Path | None = None
    distribution: str | None = None
    python: str | None = None
    target: str | None = None
    scripts: tuple[str, ...] = ()
    module: str | None = None
    with_: tuple[str, ...] = ()
    allow_missing: tuple[str, ...] = ()
    bring: tuple[str, ...] = ()
    locked: bool = False
    strict_memory: bool = False
    fast_exit: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sources: bool | None = None
    optimize: int | None = None
    rehearse: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSpec:
    """One application. `package` is the normalised name of the package whose scripts may be the entry, "" for a
    script; `requirements` are in the resolver's syntax; `requires_python` is a version specifier or "". `scripts` are
    the names that a project lists, empty where that is not known before it is built."""

    kind: AppKind
    name: str
    path: Path | None
    package: str
    requirements: tuple[str, ...]
    requires_python: str
    settings: Settings
    scripts: tuple[str, ...] = ()

    @property
    def from_registry(self) -> bool:
        """Whether the application itself was looked up on the package registry, for its name alone."""
        return self.kind is AppKind.REQUIREMENT and "@" not in self.requirements[0].partition(";")[0]

    @property
    def folder(self) -> Path | None:
        """The project's folder."""
        return self.path if self.kind is AppKind.PROJECT else None


def read_app(request: Request) -> AppSpec:
    """Find out what `request.app` is and read it. Raises `InputError` when it is nothing that can be linked."""
    if request.scripts and request.module:
        raise InputError("--script and -m exclude each other: the application starts at one of them")
    path = Path(request.app)
    if request.app and path.is_dir():
        app = _project(path)
    elif path.suffix == ".whl" and path.is_file():
        app = _wheel(path)
    elif path.is_file() and is_application(path):
        # What `pydist link NAME` wrote under that name the last time.
        if request.app != path.name:
            raise InputError(f"{request.app} is an application that was linked already; see `pydist inspect`")
        app = _requirement(request.app)
    elif path.is_file():
        app = _script(path)
    elif request.app and (path.exists() or path.is_symlink()):
        raise InputError(f"{request.app} is neither a plain file nor a folder, or a link that leads nowhere")
    else:
        app = _requirement(request.app)
    return _with_request(app, request)


def _project(folder: Path) -> AppSpec:
    file = folder / "pyproject.toml"
    if not file.is_file():
        raise InputError(
            f"{folder} is not a project: expected {file}; "
            "give a script, a wheel, a requirement, or a folder that has one"
        )
    table = parse_toml(_text(file), str(file))
    settings = Settings.parse(table, str(file))
    project = table.get("project")
    name = project.get("name") if isinstance(project, dict) else None
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(f"{file}: project.name: expected the project's name, found {name!r}")
    return AppSpec(
        kind=AppKind.PROJECT, name=name, path=folder.resolve(), package=normalise(name),
        requirements=(str(folder.resolve()),), requires_python=_requires_python(project, file), settings=settings,
        scripts=_scripts(project),
    )  # fmt: skip


def _scripts(project: object) -> tuple[str, ...]:
    """What is wrong with it says who builds the project."""
    table = project.get("scripts") if isinstance(project, dict) else None
    return tuple(table) if isinstance(table, dict) else ()


def _requires_python(project: object, file: Path) -> str:
    value = project.get("requires-python", "") if isinstance(project, dict) else ""
    if not isinstance(value, str):
        raise InputError(f"{file}: project.requires-python: expected a string, found {value!r}")
    return value


def _script(path: Path) -> AppSpec:
    table = script_block(_text(path), str(path))
    settings = Settings.parse(table, f"{path}: script block")
    if settings.scripts:
        raise InputError(f"{path}: tool.pydist.script: a script is its own entry; remove the setting")
    return AppSpec(
        kind=AppKind.SCRIPT, name=path.stem, path=path.resolve(), package="",
        requirements=_texts(table, "dependencies", path), requires_python=_one_text(table, "requires-python", path),
        settings=settings,
    )  # fmt: skip


def _wheel(path: Path) -> AppSpec:
    name = path.name.split("-")[0]
    if path.name.count("-") not in (4, 5) or not _NAME.fullmatch(name):
        raise InputError(f"{path}: expected a wheel's file name (NAME-VERSION-TAGS.whl)")
    package = normalise(name)
    return AppSpec(
        kind=AppKind.WHEEL, name=package, path=path.resolve(), package=package,
        requirements=(f"{package} @ {path.resolve().as_uri()}",), requires_python="", settings=Settings(),
    )  # fmt: skip


def _requirement(text: str) -> AppSpec:
    match = _NAME.match(text)
    # What is meant as a path must not be looked up on the registry, where anybody may have taken the name.
    before_url, at, url = text.partition(";")[0].partition("@")
    looks_like_a_path = any(mark in before_url for mark in "/\\") or text.endswith(_FILE_ENDINGS)
    if not match or looks_like_a_path or (at and not _URL.match(url)):
        raise InputError(
            f"{text!r}: no such file or folder, and not a requirement; expected a project folder, a script, a wheel, "
            "or a package of the registry like httpie or httpie==3.2.4"
        )
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise InputError(f"{text!r} is neither a file nor a requirement: {str(error).splitlines()[0]}") from None
    package = normalise(requirement.name)
    return AppSpec(
        kind=AppKind.REQUIREMENT, name=package, path=None, package=package,
        requirements=(str(requirement),), requires_python="", settings=Settings(),
    )  # fmt: skip


def _with_request(app: AppSpec, request: Request) -> AppSpec:
    """The flags laid over the application's own settings."""
    if app.kind is AppKind.SCRIPT and request.scripts:
        raise InputError(f"--script {request.scripts[0]}: {request.app} is a script itself and has no others")
    own = app.settings
    python = request.python or own.python
    if python is not None and not _VERSION.fullmatch(python):
        raise InputError(f"--python {python}: expected a version like 3.14 or 3.14.7")
    entry_given = bool(request.scripts or request.module)
    settings = Settings(
        python=python,
        target=request.target or own.target,
        scripts=request.scripts if entry_given else own.scripts,
        module=request.module if entry_given else own.module,
        distribution=request.distribution or own.distribution,
        with_=own.with_ + tuple(map(_from_here, request.with_)),
        include=own.include + request.include,
        exclude=own.exclude + request.exclude,
        sources=own.sources if request.sources is None else request.sources,
        optimize=own.optimize if request.optimize is None else request.optimize,
        allow_missing=own.allow_missing + request.allow_missing,
        bring=own.bring + request.bring,
        rehearse=own.rehearse if request.rehearse is None else request.rehearse,
        recipes=own.recipes,
        locked=own.locked or request.locked,
        strict_memory=own.strict_memory or request.strict_memory,
        fast_exit=own.fast_exit or request.fast_exit,
    )
    return AppSpec(
        kind=app.kind, name=app.name, path=app.path, package=app.package,
        requirements=app.requirements + settings.with_, requires_python=app.requires_python, settings=settings,
        scripts=app.scripts,
    )  # fmt: skip


def _from_here(requirement: str) -> str:
    """A requirement of the command line: a path in it counts from here, one in the settings from the project."""
    is_path = "/" in requirement.partition("@")[0] or requirement.endswith(".whl")
    return str(Path(requirement).resolve()) if is_path and Path(requirement).exists() else requirement


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


def _texts(table: dict[str, Any], key: str, path: Path) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{path}: script block: {key}: expected a list of strings, found {value!r}")
    return tuple(value)


def _one_text(table: dict[str, Any], key: str, path: Path) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise InputError(f"{path}: script block: {key}: expected a string, found {value!r}")
    return value
