"""Damaged inputs never crash, hang, or make a reader write where it should not; `make fuzz` throws 10,000."""

from __future__ import annotations

import os
from pathlib import Path

from tests.fuzz.inputs import make_input
from tests.fuzz.throw import throw


def test_fuzz_readers_return_or_refuse_and_write_nowhere_else(tmp_path: Path) -> None:
    count = int(os.environ.get("PYDIST_FUZZ_INPUTS", "300"))
    outcome = throw(count, 1, tmp_path)
    print("\n".join(f"{number:7,}  {what}" for what, number in sorted(outcome.counts.items())))
    assert outcome.failures == []
    assert sum(outcome.counts.values()) == 4 * count


def test_fuzz_an_input_can_be_made_again_from_its_number(tmp_path: Path) -> None:
    for number in range(40):
        kinds = [make_input(7, number, tmp_path / f"{number}-{name}", tmp_path) for name in "ab"]
        assert kinds[0] == kinds[1]
        if (tmp_path / f"{number}-a").is_file():
            assert (tmp_path / f"{number}-a").read_bytes() == (tmp_path / f"{number}-b").read_bytes()
