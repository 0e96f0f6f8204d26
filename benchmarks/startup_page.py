"""The page of `startup.py` and its charts, from docs/benchmarks/startup.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from plot import bars

__all__ = ["files"]

Row = Mapping[str, Any]

_OURS = "pydist"


def files(results: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and texts of what is made."""
    nothing, imports = (_walls(results["programs"][name]) for name in ("nothing", "imports"))
    others = {**nothing, **_walls(results["others"])}
    yield "startup.md", "\n".join([*_page(results), ""])
    yield "startup-nothing.svg", bars("Start of a program that does nothing, median", others, "ms", _OURS)
    yield "startup-imports.svg", bars(f"Import of {results['modules']} modules, median", imports, "ms", _OURS)


def _walls(rows: Mapping[str, Row]) -> dict[str, float]:
    return {name: round(row["wall_ms"], 1) for name, row in rows.items()}


def _page(results: Mapping[str, Any]) -> Iterator[str]:
    on = results["machine"]
    yield from ("# What a start costs", "")
    yield "Made from [startup.json](startup.json) by `benchmarks/startup.py --page`; do not edit. Measured again by"
    yield from ("", f"    {results['command']}", "")
    yield (
        f"{results['date']}, {on['cpu']}, {on['cores']} cores, {on['system']}, load {on['load_before']} before the "
        f"run. pydist {results['pydist']}, Python {results['python']}, {results['rounds']} rounds. The programs of a "
        "table ran in turns; a ratio is the median of the rounds' ratios to the first line, with quartiles; below 1 is "
        "faster. `python -I` is the same distribution's own interpreter with warm bytecode."
    )
    yield from ("", "## A program that does nothing", "")
    yield from _table(results["programs"]["nothing"])
    if results["others"]:
        yield from (
            "",
            "By other tools, each by its defaults, in turns with `python -I` of the interpreter for glibc that it has:",
            "",
        )
        yield from _table(results["others"])
    yield from ("", "![start](startup-nothing.svg)", "", f"## Import of {results['modules']} modules", "")
    yield (
        "All of the standard library that import without an error and without a word, alone in a process and one after "
        "the other in one, but for the codecs and what exists for CPython's own tests."
    )
    yield ""
    yield from _table(results["programs"]["imports"])
    yield from ("", "![imports](startup-imports.svg)", "", "## What the columns are", "")
    yield "- minor faults: pages that the kernel had to give or map, each of which costs a microsecond or so;"
    yield "- resident, private: memory at the end of the start-up; private: pages that were written and are not shared;"
    yield "- cold: with nothing of any file in memory, median of five;"
    yield "- 100 at once: until all have ended that were started together, and how many of them failed."
    yield ""
    yield from (f"- {note}" for note in results["notes"])


def _table(rows: Mapping[str, Row]) -> Iterator[str]:
    yield (
        "| | start | ratio (quartiles) | instructions | minor faults | resident | private | cold | 100 at once "
        "| failures |"
    )
    yield f"|---|{'---:|' * 9}"
    for name, row in rows.items():
        low, high = row["wall_ratio_quartiles"]
        cells = (
            f"{row['wall_ms']:.2f} ms",
            f"{row['wall_ratio']:.3f} ({low:.3f}-{high:.3f})",
            _cell(row["instructions"], 1e6, "M"),
            f"{row['minor_faults']}",
            _cell(row["rss_mb"], 1, "MB"),
            _cell(row["private_dirty_mb"], 1, "MB"),
            _cell(row["cold_ms"], 1, "ms"),
            f"{row['at_once_ms']:.0f} ms",
            f"{row['at_once_failures']}",
        )
        yield f"| {name} | {' | '.join(cells)} |"


def _cell(value: float | None, unit: float, name: str) -> str:
    return "" if value is None else f"{value / unit:.1f} {name}"
