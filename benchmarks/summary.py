"""The figures of the README, from the newest runs that are kept in docs/benchmarks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["lines"]

_RESULTS = Path(__file__).resolve().parent.parent / "docs" / "benchmarks"


def lines() -> Iterator[str]:
    """Start-up and imports beside plain Python, four applications beside other tools, and the interpreter itself."""
    yield from _start(_read("results"))
    yield ""
    yield from _applications(_read("applications"))
    yield ""
    yield "Memory, sizes and charts: [benchmarks](docs/benchmarks/README.md)."
    yield ""
    beside = _read("interpreters")
    for name, mean in beside["geometric_mean"].items():
        yield (
            f"Before anything is linked, our optimised build (`pgo+lto`) runs Python's own benchmarks {mean:.2f} times "
            f"as fast as {name}'s Python ([each of the {len(beside['faster'])}](docs/benchmarks/interpreters.md))."
        )


def _read(name: str) -> dict[str, Any]:
    results: dict[str, Any] = json.loads((_RESULTS / f"{name}.json").read_bytes())
    return results


def _start(results: Mapping[str, Any]) -> Iterator[str]:
    facts = results["machine"]
    yield (
        f"Measured on {results['date']} by `make bench` ({facts['cpu']}, {facts['cores']} cores, load before it "
        f"{facts['load_before']}): in turns, medians, ratios of each round to the same distribution's own Python."
    )
    yield ""
    yield "| | median | ratio |"
    yield "|---|---:|---:|"
    for what, table in (
        ("start-up of hello", results["start_up"]),
        (f"import of {results['modules']} standard modules", results["imports"]),
    ):
        for name, row in table.items():
            yield f"| {what}: {name} | {row['wall_ms']:.0f} ms | {row['wall_ratio']:.2f} |"


def _applications(results: Mapping[str, Any]) -> Iterator[str]:
    programs = results["programs"]
    facts = results["machine"]
    tools = dict.fromkeys(tool for program in programs.values() for tool in program["made"])
    yield (
        "Start-up as a ratio to the same program installed in a virtual environment, and in parentheses the seconds "
        f"that it took to make the file, warm (measured on {results['date']}, load before it {facts['load_before']}; "
        "[sizes and spread](docs/benchmarks/applications.md)):"
    )
    yield ""
    yield f"| | {' | '.join(programs)} |"
    yield f"|---|{'---:|' * len(programs)}"
    for tool in tools:
        yield f"| {tool} | {' | '.join(_cell(program, tool) for program in programs.values())} |"


def _cell(program: Mapping[str, Any], tool: str) -> str:
    made, start = program["made"].get(tool), program["start_up"].get(tool)
    if made is None:
        return "not tried"
    return "fails" if start is None else f"{start['wall_ratio']:.2f} ({made['seconds']:.1f} s)"
