"""A request and its verified sources -> nodes with keys. Pure: nothing is made here.

Invariant: a node's key covers everything that can change its output: its recipe's files, the archive's digest, the
toolchain, the target's variables, the box's scripts (not what kind of box it is), and the keys of the nodes it needs.
Where pydist's own code makes the output (describing and packing), the digest of that code is part of the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pydist
from pydist.build.assemble import assemble
from pydist.build.box import Box
from pydist.build.component import build_component
from pydist.build.evidence import Provenance, recipe_files
from pydist.build.pack import COMPRESSORS, pack
from pydist.build.prove import inputs
from pydist.build.request import BuildRequest
from pydist.build.schedule import PlannedNode
from pydist.build.variables import target_variables
from pydist.policy import extensions, recipes, resources
from pydist.policy.recipes import Recipe, Release
from pydist.sources import SourceArchive
from pydist.store import Key, digest_file, digest_tree

__all__ = ["ARCHIVES", "DISTRIBUTION", "Plan", "components", "plan"]

DISTRIBUTION = "distribution"
ARCHIVES = "archives"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The nodes in an order in which each comes after what it needs."""

    nodes: tuple[PlannedNode, ...]

    def key(self, name: str) -> Key:
        return next(node.key for node in self.nodes if node.name == name)


def components(request: BuildRequest) -> list[tuple[Recipe, Release]]:
    """CPython and everything it needs, dependencies first."""
    ordered: dict[str, tuple[Recipe, Release]] = {}

    def add(name: str) -> None:
        recipe = recipes.load(name)
        for need in recipe.needs:
            add(need)
        ordered.setdefault(name, (recipe, recipe.release(request.series)))

    add("cpython")
    return list(ordered.values())


def plan(request: BuildRequest, archives: Mapping[str, SourceArchive], box: Box) -> Plan:
    """The nodes for `request`."""
    parts = components(request)
    table = extensions.for_series(request.series)
    nodes: dict[str, PlannedNode] = {}
    shared = {
        "box": digest_tree(resources.builders() / "box"),
        "code": _code("build/component.py", "build/job.py", "build/box.py", "archive/extract.py"),
        "toolchain": box.toolchain.digest,
    }
    for recipe, release in parts:
        archive = archives.get(recipe.name)
        needs = _closure(recipe, nodes)
        variables = {**target_variables(request.target), "CFLAGS": "-O2"}
        if recipe.name == "cpython":
            off = " ".join(sorted(name for name, row in table.items() if row.off))
            variables = {
                **target_variables(request.target),
                "EXTENSIONS_OFF": off,
                "LDFLAGS": " ".join(request.target.ldflags),
                "EXTRA_CFLAGS": "",
            }
        key = Key.of(
            "component",
            {
                "name": recipe.name,
                "version": release.version,
                "source": archive.origin.sha256 if archive else digest_tree(recipe.folder / release.source),
                "recipe": recipe_files(recipe, release),
                "licenses": list(recipe.license_files),
                **shared,
                "variables": variables,
                "needs": {need: nodes[need].key.digest for need in needs},
            },
        )
        make = partial(build_component, recipe=recipe, release=release, archive=archive, box=box, variables=variables)
        weight = archive.origin.size if archive else 0
        nodes[recipe.name] = PlannedNode(name=recipe.name, key=key, needs=needs, make=make, weight=weight)
    provenance = Provenance(
        recipes={recipe.name: recipe for recipe, _ in parts},
        releases={recipe.name: release for recipe, release in parts},
        archives=archives,
        toolchain=box.toolchain,
        keys={name: node.key for name, node in nodes.items()},
    )
    distribution = PlannedNode(
        name=DISTRIBUTION,
        key=Key.of(
            "distribution",
            {
                "request": str(request),
                "code": _code("build", "manifest", "binary", "policy"),
                "probe": digest_file(resources.builders() / "cpython" / "probe.py"),
                "table": digest_file(resources.builders() / "cpython" / "extensions.toml"),
                "recipes": {
                    name: digest_file(recipe.folder / "recipe.toml") for name, recipe in provenance.recipes.items()
                },
                "evidence": inputs(resources.builders()),
                "needs": {name: node.key.digest for name, node in nodes.items()},
            },
        ),
        needs=tuple(nodes),
        make=lambda out, inputs: assemble(out, inputs, request, table, provenance),
    )
    packed = PlannedNode(
        name=ARCHIVES,
        key=Key.of(
            "archives",
            {"distribution": distribution.key.digest, "code": _code("build", "archive"), "libraries": COMPRESSORS},
        ),
        needs=(DISTRIBUTION,),
        make=lambda out, inputs: pack(out, inputs[DISTRIBUTION] / "python", request),
    )
    return Plan(nodes=(*nodes.values(), distribution, packed))


def _closure(recipe: Recipe, nodes: Mapping[str, PlannedNode]) -> tuple[str, ...]:
    """What a component needs, with what that needs: headers of one library include those of another."""
    names = dict.fromkeys(need for direct in recipe.needs for need in (*nodes[direct].needs, direct))
    return tuple(names)


def _code(*parts: str) -> str:
    """One digest over folders and files of pydist itself."""
    root = Path(pydist.__file__).parent
    digests = {part: digest_tree(root / part) if (root / part).is_dir() else digest_file(root / part) for part in parts}
    return Key.of("code", digests).digest
