"""Which box a build runs in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydist.build.box import Box, BoxKind
from pydist.build.host_box import PATH, HostBox, Processes
from pydist.build.jobserver import JobServer
from pydist.policy import needs, toolchain
from pydist.progress import Reporter
from pydist.store import Store

__all__ = ["opened_box"]


@contextmanager
def opened_box(kind: BoxKind | None, store: Store, *, jobs: int, reporter: Reporter) -> Iterator[Box]:
    """A box of `kind` (None: the best there is) that works for `store`, closed at the end.

    Raises `EnvironmentLacking` when the machine lacks what the box needs.
    """
    compiler = toolchain.locate()
    needs.require("build", path=PATH)
    box = HostBox(toolchain=compiler, cache=store.root / "toolchain" / "global", jobserver=JobServer(jobs),
                  processes=Processes())  # fmt: skip
    try:
        yield box
    finally:
        box.close()
