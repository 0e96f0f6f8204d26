"""Some components alone, without the distribution they are for: for tests and for work on a recipe."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from pydist.build.box import BoxKind
from pydist.build.boxes import opened_box
from pydist.build.parts import parts, releases
from pydist.build.plan import plan
from pydist.build.request import BuildRequest
from pydist.build.schedule import PlannedNode, run
from pydist.errors import InputError
from pydist.progress import Reporter, Silent
from pydist.sources import fetch_all
from pydist.store import Store

__all__ = ["build_components"]


def build_components(
    names: Collection[str],
    request: BuildRequest,
    *,
    box: BoxKind | None = None,
    jobs: int = 0,
    downloads: Path | None = None,
    store: Store | None = None,
    reporter: Reporter | None = None,
) -> dict[str, Path]:
    """The folders in the store of the nodes `names` of `request` and of all that they need, by name.

    The other arguments and the errors are those of `build`; a name that the plan does not have is an `InputError`.
    """
    store, reporter, jobs = store or Store.default(), reporter or Silent(), jobs or os.cpu_count() or 1
    archives = fetch_all(releases(parts(request)), store, folder=downloads, reporter=reporter)
    with opened_box(box, store, jobs=jobs, reporter=reporter) as opened:
        nodes = {node.name: node for node in plan(request, archives, opened).nodes}
        if unknown := sorted(set(names) - nodes.keys()):
            raise InputError(f"{request} has no component {', '.join(unknown)}; it has {', '.join(sorted(nodes))}")
        return run(_with_needs(names, nodes), store, jobs=jobs, reporter=reporter, stop=opened.stop)


def _with_needs(names: Collection[str], nodes: dict[str, PlannedNode]) -> list[PlannedNode]:
    wanted: dict[str, PlannedNode] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted[name] = nodes[name]
            waiting += nodes[name].needs
    return list(wanted.values())
