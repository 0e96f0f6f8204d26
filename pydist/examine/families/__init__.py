"""The functions behind the rows of `checks.toml` that have no probe, by id; `wheel.*` share one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from pydist.examine.checks import Check
from pydist.examine.families import compiling, configuring, installing, offering, starting, userland
from pydist.examine.families.environments import venv_uv
from pydist.examine.subject import Distribution
from pydist.trial import environments, places
from pydist.trial.outcome import Outcome

__all__ = ["FUNCTIONS", "Function", "function_of"]

Function = Callable[[Distribution], Outcome]

FUNCTIONS: Mapping[str, Function] = {
    "start.version": starting.version,
    "start.ways": starting.ways,
    "start.argv0": starting.argv0,
    "start.programs": starting.programs,
    "start.unload": starting.unload,
    "place.moved": places.moved,
    "place.names": places.names,
    "place.symlink-file": places.symlink_file,
    "place.symlink-folder": places.symlink_folder,
    "place.read-only": places.read_only,
    "place.alone": starting.alone,
    "environment.venv-symlinks": environments.venv_symlinks,
    "environment.venv-copies": environments.venv_copies,
    "environment.pip": environments.venv_pip,
    "environment.uv": venv_uv,
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
    if check.family == "wheel":
        return functools.partial(installing.wheel, check.id.partition(".")[2])
    return FUNCTIONS[check.id]
