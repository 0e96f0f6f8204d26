"""A box: where the commands of a job run. What is the same for every kind of box stands here.

Invariant: a command sees the variables, programs and files listed here and those of its job, and nothing else of the
caller or the machine; a job has the same result in every kind of box. The contract with the scripts is documented in
docs/reference/recipes.md.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Protocol

from pydist.build.job import Job
from pydist.policy.toolchain import Toolchain

__all__ = ["BUILD", "PROGRAMS", "UMASK", "Box", "BoxKind", "last_lines", "variables_of"]

BUILD = "/build"
"""What the folder of a job is called in results: a container really has it there, elsewhere it is written instead."""
PROGRAMS = "path"
"""The folder, in that of a job, that is `$PATH`."""
UMASK = 0o022

_TAIL = 25


class BoxKind(StrEnum):
    CONTAINER = "container"
    HOST = "host"


class Box(Protocol):
    """Runs jobs, several at a time (from several threads), with one toolchain. It knows nothing of targets."""

    @property
    def kind(self) -> BoxKind: ...

    @property
    def toolchain(self) -> Toolchain: ...

    def run(self, job: Job) -> None:
        """Run all steps of `job` and leave what they made in its `work/out`. Raises `StepFailed`."""

    def stop(self) -> None:
        """End everything that runs, and let nothing new begin."""

    def close(self) -> None:
        """Give back what the box holds; nothing runs any more."""


def variables_of(job: Job, *, work: PurePath, compiler: PurePath, cache: PurePath) -> dict[str, str]:
    """All variables but the box's own: `work` is where the box has the job's folder, `compiler` the executable of the
    toolchain, `cache` a folder that the compiler keeps for all jobs."""
    return {
        "PATH": str(work / PROGRAMS),
        "HOME": str(work),
        "TMPDIR": str(work / "tmp"),
        "PYDIST_WORK": str(work),
        "PYDIST_ZIG": str(compiler),
        "PYDIST_ZIG_LIB": str(compiler.parent / "lib"),
        "ZIG_GLOBAL_CACHE_DIR": str(cache),
        "ZIG_LOCAL_CACHE_DIR": str(work / "zig"),
        **job.variables,
        **{name: str(work / path) for name, path in job.paths.items()},
    }


def last_lines(log: Path) -> list[str]:
    """The end of a log, for a message."""
    with log.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n")[:300] for line in deque(file, maxlen=_TAIL)]
