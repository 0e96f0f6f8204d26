"""The tables of docs/reference/compatibility.md, from what `make compatibility`, `make probes` and `make suites`
found."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["lines"]

_HERE = Path(__file__).resolve().parent
_CROWD = 200  # processes at once, unless it is said otherwise
_ROOMS = tuple(runpy.run_path(str(_HERE / "rooms.py"))["ROOMS"])


def lines() -> Iterator[str]:
    """All tables."""
    yield "## Applications"
    yield ""
    yield from _applications(_read("results.json"))
    yield ""
    yield "## Probes"
    yield ""
    yield from _probes(_read("probes.json"))
    yield ""
    yield "## Test-suites inside an application"
    yield ""
    yield from _suites(_read("suites.json"))


def _read(name: str) -> dict[str, Any]:
    path = _HERE / name
    results: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
    return results


def _applications(results: Mapping[str, Any]) -> Iterator[str]:
    good = sum(1 for row in results.values() if not row["failed"])
    silent = sum(1 for row in results.values() if row.get("written") and not row["written"]["files"])
    yield f"{good} of {len(results)} pass. {silent} write nothing to a disk when they are started."
    yield ""
    yield "| application | linked for | file | link | checks | surroundings | writes | not in, because | what fails |"
    yield "|---|---|---:|---:|---:|---|---|---|---|"
    for name, row in sorted(results.items()):
        explained = "; ".join(f"{room}: {reason}" for room, reason in row.get("explained", {}).items())
        yield f"| {name} | {_measured(row)} | {explained} | {'; '.join(row['failed']).replace('|', '/')} |"


def _measured(row: Mapping[str, Any]) -> str:
    if not row["linked"]:
        return "not linked | | | | | "
    target = "static musl" if row["target"].endswith("musl") else row["needs"][0]
    without = [room for room in _ROOMS if room not in row.get("rooms", ())]
    rooms = f"all but {', '.join(without)}" if without else f"all {len(_ROOMS)}"
    rooms += "" if row.get("crowd", _CROWD) == _CROWD else f", {row['crowd']} at once"
    size = f"{row['size'] / 1e6:.0f} MB"
    facts = [target, size, f"{row['seconds']:.1f} s", str(row["checks"])]
    return " | ".join([*facts, rooms if "rooms" in row else "not tried", _written(row.get("written"))])


def _written(written: Mapping[str, Any] | None) -> str:
    if written is None:
        return "not measured"
    return f"{', '.join(written['files'])} ({written['size']} bytes)" if written["files"] else "nothing"


def _probes(results: Mapping[str, Any]) -> Iterator[str]:
    tools = sorted(results, key=lambda tool: (-results[tool]["passed"], tool))
    names = dict.fromkeys(name for tool in tools for name in results[tool]["probes"])
    yield f"| | {' | '.join(tools)} |"
    yield f"|---|{':-:|' * len(tools)}"
    yield f"| of {len(names)} | {' | '.join(str(results[tool]['passed']) for tool in tools)} |"
    for name in names:
        marks = ["no" if name in results[tool]["failed"] else "yes" for tool in tools]
        yield f"| {name} | {' | '.join(marks)} |"


def _suites(results: Mapping[str, Any]) -> Iterator[str]:
    rows = [(suite, target, row) for suite, by_target in results.items() for target, row in by_target.items()]
    passed = sum(row["passed"] for _, _, row in rows)
    yield f"{passed:,} tests pass; {sum(len(row['new']) for _, _, row in rows)} failures are not explained."
    yield ""
    yield "| suite | target | Python | passed | skipped | known failures | not explained |"
    yield "|---|---|---|---:|---:|---|---|"
    for suite, target, row in sorted(rows, key=lambda found: found[:2]):
        known = "; ".join(f"`{test.rpartition('.')[2]}`: {reason}" for test, reason in sorted(row["known"].items()))
        new = "; ".join(row["new"])
        counts = f"{row['passed']} | {row['skipped']}"
        yield f"| {suite} | {target} | {row['python']} | {counts} | {known} | {new} |".replace("\n", " ")
