"""environment.uv: an installer that is not part of Python."""

from __future__ import annotations

import os
from pathlib import Path

from uv import find_uv_bin

from pydist.examine.subject import Distribution
from pydist.trial.environments import in_tree, make_wheel
from pydist.trial.outcome import Outcome, Problem, failed, passed
from pydist.trial.running import Ended, run

__all__ = ["make_environment", "run_uv", "venv_uv"]


def venv_uv(subject: Distribution) -> Outcome:
    place = subject.work / "environment-uv"
    made = make_environment(subject, place, subject.seconds)
    if not made.good:
        return failed(Problem(what="uv venv fails", found=made.how))
    installed = run_uv(
        subject, subject.seconds, "pip", "install", "--offline", "--python", str(place / "bin" / "python"),
        str(make_wheel(subject.work)),
    )  # fmt: skip
    if not installed.good:
        return failed(Problem(what="uv pip install fails", found=installed.how))
    script = in_tree(subject, [place / "bin" / "pydist-greet"])
    return (
        passed() if script.out == "hello\n"
        else failed(Problem(what="an installed script does not run", expected="hello", found=script.how))
    )  # fmt: skip


def make_environment(subject: Distribution, place: Path, seconds: float) -> Ended:
    """An environment of the interpreter at `place`, made by uv."""
    return run_uv(subject, seconds, "venv", "--python", str(subject.python), str(place))


def run_uv(subject: Distribution, seconds: float, *arguments: str) -> Ended:
    """Run uv with the settings of the user, for the registry is theirs, but nothing that names another Python."""
    hidden = ("PYTHON", "VIRTUAL_ENV", "CONDA_", "UV_PYTHON", "UV_SYSTEM", "UV_PROJECT")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    variables["UV_PYTHON_DOWNLOADS"] = "never"
    return run(
        [find_uv_bin(), "--no-progress", "--no-config", *arguments] if "--offline" in arguments
        else [find_uv_bin(), "--no-progress", *arguments],
        cwd=subject.work, env=variables, seconds=subject.patience(seconds),
    )  # fmt: skip
