"""Profiles: what a training counted, made into the file that the compiler is given, and files that somebody gives.

Invariant: everything that is built by a profile has a key that follows from the profile's content, whoever made it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from pydist.binary.profile import check_profile, combined, read_counts, write_profile
from pydist.build.box import Box
from pydist.build.component import build_component
from pydist.build.schedule import PlannedNode
from pydist.build.trees import Tree
from pydist.errors import InputError
from pydist.policy.recipes import Recipe, Release
from pydist.sources import SourceArchive
from pydist.store import Key

__all__ = ["PROFILE", "PROFILE_FILE", "given", "train"]

PROFILE = "profile"
"""The node with a profile, and the name by which CPython's script finds it among its tools."""
_INSTRUCTION = ";_TAIL_CALL_"
"""In the names of the functions of the tail-call interpreter, one for each instruction. Each ends by calling the next
through a table. The compiler would take the likeliest of them into the function, and its likeliest successors: every
instruction would make room on the stack and compare numbers before it jumps. ceval.o is 327 instead of 540 KB."""
PROFILE_FILE = "python.profdata"


def train(
    out: Path,
    inputs: Mapping[str, Path],
    *,
    recipe: Recipe,
    release: Release,
    files: Mapping[str, str],
    source: SourceArchive | Tree,
    box: Box,
    variables: Mapping[str, str],
    tools: tuple[str, ...],
    script: str,
    hidden: bool,
) -> None:
    """Run a training as `build_component` runs other scripts; `out` gets the profile and `training.json`.

    Raises `InputError` when nothing was counted.
    """
    build_component(out, inputs, recipe=recipe, release=release, files=files, source=source, box=box,
                    variables=variables, tools=tools, script=script, hidden=hidden)  # fmt: skip
    counts = sorted((out / "counts").glob("*.counts"))
    functions = combined(part for path in counts for part in read_counts(path.read_bytes(), path.name))
    if not any(any(function.counters) for function in functions):
        raise InputError(f"{out}: the training counted nothing; see build.log there")
    # docs/explanation/optimised-builds.md has what this is worth.
    functions = [function.without_calls() if _INSTRUCTION in function.name else function for function in functions]
    (out / PROFILE_FILE).write_bytes(write_profile(functions))
    shutil.rmtree(out / "counts")


def given(path: Path) -> PlannedNode:
    """The node for a profile that is there. Raises `InputError` when the compiler could not use it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error

    check_profile(data, str(path))
    key = Key.of("profile", {"sha256": hashlib.sha256(data).hexdigest()})

    def make(out: Path, inputs: Mapping[str, Path]) -> None:
        (out / PROFILE_FILE).write_bytes(data)

    return PlannedNode(name=PROFILE, key=key, needs=(), make=make)
