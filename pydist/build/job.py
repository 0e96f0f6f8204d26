"""What a box is asked to do: a staged folder, and the commands to run in it.

Invariant: everything that the commands may use of ours lies below `work` when the job is handed over, and every place
the job names is relative to it; so the folder can be carried elsewhere. Results are left in `work/out`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

__all__ = ["BUILD", "PROGRAMS", "UMASK", "Job", "Step", "variables_of"]

BUILD = "/build"
"""What the folder of a job is called in results: a container really has it there, elsewhere it is written instead."""
PROGRAMS = "path"
"""The folder, in that of a job, that is `$PATH`."""
UMASK = 0o022


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command. `name` is for messages, `folder`, relative to the job's `work`, is where it runs."""

    name: str
    command: tuple[str, ...]
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Commands that run one after the other, until one fails.

    `variables` are set as they are; `paths` are variables whose values are paths relative to `work`, which the box
    makes absolute for wherever it runs the job. All that the commands say goes to `log`, a file of the builder.
    """

    work: Path
    steps: tuple[Step, ...]
    variables: Mapping[str, str]
    paths: Mapping[str, str]
    log: Path


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
