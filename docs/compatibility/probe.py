"""Makes one application of `probes/` with pydist and with other tools, each with its default options, and asks it.

`make probes` runs it; `docs/generate.py` makes the table of docs/reference/compatibility.md from `probes.json`. The
other tools come from the package index, into virtual environments of the Python that runs this. Words choose tools.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from peers import PATIENCE, TOOLS, VENV, Program, Tool, made, prepared

HERE = Path(__file__).resolve().parent
PROJECT = "project"  # a copy, because building a package leaves files in its folder
RESULTS = HERE / "probes.json"
PLAIN = "plain Python"  # what the others are compared with: the project, installed
PROBES = Program(name="probes", requirements=(f"./{PROJECT}",), console="probes", function="probes.main:main")


def main() -> int:
    parser = argparse.ArgumentParser(prog="probe.py", description=__doc__)
    names = [PLAIN, *(tool.name for tool in TOOLS)]
    parser.add_argument("tools", nargs="*", metavar="TOOL", help=f"only these of: {'; '.join(names)}")
    args = parser.parse_args()
    for tool in (None, *TOOLS):
        name = tool.name if tool else PLAIN
        if args.tools and name not in args.tools:
            continue
        with tempfile.TemporaryDirectory(prefix="pydist-probes-") as place:
            result = asked(tool, Path(place))
        print(f"{name}: {result['passed']} of {len(result['probes'])}", flush=True)
        keep(name, result)
    return 0


def asked(tool: Tool | None, folder: Path) -> dict[str, Any]:
    """What the probes say in the application that a tool makes in `folder`, or as they are installed."""
    shutil.copytree(HERE / "probes", folder / PROJECT)
    prepared(PROBES, tool.packages if tool else (), folder, Path(sys.executable))
    command = made(tool, PROBES, folder) if tool else [str(folder / VENV / "bin/probes")]
    answer = json.loads(said(command, folder))
    return {
        "date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}", "probes": answer["probes"],
        "passed": len(answer["probes"]) - len(answer["failed"]), "failed": answer["failed"],
    }  # fmt: skip


def said(command: Sequence[str], folder: Path) -> str:
    """The last line that the application prints. What it started and left behind is ended."""
    with (folder / "said").open("w+", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, cwd=folder, start_new_session=True)
        try:
            process.wait(PATIENCE)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        output.seek(0)
        return output.read().splitlines()[-1]


def keep(name: str, result: Mapping[str, Any]) -> None:
    results = json.loads(RESULTS.read_bytes()) if RESULTS.is_file() else {}
    results[name] = result
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
