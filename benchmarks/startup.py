"""What a start costs: of a program that does nothing, and of one that imports the standard library.

Files that `pydist link` makes with different options, beside the same distribution's own `python -I`, an empty program
in C and what other tools make. Run it on a machine that does nothing else, as root to have cold starts. Writes
docs/benchmarks/startup.json and its page.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import startup_page
from applications import why
from costs import Command, costs, lacking, modules_alone
from measure import Summary, rounds, summarise
from peers import TOOLS, Program, made, prepared
from report import machine
from subjects import LISTER, find_distribution, importable_modules, interpreter, link

import pydist
from pydist.errors import EnvironmentLacking
from pydist.link.dist import Distribution
from pydist.policy import defaults, toolchain
from pydist.store import Store
from pydist.target import Target

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "docs" / "benchmarks"
RESULTS = "startup.json"
IDLE = HERE / "programs" / "idle.py"
PLAIN, FLOOR = "python -I", "an empty program in C"
ROWS = {"pydist": "", "pydist --fast-exit": "--fast-exit"}
"""Files that pydist makes: the options of `pydist link` by the name of the row."""
OTHER_LANGUAGES = (
    ("Go", "go", "nothing.go", "package main\n\nfunc main() {}\n", "build -o {program} {source}"),
    ("Bun, one file", "bun", "nothing.js", "\n", "build --compile {source} --outfile {program}"),
)
"""Name, tool, a source file, its text, and how the tool is called."""


def main() -> int:
    args = arguments()
    if args.page:
        return pages(args.output)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # all that is compared has its bytecode
    distribution = find_distribution(args.dist, args.python)
    report = Report(
        date=f"{datetime.now(UTC):%Y-%m-%d}", command=shlex.join(["python", "benchmarks/startup.py", *sys.argv[1:]]),
        machine=machine(), pydist=pydist.__version__, python=distribution.version, rounds=args.rounds,
    )  # fmt: skip
    rows = {**ROWS, **dict(row.partition("=")[::2] for row in args.row)}
    with tempfile.TemporaryDirectory(prefix="pydist-bench-") as name:
        folder = Path(name)
        say("compiling the interpreter's standard library")
        python = interpreter(distribution, folder)
        report.notes.append(can_load(python))
        options = ["--dist", args.dist] if args.dist else ["--python", args.python]
        bench = Bench(report, python, folder, options, not args.warm)
        floor = empty_program(distribution, folder)
        report.programs["nothing"] = bench.compared(IDLE, rows, args.rounds, floor)
        script = bench.imports(rows)
        report.programs["imports"] = bench.compared(script, rows, max(2, args.rounds // 5), floor)
        others(report, args, folder / "others")
    report.notes += lacking(cold=not args.warm)
    args.output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(report), indent=2) + "\n"
    (args.output / RESULTS).write_text(text, encoding="utf-8")
    return pages(args.output)


def pages(folder: Path) -> int:
    """Make the page in `folder` from the results there."""
    for name, text in startup_page.files(json.loads((folder / RESULTS).read_bytes())):
        (folder / name).write_text(text, encoding="utf-8")
        say(f"wrote {folder / name}")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="startup", description=__doc__)
    parser.add_argument("--python", default="3.14", help="series of the distribution (default %(default)s)")
    parser.add_argument("--dist", help="distribution to link with, as for pydist link (default: the store's)")
    parser.add_argument("--row", action="append", default=[], metavar="NAME=OPTIONS",
                        help="a further file by `pydist link OPTIONS`; may be repeated")  # fmt: skip
    parser.add_argument("--tools", default=None, help="of the other tools only these, between semicolons")
    parser.add_argument("--rounds", type=int, default=100, help="of starts, a fifth for imports; at least 2")
    parser.add_argument("--warm", action="store_true",
                        help="no cold starts: they empty the page cache of the whole machine")  # fmt: skip
    parser.add_argument("--page", action="store_true", help="only make the page, from the results that are there")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the results go")
    return parser.parse_args()


@dataclass(slots=True, kw_only=True)
class Report:
    """Everything one run measured: `docs/benchmarks/startup.json`. `programs` has the rows of each program by their
    names, the first of which the others are ratios to, and `others` those of each tool beside it."""

    format_version: int = 1
    date: str
    command: str
    machine: dict[str, str | int | float]
    pydist: str
    python: str
    rounds: int
    modules: int = 0
    programs: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Bench:
    """One run: where its files are, and how to link."""

    report: Report
    python: Path
    folder: Path
    options: Sequence[str]
    cold: bool

    def compared(self, script: Path, rows: Mapping[str, str], n: int, floor: Command) -> dict[str, dict[str, Any]]:
        """A script by the plain interpreter and by a file for each of `rows`, all in turns, and an empty program."""
        commands: dict[str, Command] = {PLAIN: [self.python, "-I", script], FLOOR: floor}
        for number, (name, options) in enumerate(rows.items()):
            program = self.folder / f"{script.stem}-{number}"
            link(script, program, [*self.options, *shlex.split(options)])
            commands[name] = [program]
        say(f"{script.stem}: {n} rounds of {len(commands)} programs")
        times = summarise(rounds(commands, n))
        return {
            name: row(times[name], command, reports=name != FLOOR, cold=self.cold) for name, command in commands.items()
        }

    def imports(self, rows: Mapping[str, str]) -> Path:
        """A script that imports all modules of the standard library that can be: alone, and in one process with all."""
        say("which modules can be imported")
        lister = self.folder / "lister.py"
        lister.write_text(LISTER, encoding="utf-8")
        names = {*importable_modules([self.python, "-I", lister])}
        for number, options in enumerate(rows.values()):
            program = self.folder / f"lister-{number}"
            link(lister, program, [*self.options, *shlex.split(options)])
            names &= {*importable_modules([program])}
        good = modules_alone([self.python, "-I"], sorted(names))
        self.report.modules = len(good)
        script = self.folder / "imports.py"
        imports = "".join(f"import {name}\n" for name in {"sys": None, **dict.fromkeys(good)})
        script.write_text(IDLE.read_text(encoding="utf-8").replace("import sys\n", imports, 1), encoding="utf-8")
        return script


def others(report: Report, args: argparse.Namespace, folder: Path) -> None:
    """The program that does nothing, by other tools, each in turns with the interpreter that it is made with: one for
    the C library of this machine, because no tool takes a static one."""
    try:
        python = interpreter(find_distribution(None, args.python, defaults.NATIVE_TARGET), folder)
    except EnvironmentLacking as error:
        report.notes.append(f"Other tools were not tried: {error}")
        return
    program = Program(name="nothing", source=IDLE)
    wanted = None if args.tools is None else args.tools.split(";")
    for tool in TOOLS:
        if tool.own or (wanted is not None and tool.name not in wanted):
            continue
        say(tool.name)
        place = folder / tool.name.replace(" ", "-")
        try:
            prepared(program, tool.packages, place, python)
            command = made(tool, program, place)
            report.others[tool.name] = row(
                beside(python, tool.name, command, args.rounds), command, reports=True, cold=not args.warm
            )
        except (subprocess.SubprocessError, OSError) as error:
            report.notes.append(f"{tool.name} fails: {why(error)}")
    for name, start in compiled(folder) if wanted is None else ():
        if start:
            report.others[name] = row(
                beside(python, name, start, args.rounds), start, reports=False, cold=not args.warm
            )
        else:
            report.notes.append(f"{name} was not there.")


def beside(python: Path, name: str, command: Command, n: int) -> Summary:
    return summarise(rounds({PLAIN: [python, "-I", IDLE], name: command}, n))[name]


def row(times: Summary, command: Command, *, reports: bool, cold: bool) -> dict[str, Any]:
    return {**asdict(times), **asdict(costs(command, reports=reports, cold=cold))}


def can_load(python: Path) -> str:
    """What became of the shared extension modules of this interpreter: where none can be loaded, they are taken away,
    because looking at them in vain would make it slower than it is."""
    folder = next(python.parent.parent.glob("lib/python3.*")) / "lib-dynload"
    files = [*folder.glob("*.so")]
    broken = [file for file in files if not modules_alone([python, "-I"], [file.name.partition(".")[0]])]
    if files and len(broken) == len(files):
        shutil.rmtree(folder)
        folder.mkdir()
        return f"{len(files)} shared modules of the interpreter, none of which it can load, were taken away."
    return f"The interpreter has {len(files)} shared modules, of which it can load {len(files) - len(broken)}."


def empty_program(distribution: Distribution, folder: Path) -> Command:
    """The least that a process can be: static, for the distribution's kind of machine."""
    source, program = folder / "empty.c", folder / "empty"
    source.write_text("int main(void) { return 0; }\n", encoding="utf-8")
    target = Target.parse(f"{distribution.target.arch}-unknown-linux-musl")
    compiler = toolchain.locate()
    command = [*compiler.command("cc", target), "-static", "-Os", "-s", str(source), "-o", str(program)]
    variables = {**os.environ, **compiler.environment(Store.default())}
    subprocess.run(command, check=True, env=variables, stdin=subprocess.DEVNULL)
    return [program]


def compiled(folder: Path) -> Iterator[tuple[str, Command]]:
    """Programs that do nothing in other languages, for scale; no command where the tool is not installed."""
    variables = {**os.environ, "CGO_ENABLED": "0", "GOCACHE": str(folder / "go-cache")}
    for name, tool, source, text, words in OTHER_LANGUAGES:
        program = folder / f"in-{tool}"
        (folder / source).write_text(text, encoding="utf-8")
        if found := shutil.which(tool):
            command = [found, *words.format(program=program, source=source).split()]
            subprocess.run(command, cwd=folder, check=True, env=variables, stdin=subprocess.DEVNULL)
        yield name, [program] if found else []


def say(text: str) -> None:
    print(f"bench: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
