"""How long `pydist validate --no-run` takes for both kinds of archive, and what memory all its processes have together.

Run it on a machine that does nothing else. No test looks at a time. Writes docs/benchmarks/judge.json and judge.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from report import machine
from subjects import find_distribution

import pydist
from pydist.repack import Request, repack
from pydist.repack.profile import profile_named

OUTPUT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks"
INTERVAL = 0.01  # seconds between two looks at memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One archive: medians, but the highest peak of all rounds. Memory that processes share counts for each of them."""

    archive: str
    megabytes: float
    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="judge", description=__doc__)
    parser.add_argument("archives", nargs="*", type=Path, metavar="ARCHIVE",
                        help="what to judge (default: both kinds, of the distribution in the store)")  # fmt: skip
    parser.add_argument("--python", default="3.14", help="series of that distribution (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the results go")
    args = parser.parse_args()
    if args.rounds < 1:
        parser.error("--rounds: expected at least 1")
    before = machine()
    with tempfile.TemporaryDirectory(prefix="pydist-bench-") as name:
        archives = args.archives or packed(args.python, Path(name))
        rows = [measured(archive, args.rounds) for archive in archives]
    results = {
        "format_version": 1,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": before,
        "pydist": pydist.__version__,
        "rounds": args.rounds,
        "rows": [asdict(row) for row in rows],
    }
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "judge.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    (args.output / "judge.md").write_text("\n".join([*page(results), ""]), encoding="utf-8")
    return 0


def packed(series: str, folder: Path) -> list[Path]:
    """Both kinds of archive of the distribution in the store."""
    tree = find_distribution(None, series).root
    requests = [Request(source=tree, profile=profile_named(to), output=f"{folder}/") for to in ("full", "install-only")]
    return [Path(repack(request).output) for request in requests]


def measured(archive: Path, rounds: int) -> Row:
    """Judge `archive` `rounds` times, after one time that is not counted."""
    runs = [judged(archive) for _ in range(rounds + 1)][1:]
    walls, cpus, peaks = zip(*runs, strict=True)
    row = Row(
        archive=archive.name,
        megabytes=round(archive.stat().st_size / 1e6, 1),
        wall_seconds=round(statistics.median(walls), 2),
        cpu_seconds=round(statistics.median(cpus), 2),
        peak_megabytes=round(max(peaks) / 1e6, 1),
    )
    print(f"bench: {row.archive}: {row.wall_seconds} s, {row.peak_megabytes} MB", flush=True)
    return row


def judged(archive: Path) -> tuple[float, float, int]:
    """Seconds by the clock, seconds of processors, and the highest sum of resident bytes that was seen."""
    command = [sys.executable, "-m", "pydist", "validate", "--no-run", "--quiet", str(archive)]
    earlier = os.times()
    begin, peak = time.perf_counter(), 0
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(resident, family(process.pid))))
            time.sleep(INTERVAL)
        wall = time.perf_counter() - begin
    if process.returncode not in (0, 1):  # 1: judged bad, which takes no less time
        raise subprocess.CalledProcessError(process.returncode, command)
    later = os.times()
    cpu = later.children_user + later.children_system - earlier.children_user - earlier.children_system
    return wall, cpu, peak


def family(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    try:
        listed = [path.read_text(encoding="ascii") for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return  # it has just ended
    for child in " ".join(listed).split():
        yield from family(int(child))


def resident(pid: int) -> int:
    """Bytes of memory that a process has now."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def page(results: dict[str, Any]) -> Iterator[str]:
    """The page for people."""
    on = results["machine"]
    yield "# Judging archives"
    yield ""
    yield "Made from [judge.json](judge.json) by `python benchmarks/judge.py`; do not edit."
    yield ""
    yield (
        f"{results['date']}, {on['cpu']}, {on['cores']} cores, {on['system']}, load {on['load_before']} before the "
        f"run. `pydist validate --no-run` of pydist {results['pydist']}, medians of {results['rounds']} runs, start "
        "included. Memory is the highest sum over all processes; what they share counts for each."
    )
    yield ""
    yield "| archive | size | wall | CPU | peak memory |"
    yield "|---|---:|---:|---:|---:|"
    for row in results["rows"]:
        yield (
            f"| {row['archive']} | {row['megabytes']} MB | {row['wall_seconds']} s | {row['cpu_seconds']} s | "
            f"{row['peak_megabytes']} MB |"
        )


if __name__ == "__main__":
    sys.exit(main())
