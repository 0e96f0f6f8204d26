"""A request and its verified sources -> nodes with keys. Pure: nothing is made here.

Invariant: a node's key covers everything that can change its output: its recipe's files, the archive's digest, the
toolchain, the target's variables, the box's scripts (not what kind of box it is), and the keys of the nodes it needs.
Where pydist's own code makes the output (describing and packing), the digest of that code is part of the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import pydist
from pydist.build.assemble import assemble
from pydist.build.box import Box
from pydist.build.component import build_component
from pydist.build.evidence import Provenance
from pydist.build.pack import COMPRESSORS, pack
from pydist.build.parts import CPYTHON, Part, parts, releases, training_parts
from pydist.build.parts import variables as variables_of_part
from pydist.build.profile import PROFILE, given, train
from pydist.build.prove import inputs
from pydist.build.request import BuildRequest
from pydist.build.schedule import PlannedNode
from pydist.build.tools import tools_digest
from pydist.build.trees import Tree, recipe_files, trees
from pydist.build.variables import target_variables
from pydist.errors import InputError
from pydist.policy import extensions, resources
from pydist.policy.recipes import TRAINING_SCRIPT
from pydist.sources import SourceArchive
from pydist.store import Key, digest_file, digest_tree

__all__ = ["ARCHIVES", "DISTRIBUTION", "PACKING", "Plan", "plan", "training"]

DISTRIBUTION = "distribution"
ARCHIVES = "archives"

# All that reads archives and objects, though not every line of it matters: too many keys change rather than too few.
_CODE = ("build/component.py", "build/job.py", "archive", "binary")
_TRAINING_CODE = ("build/profile.py",)
PACKING = ("archive", "binary", "build", "manifest", "policy", "repack", "errors.py", "progress.py", "target.py")
"""Folders and files of the code that writes archives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The nodes in an order in which each comes after what it needs."""

    nodes: tuple[PlannedNode, ...]

    def key(self, name: str) -> Key:
        return next(node.key for node in self.nodes if node.name == name)


def training(request: BuildRequest, archives: Mapping[str, SourceArchive], box: Box) -> Plan:
    """The nodes that make the profile for `request`; the last one, `profile`, holds it."""
    nodes: dict[str, PlannedNode] = {}
    wanted, scripts = training_parts(request), tools_digest()
    sources: dict[str, SourceArchive | Tree] = {**archives, **trees(releases(wanted))}
    for part in wanted:
        nodes[part.node] = _component(part, nodes, sources[part.recipe.name], box, scripts)
    return Plan(nodes=tuple(nodes.values()))


def plan(request: BuildRequest, archives: Mapping[str, SourceArchive], box: Box, profile: Path | None = None) -> Plan:
    """The nodes for `request`, which needs a `profile` if and only if it is to be optimised by one."""
    if (profile is not None) != request.options.pgo:
        wants = "by a profile; name one" if request.options.pgo else "without a profile, and one is named"
        raise InputError(f"the options {request.options} optimise {wants}")
    wanted = parts(request)
    nodes: dict[str, PlannedNode] = {PROFILE: given(profile)} if profile else {}
    scripts, folders = tools_digest(), trees(releases(wanted))
    sources: dict[str, SourceArchive | Tree] = {**archives, **folders}
    for part in wanted:
        nodes[part.node] = _component(part, nodes, sources[part.recipe.name], box, scripts)
    # Tools leave nothing in the distribution.
    own = {part.node: part for part in wanted if part.request == request}
    table = extensions.for_build(request.series, request.target.target, request.options)
    provenance = Provenance(
        recipes={name: part.recipe for name, part in own.items()},
        releases={name: part.release for name, part in own.items()},
        archives=archives,
        trees={name: tree.digest for name, tree in folders.items()},
        toolchain=box.toolchain,
        keys={name: node.key for name, node in nodes.items()},
    )
    distribution = PlannedNode(
        name=DISTRIBUTION,
        key=Key.of(
            "distribution",
            {
                "request": str(request),
                "code": _code("build", "manifest", "binary", "policy", "archive", "target.py"),
                "probe": digest_file(resources.builders() / "cpython" / "probe.py"),
                "table": digest_file(resources.builders() / "cpython" / "extensions.toml"),
                "recipes": {
                    name: digest_file(recipe.folder / "recipe.toml") for name, recipe in provenance.recipes.items()
                },
                "evidence": inputs(resources.builders()),
                "needs": {name: node.key.digest for name, node in nodes.items()},
            },
        ),
        needs=tuple(own),
        make=partial(
            assemble,
            request=request,
            table=table,
            provenance=provenance,
            box=box.apart() if request.release.source else box,
        ),
    )
    packed = PlannedNode(
        name=ARCHIVES,
        key=Key.of(
            "archives",
            {"distribution": distribution.key.digest, "code": _code(*PACKING), "libraries": COMPRESSORS},
        ),
        needs=(DISTRIBUTION,),
        make=lambda out, inputs: pack(out, inputs[DISTRIBUTION] / "python", request),
    )
    return Plan(nodes=(*nodes.values(), distribution, packed))


def _component(part: Part, nodes: Mapping[str, PlannedNode], source: SourceArchive | Tree, box: Box,
               scripts: str) -> PlannedNode:  # fmt: skip
    """The node of one part; `scripts` is the digest of the box's scripts, the same for all parts."""
    recipe, release = part.recipe, part.release
    files = recipe_files(recipe, release, part.script)
    variables = {**target_variables(part.request.target), **variables_of_part(part)}
    key = Key.of(
        "component",
        {
            "name": recipe.name,
            "version": release.version,
            "source": source.digest if isinstance(source, Tree) else source.origin.sha256,
            "recipe": files,
            "script": part.script,
            "licenses": list(recipe.license_files),
            "box": scripts,
            "code": _code(*_CODE, *_TRAINING_CODE * (part.script == TRAINING_SCRIPT)),
            "toolchain": box.toolchain.digest,
            "variables": variables,
            # By component: a tool is the same thing when it is asked for as a distribution.
            "needs": {need.partition("@")[0]: nodes[need].key.digest for need in part.needs},
            "tools": {tool.partition("@")[0]: nodes[tool].key.digest for tool in part.tools},
        },
    )
    make = partial(train if part.script == TRAINING_SCRIPT else build_component, recipe=recipe, release=release,
                   files=files, source=source, box=box.apart() if _is_private(part) else box, variables=variables,
                   tools=part.tools, script=part.script, hidden=part.hidden)  # fmt: skip
    return PlannedNode(name=part.node, key=key, needs=(*part.needs, *part.tools), make=make,
                       weight=0 if isinstance(source, Tree) else source.origin.size)  # fmt: skip


def _is_private(part: Part) -> bool:
    """Whether code of somebody's own tree runs when `part` is made."""
    run = (part.recipe.name, *(tool.partition("@")[0] for tool in part.tools))
    return bool(part.request.release.source) and CPYTHON in run


@cache
def _code(*parts: str) -> str:
    """One digest over folders and files of pydist itself."""
    root = Path(pydist.__file__).parent
    digests = {part: digest_tree(root / part) if (root / part).is_dir() else digest_file(root / part) for part in parts}
    return Key.of("code", digests).digest
