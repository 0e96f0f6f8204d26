"""The table of docs/reference/compatibility.md, from what `make compatibility` found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["lines"]

_RESULTS = Path(__file__).resolve().parent / "results.json"


def lines() -> Iterator[str]:
    """One row per application."""
    results: dict[str, Any] = json.loads(_RESULTS.read_bytes()) if _RESULTS.is_file() else {}
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
