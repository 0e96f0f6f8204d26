"""A box: where the commands of a job run. Kinds of box differ in what they keep out, and in nothing that can be seen in
a result.

Invariant: a command sees the variables, programs and files of its job, and nothing else of the caller or the machine; a
job has the same result in every kind of box. The contract with the scripts is documented in docs/reference/recipes.md.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pydist.build.job import Job
from pydist.build.surroundings import Surroundings
from pydist.policy.toolchain import Toolchain

__all__ = ["Box", "BoxKind", "kind_in", "last_lines", "sign"]

_TAIL = 25
_TAIL_BYTES = 64 << 10  # a line may be as long as the whole log
_SIGNED = "box: "


class BoxKind(StrEnum):
    CONTAINER = "container"
    HOST = "host"


class Box(Protocol):
    """Runs jobs, several at a time (from several threads), with one toolchain. It knows nothing of targets."""

    @property
    def kind(self) -> BoxKind: ...

    @property
    def toolchain(self) -> Toolchain: ...

    def apart(self) -> Box:
        """The same box for jobs of sources that are not ours: they have a cache of the compiler to themselves."""

    def surroundings(self) -> Surroundings:
        """What it has of this machine, for the statement of provenance."""

    def run(self, job: Job) -> None:
        """Run all steps of `job` and leave what they made in its `work/out`. Raises `StepFailed`."""

    def stop(self) -> None:
        """End everything that runs, and let nothing new begin."""

    def close(self) -> None:
        """Give back what the box holds; nothing runs any more."""


def last_lines(log: Path) -> list[str]:
    """The end of a log, for a message."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        lines = file.read(_TAIL_BYTES).decode("utf-8", "replace").rstrip("\n").split("\n")
    return [line[:300] for line in lines[-_TAIL:]]


def sign(log: Path, kind: BoxKind) -> None:
    """Begin a log with the kind of box: the one trace that it leaves in a node."""
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{_SIGNED}{kind}\n")


def kind_in(log: Path) -> BoxKind | None:
    """The kind of box that a log is signed with."""
    with log.open(encoding="utf-8", errors="replace") as file:
        said = file.readline().strip().removeprefix(_SIGNED)
    return BoxKind(said) if said in set(BoxKind) else None
