"""The page that compares our rules with the ancestor's checks speaks of rules that there are."""

from __future__ import annotations

import re
from pathlib import Path

from pydist.validate.rules import load_rules

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "upstream-checks.md"
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d+ \|", line)
]


def test_every_check_of_the_ancestor_has_one_row() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 49))
    assert all(looks_at and answer for _, looks_at, answer in ROWS)


def test_every_row_names_rules_or_says_why_there_is_none() -> None:
    for number, _, answer in ROWS:
        named = re.findall(r"`([a-z]+\.[a-z0-9-]+)`", answer)
        assert set(named) <= load_rules().keys(), number
        assert answer.startswith(("`", "none: ")), number
