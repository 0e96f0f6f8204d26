"""`python -m tests.fuzz [COUNT] [--seed N] [--first N]`: throw damaged inputs and print what became of them."""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.throw import throw

_MEMORY = 8 << 30  # bytes of address space: an input that needs more is a failure, not a slow machine


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first input, to repeat one")
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    began = time.monotonic()

    def tell(number: int) -> None:
        if (number + 1) % 1000 == 0:
            print(f"{time.monotonic() - began:7.1f} s  {number + 1:,} inputs", file=sys.stderr)

    with tempfile.TemporaryDirectory(prefix="pydist-fuzz-") as folder:
        outcome = throw(args.count, args.seed, Path(folder).resolve(), args.first, tell)
    for what, count in sorted(outcome.counts.items()):
        print(f"{count:7,}  {what}")
    for failure in outcome.failures[:50]:
        print(f"\n{failure}")
    print(f"\n{args.count:,} inputs, {len(outcome.failures)} failures, {time.monotonic() - began:.0f} s")
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
