"""The functions behind the rows of `checks.toml` that have no probe, by id; `wheel.*` share one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydist.examine.checks import Check
from pydist.examine.families import (
    compiling,
    configuring,
    environments,
    installing,
    offering,
    places,
    starting,
    userland,
)
from pydist.examine.outcome import Outcome
from pydist.examine.subject import Subject

__all__ = ["FUNCTIONS", "Function", "function_of"]

Function = Callable[[Check, Subject], Outcome]

FUNCTIONS: Mapping[str, Function] = {
    "start.version": starting.version,
    "start.ways": starting.ways,
    "start.argv0": starting.argv0,
    "start.programs": starting.programs,
    "place.moved": places.moved,
    "place.names": places.names,
    "place.symlink-file": places.symlink_file,
    "place.symlink-folder": places.symlink_folder,
    "place.read-only": places.read_only,
    "place.alone": places.alone,
    "environment.venv-symlinks": environments.venv_symlinks,
    "environment.venv-copies": environments.venv_copies,
    "environment.pip": environments.venv_pip,
    "environment.uv": environments.venv_uv,
    "configuration.programs": configuring.programs,
    "compile.extension": compiling.extension,
    "compile.embed-static": compiling.embed_static,
    "compile.embed-shared": compiling.embed_shared,
    "compile.relink": compiling.relink,
    "feature.native": offering.native,
    "userland.oldest": userland.oldest,
}


def function_of(check: Check) -> Function:
    """What makes `check`, which has no probe."""
    return installing.wheel if check.family == "wheel" else FUNCTIONS[check.id]
