"""Asks an interpreter that was just built what only it can say about itself.

Invariant: the answer is that of the program for its target, run where the box runs things or by the target's emulator;
nothing of it is computed from what ought to be true.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydist.build.box import Box
from pydist.build.component import link_or_copy
from pydist.build.job import Job, Step
from pydist.build.request import BuildRequest
from pydist.errors import InputError
from pydist.policy import resources

__all__ = ["probe"]

_ANSWER = "answer.json"


def probe(tree: Path, request: BuildRequest, box: Box, work: Path) -> Mapping[str, Any]:
    """What `builders/cpython/probe.py` prints when the interpreter in `tree` runs it; `work` is a folder to use up.

    Raises `StepFailed` when it does not run, `InputError` when it says something else.
    """
    (work / "out").mkdir(parents=True)
    shutil.copytree(tree / "install", work / "python", symlinks=True, copy_function=link_or_copy)
    shutil.copyfile(resources.builders() / "cpython" / "probe.py", work / "probe.py")
    emulator = request.target.emulator if not request.target.target.runs_here else ()
    python = (*emulator, f"python/bin/{request.python}", "-I", "-B", "-S", "probe.py")
    # The shell's part: standard output goes to the log of the job.
    command = ("/bin/sh", "-c", f'exec "$@" > out/{_ANSWER}', "sh", *python)
    step = Step(name=f"running {request.python} of {request}", command=command, folder=".")
    box.run(Job(work=work, steps=(step,), variables={}, paths={}, log=work / "probe.log"))
    try:
        answer: Mapping[str, Any] = json.loads((work / "out" / _ANSWER).read_bytes())
    except ValueError as error:
        raise InputError(f"{request.python} of {request} does not print JSON when it runs probe.py: {error}") from error
    shutil.rmtree(work)
    return answer
