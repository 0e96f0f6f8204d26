"""`python -m tests.fuzz.guided READER [--corpus DIR] [--seconds N] [OPTION…]`: let atheris look for new paths.

Inputs that reach new code are kept in DIR (`.fuzz/READER`), so a run goes on where the last one ended; further options
are libFuzzer's. It begins with those of `tests/fuzz/kept/READER/`, which the tests repeat: put there what a reader
answers wrongly (it is written to DIR and ends the run), and what a long run found: as little as reaches the same
(libFuzzer's -merge=1 and -use_counters=0), at most 4 KiB each.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import sys
from pathlib import Path

_PATIENCE = 10  # seconds for one input
_ROOM = 2048  # MiB
_LARGEST = 64 << 10  # bytes of one input


def main() -> int:
    try:
        import atheris  # an extra of developers, without wheels for some systems
    except ImportError:
        print("this machine lacks atheris; run: pip install --group fuzz", file=sys.stderr)
        return 3
    with atheris.instrument_imports(include=["pydist"]):
        readers = importlib.import_module("tests.fuzz.readers")
        errors = importlib.import_module("pydist.errors")
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("reader", choices=sorted(readers.READERS))
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--seconds", type=int, default=60)
    args, options = parser.parse_known_args()
    corpus = args.corpus or Path(".fuzz", args.reader)
    corpus.mkdir(parents=True, exist_ok=True)
    reader = readers.READERS[args.reader]
    for seed in (*reader.seeds, *readers.kept(args.reader)):
        (corpus / hashlib.sha256(seed).hexdigest()[:40]).write_bytes(seed)

    def answer(data: bytes) -> None:
        with contextlib.suppress(errors.InputError):
            reader.read(data)

    limits = [f"-timeout={_PATIENCE}", f"-rss_limit_mb={_ROOM}", f"-max_len={_LARGEST}"]
    limits += [f"-max_total_time={args.seconds}", f"-artifact_prefix={corpus}/"]
    atheris.Setup([sys.argv[0], *limits, *options, str(corpus)], answer)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
