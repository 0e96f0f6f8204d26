"""The tables of docs/reference/compatibility.md, from what `make compatibility` and `make suites` found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["lines"]

_HERE = Path(__file__).resolve().parent


def lines() -> Iterator[str]:
    """All tables."""
    yield "## Applications"
    yield ""
    yield from _applications(_read("results.json"))
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
    yield f"{good} of {len(results)} pass."
    yield ""
    yield "| application | linked for | file | link | checks | surroundings | what fails |"
    yield "|---|---|---:|---:|---:|---:|---|"
    for name, row in sorted(results.items()):
        yield f"| {name} | {_measured(row)} | {'; '.join(row['failed']).replace('|', '/')} |"


def _measured(row: Mapping[str, Any]) -> str:
    if not row["linked"]:
        return "not linked | | | | "
    target = "static musl" if row["target"].endswith("musl") else row["needs"][0]
    size = f"{row['size'] / 1e6:.0f} MB"
    return f"{target} | {size} | {row['seconds']:.1f} s | {row['checks']} | {len(row['surroundings'])}"


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
