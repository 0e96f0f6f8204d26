"""What a request is made of: CPython, the libraries it needs, and the tools of the machine that builds.

Invariant: a part comes after everything it needs, and there is one part for each component and way of building it.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pydist.build.profile import PROFILE
from pydist.build.request import BuildRequest
from pydist.errors import EnvironmentLacking, InputError
from pydist.policy import extensions, recipes, targets
from pydist.policy.options import Options
from pydist.policy.recipes import BUILD_SCRIPT, TRAINING_SCRIPT, Recipe, Release
from pydist.policy.targets import TargetRow
from pydist.target import Libc

__all__ = ["CPYTHON", "Part", "is_cross", "parts", "pinned", "releases", "training_parts", "variables"]

CPYTHON = "cpython"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One component as it is built for one target. `needs` are the nodes of the parts that are linked with it, with
    what they need in turn (headers of one library include those of another), `tools` of those that its script runs.

    `node` is the component's name; what is built for the machine that builds, where that is not the target of the
    request, has the target behind it: `cpython@x86_64-unknown-linux-musl`. `script` is a file of the recipe.
    """

    node: str
    recipe: Recipe
    release: Release
    request: BuildRequest
    needs: tuple[str, ...]
    tools: tuple[str, ...]
    script: str = BUILD_SCRIPT

    @property
    def hidden(self) -> bool:
        """Whether it is linked into a shared library that must not export what it defines."""
        return self.recipe.name != CPYTHON and not self.request.options.static


def parts(request: BuildRequest) -> list[Part]:
    """CPython and everything it needs, dependencies first."""
    ordered: dict[str, Part] = {}

    def add(name: str, wanted: BuildRequest) -> str:
        node = name if wanted == request else f"{name}@{wanted.target.target}"
        if node not in ordered:
            recipe = recipes.load(name)
            target, static = wanted.target.target, wanted.options.static
            tools = recipe.tools_for(target, static=static)
            if name == CPYTHON and is_cross(wanted):
                tools += (CPYTHON,)
            own = tuple(add(tool, _tool_request(request)) for tool in tools)
            if name == CPYTHON and wanted.options.pgo:
                own += (PROFILE,)
            direct = [add(need, wanted) for need in recipe.needs_for(target, static=static)]
            needs = tuple(dict.fromkeys(name for need in direct for name in (*ordered[need].needs, need)))
            release = wanted.release if name == CPYTHON else recipe.release(wanted.series)
            ordered[node] = Part(node=node, recipe=recipe, release=release, request=wanted, needs=needs, tools=own)
        return node

    add(CPYTHON, request)
    return list(ordered.values())


def training_parts(request: BuildRequest) -> list[Part]:
    """What the profile for `request` is made with, the training last. Raises `InputError` where there is none.

    What is counted is the same whether code is optimised while linking or not, and nearly the same for every machine
    and way of linking. So a target whose programs are not run while building has the profile of one whose are.
    """
    target = targets.find(f"{_machine().target.arch}-unknown-linux-{request.target.target.libc}")
    static = target.default.static if is_cross(request) else request.options.static
    options = replace(request.options, optimization="noopt", static=static)
    *needed, cpython = parts(replace(request, target=target, options=options))
    return [*needed, replace(cpython, node=PROFILE, script=TRAINING_SCRIPT)]


def releases(wanted: Iterable[Part]) -> list[tuple[Recipe, Release]]:
    """What has to be fetched for some parts."""
    return list({part.recipe.name: (part.recipe, part.release) for part in wanted}.values())


def pinned(wanted: Iterable[tuple[Recipe, Release]], sources: Mapping[str, str]) -> list[tuple[Recipe, Release]]:
    """With only those places of each release that hold the archive that `sources` names by its SHA-256, if any do."""
    found = []
    for recipe, release in wanted:
        same = tuple(origin for origin in release.origins if origin.sha256 == sources.get(recipe.name))
        found.append((recipe, replace(release, origins=same) if same else release))
    return found


def is_cross(request: BuildRequest) -> bool:
    """Whether programs of the target are not run while building.

    Programs linked dynamically with musl are not, though the machine could run them where musl is installed: what is
    built must not depend on that.
    """
    target = request.target.target
    return target.arch != _machine().target.arch or (target.libc is Libc.MUSL and not request.options.static)


def variables(part: Part) -> dict[str, str]:
    """What the script of a part sees beyond what all scripts see."""
    request = part.request
    common = {
        "PYDIST_CFLAGS": " ".join(request.linkage.cflags),
        # Scripts cross compile where the two differ, and dynamic musl differs from this machine in nothing else.
        "CONFIGURE_BUILD": f"{platform.machine()}-build-linux-musl" if is_cross(request) else request.target.configure,
    }
    if part.recipe.name != CPYTHON:
        return {**common, "CFLAGS": "-O2 -fvisibility=hidden" if part.hidden else "-O2"}
    table = extensions.for_build(request.series, request.target.target, request.options)
    return {
        **common,
        "EXTENSIONS_OFF": " ".join(sorted(name for name, row in table.items() if row.off)),
        "EXTENSIONS_SHARED": " ".join(sorted(name for name, row in table.items() if row.shared)),
        "LDFLAGS": " ".join(request.linkage.ldflags),
        "EXTRA_CFLAGS": "",
        "OPTIMIZATION": request.options.optimization,
        "FREETHREADED": "1" if request.options.freethreaded else "",
        "STATIC": "1" if request.options.static else "",
        "PYDIST_DEBUG_INFO": "-g" if request.options.debug else "-g0",
    }


def _tool_request(request: BuildRequest) -> BuildRequest:
    """Tools are made for a bare kernel of this machine, so that they run in every box."""
    row = _machine()
    return replace(request, target=row, options=Options.parse("noopt+static"))


def _machine() -> TargetRow:
    triple = f"{platform.machine()}-unknown-linux-musl"
    try:
        return targets.find(triple)
    except InputError as error:
        raise EnvironmentLacking(f"distributions cannot be built on this machine: {error}") from error
