"""What `make bench` runs: start-up, imports, memory, size and link time, against the same distribution's own Python.

Run it on a machine that does nothing else. No test looks at a time.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from measure import peak_memory, rounds, summarise
from report import LINKED, Report, machine, write
from subjects import HELLO, STATUS, find_distribution, importable_modules, interpreter, link, pyinstaller

import pydist

CHECKOUT = Path(__file__).resolve().parent.parent
PASS, SCRIPT = "python -I -c pass", "python -I"
FORMS = {"onedir": "PyInstaller, folder", "onefile": "PyInstaller, one file"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--python", default="3.14", help="series of the distribution (default %(default)s)")
    parser.add_argument("--output", type=Path, default=CHECKOUT / "docs" / "benchmarks", help="where the results go")
    parser.add_argument("--rounds", type=int, default=100, help="rounds of hello; imports run a fifth of that")
    args = parser.parse_args()

    distribution = find_distribution(args.python)
    report = Report(
        date=datetime.now(UTC).date().isoformat(),
        command=f"make bench ARGS='--python {args.python} --rounds {args.rounds}'",
        machine=machine(),
        pydist=pydist.__version__,
        python=distribution.version,
    )
    with tempfile.TemporaryDirectory(prefix="pydist-bench-") as name:
        folder = Path(name)
        say("compiling the interpreter's standard library")
        python = interpreter(distribution, folder)
        hello(report, python, folder, args.rounds)
        imports(report, python, folder, max(5, args.rounds // 5))
        memory(report, python, folder)
    write(report, args.output)
    say(f"wrote {args.output}")
    return 0


def hello(report: Report, python: Path, folder: Path, n: int) -> None:
    """Start-up, size and the time that making takes, of a program that prints one word."""
    script = save(folder / "hello.py", HELLO)
    linked = folder / "hello"
    link(script, linked)  # the stub is made here, if it was not there
    report.link_seconds[LINKED] = round(statistics.median(timed(partial(link, script, linked)) for _ in range(5)), 2)
    report.size_mb[LINKED] = megabytes(linked)
    commands: dict[str, list[str | Path]] = {PASS: [python, "-I", "-c", "pass"], LINKED: [linked]}
    for form, label in FORMS.items():
        say(f"hello by {label}")
        before = time.monotonic()
        program = pyinstaller(script, folder / form, form)
        if program is not None:
            report.link_seconds[label] = round(time.monotonic() - before, 2)
            report.size_mb[label] = megabytes(program if form == "onefile" else program.parent)
            commands[label] = [program]
    if len(commands) > 2:
        report.notes.append(
            f"PyInstaller took the Python that runs pydist ({platform.python_version()}), as it always takes its own; "
            "its times to make are of one run."
        )
    else:
        report.notes.append("PyInstaller was not installed.")
    say(f"start-up, {n} rounds")
    report.start_up = summarise(rounds(commands, n))


def imports(report: Report, python: Path, folder: Path, n: int) -> None:
    """The standard library, imported in one process."""
    modules = importable_modules(python)
    report.modules = len(modules)
    script = save(folder / "imports.py", "".join(f"import {name}\n" for name in modules))
    linked = folder / "imports"
    link(script, linked)
    say(f"import of {len(modules)} modules, {n} rounds")
    report.imports = summarise(rounds({SCRIPT: [python, "-I", script], LINKED: [linked]}, n))


def memory(report: Report, python: Path, folder: Path) -> None:
    """Peak resident memory; the median of five runs."""
    script = save(folder / "status.py", STATUS)
    linked = folder / "status"
    link(script, linked)
    commands: dict[str, list[str | Path]] = {SCRIPT: [python, "-I", script], LINKED: [linked]}
    for name, command in commands.items():
        report.peak_memory_mb[name] = statistics.median(peak_memory(command) for _ in range(5))


def timed(action: Callable[[], None]) -> float:
    before = time.monotonic()
    action()
    return time.monotonic() - before


def save(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file() and not file.is_symlink()]
    return round(sum(file.stat().st_size for file in files) / 1e6, 1)


def say(text: str) -> None:
    print(f"bench: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
