"""What the tables of compatibility are made of is complete."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parents[2] / "docs/compatibility"


def test_every_suite_was_run_for_every_target_and_no_failure_is_unexplained() -> None:
    table = tomllib.loads((HERE / "suites.toml").read_text(encoding="utf-8"))
    results = json.loads((HERE / "suites.json").read_bytes())
    assert {suite: sorted(rows) for suite, rows in results.items()} == dict.fromkeys(
        table["suite"], sorted(table["targets"])
    )
    assert [(suite, row["new"]) for suite, rows in results.items() for row in rows.values() if row["new"]] == []
    assert all(row["passed"] for rows in results.values() for row in rows.values())


def test_every_application_has_a_row() -> None:
    table = tomllib.loads((HERE / "applications.toml").read_text(encoding="utf-8"))
    assert set(json.loads((HERE / "results.json").read_bytes())) == set(table)
