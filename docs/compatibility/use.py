"""Links what `applications.toml` names, with default options, uses it as people do and keeps what came of it.

`make compatibility` runs it; `docs/generate.py` makes the table of docs/reference/compatibility.md from `results.json`.
Words on the command line choose rows by name. The surroundings are those of `rooms.py`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
rooms = SimpleNamespace(**runpy.run_path(str(HERE / "rooms.py")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A shell command and what it must come to."""

    run: str
    finds: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One application: see the head of `applications.toml`."""

    name: str
    link: tuple[str, ...]
    quick: tuple[str, ...]
    checks: tuple[Check, ...]
    not_in: Mapping[str, str]


def main() -> int:
    parser = argparse.ArgumentParser(prog="use.py", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these rows")
    parser.add_argument("--at-once", type=int, default=200, metavar="N", help="starts at once (default %(default)s)")
    args = parser.parse_args()
    chosen = [row for row in rows() if not args.names or row.name in args.names]
    failed = 0
    for row in chosen:
        with tempfile.TemporaryDirectory(prefix="pydist-compatibility-") as folder:
            result = tried(row, Path(folder), args.at_once)
        failed += bool(result["failed"])
        print(f"{row.name}: {'; '.join(result['failed']) or 'good'}", flush=True)
        keep(row.name, result)
    return 1 if failed else 0


def rows() -> Iterator[Row]:
    """The rows of the table."""
    for name, row in tomllib.loads((HERE / "applications.toml").read_text(encoding="utf-8")).items():
        checks = tuple(Check(**check) for check in row["checks"])
        yield Row(name=name, link=tuple(row["link"]), quick=tuple(row["quick"]), checks=checks,
                  not_in=row.get("not-in", {}))  # fmt: skip


def tried(row: Row, folder: Path, crowd: int) -> dict[str, Any]:
    """Link and use one application in `folder`."""
    program = folder / "app"
    began = time.monotonic()
    command = [sys.executable, "-m", "pydist", "link", "--json", *row.link, "-o", str(program)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    date = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
    if done.returncode:
        return {"date": date, "linked": False, "failed": [f"link: {done.stderr.strip().splitlines()[-1:]}"]}
    seconds = time.monotonic() - began
    report = json.loads(done.stdout)
    failed = [fault for check in row.checks if (fault := fault_of(check, program))]
    home = folder / "home"
    home.mkdir()
    folder.chmod(0o755)  # another user runs it, too
    guest = rooms.Guest(
        program=program, arguments=row.quick, needs=[*report["needs"], *report["plugin_needs"]], home=home, crowd=crowd
    )
    around: dict[str, str | None] = dict(rooms.tried(guest))
    explained = {name: row.not_in[name] for name, fault in around.items() if fault and name in row.not_in}
    written = rooms.written(guest)
    return {
        "date": date,
        "linked": True,
        "packages": versions(report),
        "target": report["contents"]["interpreter"]["target_triple"],
        "needs": report["needs"],
        "size": report["size"],
        "seconds": round(seconds, 1),
        "checks": len(row.checks) + 1,
        "rooms": sorted(name for name, fault in around.items() if not fault),
        "crowd": crowd,
        "written": written and {"files": written.files, "size": written.size},
        "explained": explained,
        "failed": [*failed, *(f"{name}: {fault}" for name, fault in around.items() if fault and name not in explained)],
    }


def versions(report: Mapping[str, Any]) -> str:
    """The application's own package and version, or its requirements'."""
    packages = {package["name"].lower(): package["version"] for package in report["contents"]["packages"]}
    return ", ".join(f"{name} {version}" for name, version in sorted(packages.items()))


def fault_of(check: Check, program: Path) -> str | None:
    with tempfile.TemporaryDirectory(prefix="pydist-check-") as folder:
        home = Path(folder, "home")
        work = Path(folder, "work")
        home.mkdir()
        work.mkdir()
        variables = {"PATH": os.environ["PATH"], "HOME": str(home), "PROGRAM": str(program), "LC_ALL": "C.UTF-8"}
        found = rooms.fault(["sh", "-c", check.run], env=variables, cwd=work, code=check.code, finds=check.finds)
        return f"{check.run[-60:]}: {found}" if found else None


def keep(name: str, result: Mapping[str, Any]) -> None:
    """Write what came of a row into `results.json`, beside the others."""
    results = json.loads(RESULTS.read_bytes()) if RESULTS.is_file() else {}
    results[name] = result
    fresh = RESULTS.with_name(f".{RESULTS.name}.{os.getpid()}")
    fresh.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    fresh.replace(RESULTS)


if __name__ == "__main__":
    sys.exit(main())
