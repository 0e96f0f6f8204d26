"""Which box a build runs in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydist.build.box import Box, BoxKind
from pydist.build.container_box import ContainerBox
from pydist.build.host_box import PATH, HostBox, Processes
from pydist.build.jobserver import JobServer
from pydist.errors import EnvironmentLacking
from pydist.policy import engine, needs, toolchain
from pydist.policy.toolchain import Toolchain
from pydist.progress import Reporter
from pydist.store import Store

__all__ = ["expected_kind", "opened_box"]


def expected_kind(kind: BoxKind | None) -> BoxKind:
    """The kind of box that `opened_box` will open, unless it finds that no image can be had."""
    if kind is not None:
        return kind
    return BoxKind.HOST if engine.look() is None else BoxKind.CONTAINER


@contextmanager
def opened_box(kind: BoxKind | None, store: Store, *, jobs: int, reporter: Reporter) -> Iterator[Box]:
    """A box of `kind` that works for `store`, closed at the end.

    None stands for a container where an engine answers and has, or can make, the image, and for the host elsewhere.
    Raises `EnvironmentLacking` when the machine lacks what the box needs.
    """
    compiler = toolchain.locate()
    box = _container(kind, compiler, store, jobs, reporter) or _host(compiler, store, jobs)
    try:
        yield box
    finally:
        box.close()


def _container(
    kind: BoxKind | None, compiler: Toolchain, store: Store, jobs: int, reporter: Reporter
) -> ContainerBox | None:
    if expected_kind(kind) is BoxKind.HOST:
        return None
    try:
        return ContainerBox.open(compiler, store, jobs=jobs, reporter=reporter)
    except EnvironmentLacking as error:
        if kind is BoxKind.CONTAINER:
            raise
        reporter.note(f"building on the host, not in a container: {' '.join(str(error).split())}")
        return None


def _host(compiler: Toolchain, store: Store, jobs: int) -> HostBox:
    needs.require("build", path=PATH)
    return HostBox(toolchain=compiler, cache=store.root / "toolchain" / "global", jobserver=JobServer(jobs),
                   processes=Processes())  # fmt: skip
