"""A sample of what `make fuzz` throws: no crash, no hang, nothing written outside.

`PYDIST_FUZZ_INPUTS` says how many inputs, `PYDIST_FUZZ_SEED` which ones.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.fuzz.throw import throw

INPUTS = int(os.environ.get("PYDIST_FUZZ_INPUTS", "200"))
SEED = int(os.environ.get("PYDIST_FUZZ_SEED", "1"))


def test_every_reader_answers_every_damaged_input(tmp_path: Path) -> None:
    outcome = throw(INPUTS, SEED, tmp_path)
    assert not outcome.failures, "\n\n".join(outcome.failures[:20])
    assert sum(outcome.counts.values()) >= INPUTS
