"""The table of docs/reference/builds.md, from what `make builds` measured."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["lines"]

_RESULTS = Path(__file__).resolve().parent / "results.json"


def lines() -> Iterator[str]:
    """One row per distribution, newest Python first within a target."""
    results: dict[str, Any] = json.loads(_RESULTS.read_bytes()) if _RESULTS.is_file() else {}
    yield "| target | Python | options | full | install_only | modules | `validate` | `test` | CPython's suite | date |"
    yield "|---|---|---|---:|---:|---:|---|---|---|---|"
    for row in sorted(results.values(), key=_order):
        version = row.get("version", row["python"])
        yield f"| {row['target']} | {version} | `{row['options']}` | {_measured(row)} | {row['date']} |"


def _order(row: Mapping[str, Any]) -> tuple[str, list[int], str]:
    return row["target"], [-int(part) for part in row["python"].split(".")], row["options"]


def _measured(row: Mapping[str, Any]) -> str:
    if not row["built"]:
        return "the build fails | | | | | "
    sizes = f"{row['full'] / 1e6:.1f} MB | {row['install_only'] / 1e6:.1f} MB"
    return f"{sizes} | {row['extensions']} | {row.get('validate', 'no verdict')} | {_checks(row)} | {_suite(row)}"


def _checks(row: Mapping[str, Any]) -> str:
    if "checks" not in row:
        return "not run"
    text = ", ".join(
        f"{count} {verdict}" for verdict, count in sorted(row["checks"].items(), key=lambda item: -item[1])
    )
    return f"{text}: {', '.join(row['failed'])}" if row["failed"] else text


def _suite(row: Mapping[str, Any]) -> str:
    suite = row.get("suite")
    if not suite:
        return "not run"
    return f"{suite['tests']:,} tests, {suite['known_failures']} known failures, {suite['new_failures']} unexplained"
