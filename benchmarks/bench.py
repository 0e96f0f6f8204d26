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
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from measure import memory, rounds, summarise
from report import LINKED, Report, machine, write
from subjects import HELLO, LISTER, STATUS, find_distribution, importable_modules, interpreter, link, pyinstaller

import pydist

CHECKOUT = Path(__file__).resolve().parent.parent
PASS, SCRIPT = "python -I -c pass", "python -I"
FORMS = {"onedir": "PyInstaller, folder", "onefile": "PyInstaller, one file"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--python", default="3.14", help="series of the distribution (default %(default)s)")
    parser.add_argument("--dist", help="distribution to link with, as for pydist link (default: the store's)")
    parser.add_argument("--output", type=Path, default=CHECKOUT / "docs" / "benchmarks", help="where the results go")
    parser.add_argument("--rounds", type=int, default=100, help="rounds of hello; imports run a fifth of that")
    args = parser.parse_args()

    distribution = find_distribution(args.dist, args.python)
    options = ["--dist", args.dist] if args.dist else ["--python", args.python]
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
        bench = Bench(report=report, python=python, folder=folder, options=options)
        bench.hello(args.rounds)
        bench.imports(max(5, args.rounds // 5))
        bench.memory()
    write(report, args.output)
    say(f"wrote {args.output}")
    return 0


@dataclass(slots=True, kw_only=True)
class Bench:
    """One run: where its files are, how to link, and the report that every part adds to."""

    report: Report
    python: Path
    folder: Path
    options: list[str]

    def hello(self, n: int) -> None:
        """Start-up, size and the time that making takes, of a program that prints one word."""
        script = save(self.folder / "hello.py", HELLO)
        linked = self.folder / "hello"
        link(script, linked, self.options)  # the stub is made here, if it was not there
        self.report.link_seconds[LINKED] = round(
            statistics.median(timed(partial(link, script, linked, self.options)) for _ in range(5)), 2
        )
        self.report.size_mb[LINKED] = megabytes(linked)
        commands: dict[str, list[str | Path]] = {PASS: [self.python, "-I", "-c", "pass"], LINKED: [linked]}
        for form, label in FORMS.items():
            say(f"hello by {label}")
            before = time.monotonic()
            program = pyinstaller(script, self.folder / form, form)
            if program is not None:
                self.report.link_seconds[label] = round(time.monotonic() - before, 2)
                self.report.size_mb[label] = megabytes(program if form == "onefile" else program.parent)
                commands[label] = [program]
        if len(commands) > 2:
            self.report.notes.append(
                f"PyInstaller takes the Python that it runs with, here {platform.python_version()}; "
                "its times to make are of one run."
            )
        else:
            self.report.notes.append("PyInstaller was not installed.")
        say(f"start-up, {n} rounds")
        self.report.start_up = summarise(rounds(commands, n))

    def imports(self, n: int) -> None:
        """The standard library, imported in one process."""
        lister, its_list = save(self.folder / "lister.py", LISTER), self.folder / "lister"
        link(lister, its_list, self.options)
        # A linked file has no modules that exist for CPython's own tests only.
        modules = sorted({*importable_modules([self.python, "-I", lister])} & {*importable_modules([its_list])})
        self.report.modules = len(modules)
        script = save(self.folder / "imports.py", "".join(f"import {name}\n" for name in modules))
        linked = self.folder / "imports"
        link(script, linked, self.options)
        say(f"import of {len(modules)} modules, {n} rounds")
        self.report.imports = summarise(rounds({SCRIPT: [self.python, "-I", script], LINKED: [linked]}, n))

    def memory(self) -> None:
        """Peak resident and private memory of hello; medians of five runs."""
        script = save(self.folder / "status.py", STATUS)
        linked = self.folder / "status"
        link(script, linked, self.options)
        commands: dict[str, list[str | Path]] = {SCRIPT: [self.python, "-I", script], LINKED: [linked]}
        for name, command in commands.items():
            peaks, privates = zip(*(memory(command) for _ in range(5)), strict=True)
            self.report.peak_memory_mb[name] = statistics.median(peaks)
            self.report.private_memory_mb[name] = statistics.median(privates)


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
