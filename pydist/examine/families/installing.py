"""wheel.*: wheels with C code, from the package registry that this machine is set up for."""

from __future__ import annotations

from pydist.examine import wheels
from pydist.examine.families.environments import make_environment, run_uv
from pydist.examine.subject import Distribution
from pydist.examine.wheels import Wheel
from pydist.trial.outcome import Outcome, Problem, failed, lacking, not_applicable, passed
from pydist.trial.running import Ended

__all__ = ["wheel"]

# Many projects have a slower twin in Python for where the code in C cannot be loaded.
_LOADED = """
import sys
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
assert any(file.startswith(sys.prefix) and file.endswith(".so") for file in files), "no module in C was loaded"
"""

# What uv says when it reaches no registry; everything else is about the wheel.
_UNREACHABLE = ("error sending request", "dns error", "Could not connect", "Failed to fetch", "network was disabled",
                "operation timed out")  # fmt: skip


def wheel(name: str, subject: Distribution) -> Outcome:
    """What becomes of the wheel of the project `name`."""
    row = next(item for item in wheels.load() if item.name == name)
    if reason := _why_not(row, subject):
        return not_applicable(reason)
    place = subject.work / f"wheel-{name}"
    made = make_environment(subject, place, subject.seconds)
    if not made.good:
        return failed(Problem(what="uv venv fails", found=made.how))
    python = place / "bin" / "python"
    installed = run_uv(
        subject, subject.seconds, "pip", "install", "--python", str(python), "--only-binary", ":all:", name
    )
    if not installed.good:
        return _not_installed(name, installed)
    ended = subject.start("-I", "-c", row.run + _LOADED, program=python)
    if not ended.good:
        return failed(Problem(what="was installed and does not work", where=name, found=ended.how))
    version = [line.strip() for line in installed.err.splitlines() if line.strip().startswith(f"+ {name}==")]
    return passed(" ".join(version).removeprefix("+ "))


def _why_not(row: Wheel, subject: Distribution) -> str | None:
    if row.series and subject.series not in row.series:
        return f"the project has wheels for {', '.join(row.series)}"
    if "freethreaded" in subject.options and row.freethreaded is not None and subject.series not in row.freethreaded:
        return f"the project has no wheels for free-threaded {subject.series}"
    if "debug" in subject.options:
        return "wheels are for interpreters without debugging checks"
    return None


def _not_installed(name: str, installed: Ended) -> Outcome:
    reached = next((words for words in _UNREACHABLE if words in installed.err), None)
    if reached:
        return lacking(f"a package registry that uv can reach: {reached}")
    return failed(Problem(what="cannot be installed", where=name, expected="a wheel that fits", found=installed.how))
