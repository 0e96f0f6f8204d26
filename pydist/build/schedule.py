"""Runs the nodes of a plan: as many at once as there are jobs, each as soon as what it needs is there.

Invariant: a node is published whole or not at all; after a failure nothing new starts, what runs is ended, and the
first failure is what the caller sees.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from pydist.progress import Reporter
from pydist.store import Key, Store

__all__ = ["PlannedNode", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNode:
    """One step. `make(out, inputs)` fills `out`, given the folders of the nodes in `needs` by name.

    `weight` orders nodes that are ready together: heavy ones first, since they end last.
    """

    name: str
    key: Key
    needs: tuple[str, ...]
    make: Callable[[Path, dict[str, Path]], None]
    weight: int = 0


def run(
    nodes: Sequence[PlannedNode], store: Store, *, jobs: int, reporter: Reporter, stop: Callable[[], None]
) -> dict[str, Path]:
    """The folders of all nodes, by name. `stop` ends what nodes have running; it is called when one of them failed."""
    done: dict[str, Path] = {}
    waiting = {node.name: node for node in sorted(nodes, key=lambda node: -node.weight)}
    running: dict[Future[Path], PlannedNode] = {}
    halted = threading.Event()

    def make(node: PlannedNode, inputs: dict[str, Path]) -> Path:
        if found := store.find(node.key):
            reporter.finish(node.name, cached=True)
            return found
        reporter.step(node.name)
        try:
            path = store.produce(node.key, node.name, lambda out: node.make(out, inputs))
        except BaseException:
            reporter.finish(node.name, "stopped" if halted.is_set() else "FAILED")
            raise
        reporter.finish(node.name)
        return path

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        try:
            while waiting or running:
                ready = [node for node in waiting.values() if all(need in done for need in node.needs)]
                for node in ready[: jobs - len(running)]:
                    del waiting[node.name]
                    running[pool.submit(make, node, {need: done[need] for need in node.needs})] = node
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    done[running.pop(future).name] = future.result()
        except BaseException:
            halted.set()
            stop()
            raise
    return done
