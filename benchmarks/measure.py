"""Running commands in turns and comparing them pair by pair.

Invariant: what is compared ran in the same round, one directly after the other, so that a busy machine slows both.
A ratio is the median of the rounds' ratios, never the ratio of two medians from different minutes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Sample", "Summary", "memory", "rounds", "run_once", "spawn", "summarise"]

_ENVIRONMENT = {"PATH": os.defpath, "HOME": "/nonexistent", "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run: seconds by the clock, seconds of processor time of it and its children, and page faults that needed no
    disk."""

    wall: float
    cpu: float
    faults: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A command over all rounds: medians in milliseconds, and the median ratios to the first command of the round."""

    n: int
    wall_ms: float
    cpu_ms: float
    wall_ratio: float
    cpu_ratio: float
    wall_ratio_quartiles: tuple[float, float]


def run_once(command: Sequence[str | Path]) -> Sample:
    """Run a command to its end with nothing on its standard streams; raises when it fails."""
    before = time.perf_counter()
    _, status, usage = os.wait4(spawn(command), 0)
    wall = time.perf_counter() - before
    if code := os.waitstatus_to_exitcode(status):
        raise subprocess.CalledProcessError(code, [*map(str, command)])
    return Sample(wall=wall, cpu=usage.ru_utime + usage.ru_stime, faults=usage.ru_minflt)


def spawn(command: Sequence[str | Path]) -> int:
    """Start a command with nothing on its standard streams; the number of its process."""
    words = [str(word) for word in command]
    quiet = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    # Not subprocess: its own work for each child is of the size of what is measured here.
    return os.posix_spawn(words[0], words, _ENVIRONMENT, file_actions=quiet)


def rounds(commands: Mapping[str, Sequence[str | Path]], n: int) -> dict[str, list[Sample]]:
    """Run all commands in turn, `n` times, after one round that is not counted."""
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for turn in range(n + 1):
        for name, command in commands.items():
            sample = run_once(command)
            if turn:
                samples[name].append(sample)
    return samples


def summarise(samples: Mapping[str, Sequence[Sample]]) -> dict[str, Summary]:
    """Medians of every command, and its ratios to the first one in the same rounds."""
    base = next(iter(samples.values()))
    summaries = {}
    for name, series in samples.items():
        walls = [sample.wall / other.wall for sample, other in zip(series, base, strict=True)]
        cpus = [sample.cpu / max(other.cpu, 1e-6) for sample, other in zip(series, base, strict=True)]
        low, _, high = statistics.quantiles(walls, n=4) if len(walls) > 1 else (walls[0], 0, walls[0])
        summaries[name] = Summary(
            n=len(series),
            wall_ms=round(statistics.median(sample.wall for sample in series) * 1e3, 3),
            cpu_ms=round(statistics.median(sample.cpu for sample in series) * 1e3, 3),
            wall_ratio=round(statistics.median(walls), 4),
            cpu_ratio=round(statistics.median(cpus), 4),
            wall_ratio_quartiles=(round(low, 4), round(high, 4)),
        )
    return summaries


def memory(command: Sequence[str | Path]) -> tuple[float, float]:
    """Peak resident memory, and private memory at the end, in MB, of a command that prints its /proc/self/status.

    Private memory is what each process has for itself; the rest are pages of files, shared and given back at need.
    Not `ru_maxrss`: that starts from the size of the process that forked, which is larger than what is measured.
    """
    words = [str(word) for word in command]
    output = subprocess.run(words, env=_ENVIRONMENT, capture_output=True, text=True, check=True).stdout
    rows = dict(line.split(":", 1) for line in output.splitlines() if line.endswith(" kB"))
    peak, private = (int(rows[name].split()[0]) * 1024 / 1e6 for name in ("VmHWM", "RssAnon"))
    return round(peak, 1), round(private, 1)
