"""Makes one application of `probes/` with pydist and with other tools, each with its default options, and asks it.

`make probes` runs it; `docs/generate.py` makes the table of docs/reference/compatibility.md from `probes.json`. The
other tools come from the package index, into virtual environments of the Python that runs this. Words choose tools.
"""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROJECT = "project"  # a copy, because building a package leaves files in its folder
RESULTS = HERE / "probes.json"
PATIENCE = 1800  # seconds; Nuitka compiles for minutes
ENTRY = "from probes.main import main\n\nif __name__ == '__main__':\n    main()\n"


def plain(folder: Path) -> list[str]:
    """What the others are compared with: the project, installed."""
    environment(folder)
    return [str(folder / "venv/bin/probes")]


def pydist(folder: Path) -> list[str]:
    run([sys.executable, "-m", "pydist", "link", "-q", PROJECT, "-o", folder / "app"], folder)
    return [str(folder / "app")]


def pyinstaller(folder: Path) -> list[str]:
    environment(folder, "pyinstaller")
    run(["venv/bin/pyinstaller", "--onefile", "--log-level", "ERROR", "entry.py"], folder)
    return [str(folder / "dist/entry")]


def nuitka(folder: Path) -> list[str]:
    environment(folder, "nuitka", "zstandard")
    run(["venv/bin/python", "-m", "nuitka", "--onefile", "--quiet", "--assume-yes-for-downloads", "entry.py"], folder)
    return [str(folder / "entry.bin")]


def cx_freeze(folder: Path) -> list[str]:
    environment(folder, "cx_Freeze")
    run(["venv/bin/cxfreeze", "--script", "entry.py", "--target-dir", "out", "--silent"], folder)
    return [str(folder / "out/entry")]


def pex(folder: Path) -> list[str]:
    environment(folder, "pex")
    run(["venv/bin/pex", f"./{PROJECT}", "-c", "probes", "-o", "app.pex"], folder)
    return [str(folder / "app.pex")]


def shiv(folder: Path) -> list[str]:
    environment(folder, "shiv", "pip")
    run(["venv/bin/shiv", "-c", "probes", "-o", "app.pyz", f"./{PROJECT}"], folder)
    return [str(folder / "app.pyz")]


TOOLS: Mapping[str, Callable[[Path], list[str]]] = {
    "plain Python": plain, "pydist": pydist, "PyInstaller": pyinstaller, "Nuitka": nuitka, "cx_Freeze": cx_freeze,
    "PEX": pex, "shiv": shiv,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="probe.py", description=__doc__)
    parser.add_argument("tools", nargs="*", metavar="TOOL", help=f"only these of {', '.join(TOOLS)}")
    args = parser.parse_args()
    for name, make in TOOLS.items():
        if args.tools and name not in args.tools:
            continue
        with tempfile.TemporaryDirectory(prefix="pydist-probes-") as place:
            result = asked(make, Path(place))
        print(f"{name}: {result['passed']} of {result['probes']}", flush=True)
        keep(name, result)
    return 0


def asked(make: Callable[[Path], list[str]], folder: Path) -> dict[str, Any]:
    """What the probes say in an application that `make` makes in `folder`."""
    shutil.copytree(HERE / "probes", folder / PROJECT)
    (folder / "entry.py").write_text(ENTRY, encoding="utf-8")
    command = make(folder)
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=folder
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    return {
        "date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}", "probes": answer["probes"],
        "passed": answer["probes"] - len(answer["failed"]), "failed": answer["failed"],
    }  # fmt: skip


def environment(folder: Path, *packages: str) -> None:
    """A virtual environment with the project and `packages`."""
    run(["uv", "venv", "--quiet", "--python", sys.executable, "venv"], folder)
    run(["uv", "pip", "install", "--quiet", "--python", "venv/bin/python", f"./{PROJECT}", *packages], folder)


def run(command: Sequence[str | Path], folder: Path) -> None:
    subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=True)


def keep(name: str, result: Mapping[str, Any]) -> None:
    results = json.loads(RESULTS.read_bytes()) if RESULTS.is_file() else {}
    results[name] = result
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
