"""What a box is asked to do: a staged folder, and the commands to run in it.

Invariant: everything that the commands may use of ours lies below `work` when the job is handed over, and every place
the job names is relative to it; so the folder can be carried elsewhere. Results are left in `work/out`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Job", "Step"]


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
