"""Four applications made by pydist and by other tools, each by its defaults: time to make, size, and start-up.

Start-up is beside the program installed in a virtual environment of the distribution's own interpreter, in turns. Run
it on a machine that does nothing else; no test looks at a time. Writes docs/benchmarks/applications.json and .md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import megabytes
from measure import Summary, rounds, summarise
from peers import PATIENCE, TOOLS, VENV, Program, Tool, made, prepared
from report import machine
from subjects import find_distribution, interpreter

import pydist
from pydist.policy import defaults

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "docs" / "benchmarks"
PLAIN = "installed"
WARM = 5  # runs of pydist once everything is in the store; the others are timed once

PROGRAMS = (
    Program(name="hello", source=HERE / "programs" / "hello.py"),
    Program(name="httpie", requirements=("httpie",), console="http", function="httpie.__main__:main",
            arguments=("--version",)),
    Program(name="black", requirements=("black",), console="black", function="black:patched_main",
            arguments=("--version",)),
    Program(name="equations", source=HERE / "programs" / "equations.py", requirements=("numpy",)),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a tool left: seconds that it took (`again`: after an edit of the program), its size, or why not."""

    seconds: float = 0.0
    again: float | None = None
    megabytes: float = 0.0
    failed: str = ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="applications", description=__doc__)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM",
                        help=f"only these of {', '.join(program.name for program in PROGRAMS)}")  # fmt: skip
    parser.add_argument("--tools", default="", help="only these, between semicolons")
    parser.add_argument("--python", default="3.14", help="series of the distribution (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=50, help="of starts; at least 2")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the results go")
    args = parser.parse_args()
    tools = [tool for tool in TOOLS if not args.tools or tool.name in args.tools.split(";")]
    file = args.output / "applications.json"
    results: dict[str, Any] = json.loads(file.read_bytes()) if file.is_file() else {"format_version": 1, "programs": {}}
    results |= {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "pydist": pydist.__version__}
    with tempfile.TemporaryDirectory(prefix="pydist-bench-") as name:
        python = interpreter(find_distribution(None, args.python, defaults.NATIVE_TARGET), Path(name))
        for program in PROGRAMS:
            if not args.programs or program.name in args.programs:
                results["programs"][program.name] = measured(program, tools, python, Path(name), args.rounds)
    file.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    (args.output / "applications.md").write_text("\n".join([*page(results), ""]), encoding="utf-8")
    return 0


def measured(program: Program, tools: Sequence[Tool], python: Path, place: Path, n: int) -> dict[str, Any]:
    """One program by all tools, and as it is installed."""
    folder = place / program.name
    prepared(program, (), folder / PLAIN, python)
    bins = folder / PLAIN / VENV / "bin"
    plain = [bins / "python", folder / PLAIN / program.file] if program.source else [bins / program.console]
    installed: list[str | Path] = [*plain, *program.arguments]
    results: dict[str, Made] = {}
    starts: dict[str, Summary] = {}
    for tool in tools:
        try:
            results[tool.name], command = one(tool, program, folder / tool.name.replace(" ", "-"), python)
            subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
            # Each tool by itself: what one that unpacks hundreds of files leaves behind slows the next one's start.
            both = summarise(rounds({PLAIN: installed, tool.name: command}, n))
            starts = {PLAIN: both[PLAIN], **starts, tool.name: both[tool.name]}
        except (subprocess.SubprocessError, OSError) as error:
            results[tool.name] = Made(failed=why(error))
        print(f"bench: {program.name}: {tool.name}: {results[tool.name]}", flush=True)
    return {"rounds": n, "made": {name: asdict(row) for name, row in results.items()},
            "start_up": {name: asdict(row) for name, row in starts.items()}}  # fmt: skip


def one(tool: Tool, program: Program, folder: Path, python: Path) -> tuple[Made, list[str]]:
    """Make `program` by `tool`: pydist often, once its store has what it needs; all others once."""
    prepared(program, tool.packages, folder, python)
    if tool.own:
        made(tool, program, folder)
    times = []
    for _ in range(WARM if tool.own else 1):
        before = time.monotonic()
        command = made(tool, program, folder)
        times.append(time.monotonic() - before)
    again = None
    if tool.own and program.source:
        edited = []
        for turn in range(WARM):
            with (folder / program.file).open("a", encoding="utf-8") as file:
                file.write(f"# edit {turn}\n")
            before = time.monotonic()
            made(tool, program, folder)
            edited.append(time.monotonic() - before)
        again = round(statistics.median(edited), 2)
    size = megabytes(folder / tool.product(program))
    return Made(seconds=round(statistics.median(times), 2), again=again, megabytes=size), command


def why(error: Exception) -> str:
    """The last line of what a tool or its application said."""
    output = getattr(error, "stderr", None) or getattr(error, "output", None) or b""
    text = output.decode(errors="replace") if isinstance(output, bytes) else output
    return (text.strip().splitlines() or [type(error).__name__])[-1]


def page(results: Mapping[str, Any]) -> Iterator[str]:
    """The page for people."""
    on = results["machine"]
    yield "# Four applications by several tools"
    yield ""
    yield "Made from [applications.json](applications.json) by `python benchmarks/applications.py`; do not edit."
    yield ""
    yield (
        f"{results['date']}, {on['cpu']}, {on['cores']} cores, {on['system']}, load {on['load_before']} before the "
        f"run. pydist {results['pydist']}. Every tool by its defaults, with the same interpreter (`pydist`: static "
        "with musl where the packages allow it; `pydist, glibc`: with that interpreter and its wheels); how each "
        "is called is in `benchmarks/peers.py`. The starts of each took turns with those of the program installed in "
        "a virtual environment; a ratio is the median of the rounds' ratios, below 1 is faster. PEX and shiv archives "
        "run with that interpreter, which is not in them; shiv and PyInstaller's one file unpack themselves to a disk. "
        f"Times to make are medians of {WARM} runs for pydist (in parentheses after an edit of the program), of one "
        "run for the others."
    )
    for name, program in results["programs"].items():
        yield from ("", f"## {name}", "")
        yield "| | time to make | size | start | ratio (quartiles) |"
        yield "|---|---:|---:|---:|---:|"
        for label in program["start_up"] | program["made"]:
            yield f"| {label} | {_row(program['made'].get(label), program['start_up'].get(label))} |"


def _row(result: Mapping[str, Any] | None, start: Mapping[str, Any] | None) -> str:
    if start is None:
        return f" | | | fails: {result['failed'] if result else ''}"
    again = f" ({result['again']} s)" if result and result["again"] is not None else ""
    kept = f"{result['seconds']} s{again} | {result['megabytes']} MB" if result else " | "
    row = Summary(**start)
    low, high = row.wall_ratio_quartiles
    return f"{kept} | {row.wall_ms:.1f} ms | {row.wall_ratio:.2f} ({low:.2f}-{high:.2f})"


if __name__ == "__main__":
    sys.exit(main())
