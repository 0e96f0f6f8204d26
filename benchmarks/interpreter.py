"""How fast interpreters run Python's own benchmarks (pyperformance), one beside the other.

    python interpreter.py --output results.json ours=/opt/ours/bin/python3 debian=/usr/bin/python3.14

All interpreters run in the same system, so where one needs a newer C library than the machine has, run this inside a
container or chroot that has it. For each benchmark the interpreters take turns, several rounds of it, so that what else
the machine does hits all of them; the ratio of a benchmark is that of medians. Needs nothing but a Python to run itself
and access to a package index: each interpreter gets a virtual environment with pyperformance and what its benchmarks
need, made by its own `venv` and `pip`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROUNDS = 2
PROCESSES, VALUES, WARMUPS = 1, 3, 1
LONGEST = 120  # seconds that one benchmark may take in one round


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One interpreter: its name in the report, and the Python of its virtual environment."""

    name: str
    python: Path

    @property
    def benchmarks(self) -> Path:
        """The folder of its pyperformance's benchmarks."""
        (found,) = self.python.parent.parent.glob("lib/python3*/site-packages/pyperformance/data-files/benchmarks")
        return found

    def says(self, code: str) -> str:
        ran = subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=True)
        return ran.stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="interpreter", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("subjects", nargs="+", metavar="NAME=PYTHON", help="the first is compared with the others")
    parser.add_argument("--work", type=Path, default=Path("interpreter-work"), metavar="DIR")
    parser.add_argument("--output", type=Path, default=Path("interpreter.json"), metavar="FILE")
    parser.add_argument("--only", default="", metavar="WORD", help="benchmarks in whose names this stands")
    args = parser.parse_args()
    subjects = [prepared(args.work, *text.split("=", 1)) for text in args.subjects]
    values: dict[str, dict[str, list[float]]] = {}
    for benchmark in benchmarks(subjects[0].benchmarks, args.only):
        for name, times in measured(benchmark, subjects, args.work).items():
            values[name] = times
            print(f"{name}: {', '.join(f'{who} {statistics.median(t):.4g} s' for who, t in times.items())}", flush=True)
        args.output.write_text(json.dumps(report(subjects, values), indent=1) + "\n", encoding="utf-8")
    means = report(subjects, values)["geometric_mean"]
    print(
        f"{len(values)} benchmarks; speed of {subjects[0].name}: "
        + ", ".join(f"{m:.3f} x {n}" for n, m in means.items())
    )
    return 0


def prepared(work: Path, name: str, interpreter: str) -> Subject:
    """A virtual environment of `interpreter` with pyperformance; packages that cannot be installed are left out."""
    place = work / name
    if not (place / "bin" / "python").exists():
        subprocess.run([interpreter, "-m", "venv", place], check=True)
    python = (place / "bin" / "python").absolute()
    install: list[str] = [str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
    subprocess.run([*install, "pyperformance"], check=True)
    subject = Subject(name=name, python=python)
    wanted = {line.split("#")[0].strip() for path in sorted(subject.benchmarks.glob("bm_*/requirements.txt"))
              for line in path.read_text(encoding="utf-8").splitlines()}  # fmt: skip
    for requirement in sorted(wanted - {""}):
        if subprocess.run([*install, requirement], check=False).returncode:
            print(f"{name}: {requirement} cannot be installed", file=sys.stderr)
    return subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One benchmark of pyperformance: its script, relative to the folder of all, and what the script is called with."""

    name: str
    script: Path
    options: tuple[str, ...]


def benchmarks(folder: Path, only: str) -> Iterator[Benchmark]:
    """All benchmarks in `folder` with `only` in their names: a script has a description for each way of calling it."""
    for description in sorted(folder.glob("bm_*/*.toml")):
        settings = tomllib.loads(description.read_text(encoding="utf-8")).get("tool", {}).get("pyperformance", {})
        script = description.with_name("run_benchmark.py")
        if (
            (name := settings.get("name", description.parent.name.removeprefix("bm_")))
            and only in name
            and script.exists()
        ):
            options = tuple(settings.get("extra_opts", ()))
            yield Benchmark(name=name, script=script.relative_to(folder), options=options)


def measured(benchmark: Benchmark, subjects: list[Subject], work: Path) -> dict[str, dict[str, list[float]]]:
    """Seconds by result and interpreter, from rounds in which all take turns; a script may have several results."""
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(ROUNDS):
        for subject in subjects:
            try:
                results = run_once(benchmark, subject, work)
            except BenchmarkFailed as error:
                print(f"{benchmark.name}: {subject.name}: {error}", file=sys.stderr)
                return {}
            for name, seconds in results:
                found.setdefault(name, {}).setdefault(subject.name, []).extend(seconds)
    return {name: times for name, times in found.items() if len(times) == len(subjects)}


class BenchmarkFailed(Exception):
    """It cannot be run by this interpreter, or takes too long."""


def run_once(benchmark: Benchmark, subject: Subject, work: Path) -> list[tuple[str, list[float]]]:
    """The results of one run. Raises `BenchmarkFailed`."""
    output = work / f"{benchmark.name}-{subject.name}.json"
    output.unlink(missing_ok=True)
    command = [subject.python, subject.benchmarks / benchmark.script, "--quiet", "-p", PROCESSES, "-n", VALUES,
               "-w", WARMUPS, "-o", output, "--inherit-environ", "PATH,HOME", *benchmark.options]  # fmt: skip
    words = [str(word) for word in command]
    try:
        ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        raise BenchmarkFailed(f"not done in {LONGEST} s") from None
    if ran.returncode or not output.is_file():
        raise BenchmarkFailed((ran.stderr.strip().splitlines() or ["no message"])[-1])
    return list(read(output))


def read(path: Path) -> Iterator[tuple[str, list[float]]]:
    """Name and values of every benchmark in a file of pyperf's."""
    suite: dict[str, Any] = json.loads(path.read_bytes())
    for benchmark in suite["benchmarks"]:
        name = benchmark.get("metadata", {}).get("name") or suite["metadata"]["name"]
        yield name, [value for run in benchmark["runs"] for value in run.get("values", ())]


def report(subjects: list[Subject], values: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    """Medians and ratios: above 1 the first interpreter is the faster one."""
    first, *others = [subject.name for subject in subjects]
    medians = {
        name: {who: statistics.median(seconds) for who, seconds in times.items()} for name, times in values.items()
    }
    ratios = {name: {who: found[who] / found[first] for who in others} for name, found in sorted(medians.items())}
    return {
        "subjects": {subject.name: subject.says("import sys; print(sys.version)") for subject in subjects},
        "machine": {"processors": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg()[0]},
        "rounds": ROUNDS, "processes": PROCESSES, "values": VALUES,
        "seconds": medians,
        "faster": ratios,
        "geometric_mean": {
            who: math.exp(statistics.fmean(math.log(found[who]) for found in ratios.values())) for who in others
        } if ratios else {},
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
