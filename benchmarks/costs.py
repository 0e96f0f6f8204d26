"""What one start costs beside its time: memory, page faults, instructions, a cold disk, and a hundred at once.

Invariant: what cannot be measured on this machine is None, and `lacking` says why.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import run_once, spawn

__all__ = ["Costs", "costs", "lacking", "modules_alone"]

Command = Sequence[str | Path]

_DROP = Path("/proc/sys/vm/drop_caches")
_PAGES_AND_NAMES = "3\n"
_COLD = 5  # starts; each empties the page cache of the machine
_AT_ONCE = 100
_MEMORY = {"Rss": "rss_mb", "Private_Dirty": "private_dirty_mb"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Of one command. `rss_mb` and `private_dirty_mb` are what the process has when it is started up; `cold_ms` is the
    median of starts with an empty page cache, `at_once_ms` the time until all of a hundred have ended."""

    minor_faults: int
    rss_mb: float | None
    private_dirty_mb: float | None
    instructions: int | None
    cold_ms: float | None
    at_once_ms: float
    at_once_failures: int


def costs(command: Command, *, reports: bool, cold: bool) -> Costs:
    """All of them, cold starts if asked for. With `reports`, the command writes its smaps_rollup into the file that is
    its further argument."""
    memory: Mapping[str, float] = _memory(command) if reports else {}
    wall, failures = _at_once(command)
    return Costs(
        minor_faults=round(statistics.median(run_once(command).faults for _ in range(5))),
        rss_mb=memory.get("Rss"),
        private_dirty_mb=memory.get("Private_Dirty"),
        instructions=_instructions(command),
        cold_ms=_cold(command) if cold and _may_drop() else None,
        at_once_ms=wall,
        at_once_failures=failures,
    )


def lacking(*, cold: bool) -> Iterator[str]:
    """What is not measured on this machine, and why; `cold`: whether cold starts are asked for."""
    if not cold:
        yield "Cold starts were not measured: --warm."
    elif not _may_drop():
        yield "Cold starts were not measured: only root may empty the page cache."
    if shutil.which("perf") is None:
        yield "Instructions were not counted: there is no `perf`."
    elif _instructions(["/bin/true"]) is None:
        yield "Instructions were not counted: this machine does not let `perf` count them."


def modules_alone(python: Command, names: Sequence[str]) -> list[str]:
    """Those of `names` that import in a process of their own, which then says nothing and ends well."""
    return [name for name, good in zip(names, _each(python, names), strict=True) if good]


def _each(python: Command, names: Sequence[str]) -> Iterator[bool]:
    for name in names:
        words = [*map(str, python), "-c", f"import {name}"]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        yield not done.returncode and not done.stdout and not done.stderr


def _memory(command: Command) -> dict[str, float]:
    """MB by the kernel's name; medians of five runs."""
    os.sync()  # pages of a file that was just written are dirty, too
    found: dict[str, list[float]] = {name: [] for name in _MEMORY}
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as report:
        for _ in range(5):
            run_once([*command, report.name])
            report.seek(0)
            rows = dict(line.split(":", 1) for line in report if line.endswith(" kB\n"))
            for name, values in found.items():
                values.append(int(rows[name].split()[0]) * 1024 / 1e6)
    return {name: round(statistics.median(values), 2) for name, values in found.items()}


def _instructions(command: Command) -> int | None:
    """Of the process itself, not of the kernel; the least of three runs."""
    return _least(lambda: _counted(command)) if shutil.which("perf") else None


def _counted(command: Command) -> int | None:
    words = ["perf", "stat", "-x", ",", "-e", "instructions:u", "--", *map(str, command)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    first = next((line.partition(",")[0] for line in done.stderr.splitlines() if "instructions" in line), "")
    return int(first) if first.isdigit() and not done.returncode else None


def _least(count: Callable[[], int | None]) -> int | None:
    found = [number for number in (count() for _ in range(3)) if number is not None]
    return min(found, default=None)


def _may_drop() -> bool:
    return os.access(_DROP, os.W_OK) and os.geteuid() == 0


def _cold(command: Command) -> float:
    """Milliseconds, with nothing of any file in memory."""
    walls = []
    for _ in range(_COLD):
        os.sync()
        _DROP.write_text(_PAGES_AND_NAMES, encoding="utf-8")
        walls.append(run_once(command).wall)
    return round(statistics.median(walls) * 1e3, 1)


def _at_once(command: Command) -> tuple[float, int]:
    """Milliseconds until all have ended, and how many of them failed."""
    before = time.perf_counter()
    children = [spawn(command) for _ in range(_AT_ONCE)]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    return round((time.perf_counter() - before) * 1e3, 1), sum(code != 0 for code in codes)
