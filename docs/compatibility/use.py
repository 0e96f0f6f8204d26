"""Links what `applications.toml` names, with default options, uses it as people do and keeps what came of it.

`make compatibility` runs it; `docs/generate.py` makes the table of docs/reference/compatibility.md from `results.json`.
Words on the command line choose rows by name. Some surroundings need root, and are left out without.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
PATIENCE = 180  # seconds for one command
# Without privileges of the machine's root, but as one in a name space: who mounts there changes nothing elsewhere.
APART = ("unshare", "--mount", "--map-root-user", "--")


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
        yield Row(name=name, link=tuple(row["link"]), quick=tuple(row["quick"]), checks=checks)


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
    around = dict(surroundings(row, program, report, crowd))
    return {
        "date": date,
        "linked": True,
        "packages": versions(report),
        "target": report["contents"]["interpreter"]["target_triple"],
        "needs": report["needs"],
        "size": report["size"],
        "seconds": round(seconds, 1),
        "checks": len(row.checks) + 1,
        "surroundings": sorted(name for name, fault in around.items() if not fault),
        "failed": [*failed, *(f"{name}: {fault}" for name, fault in around.items() if fault)],
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
        return fault(["sh", "-c", check.run], env=variables, cwd=work, code=check.code, finds=check.finds)


def fault(command: Sequence[str | Path], *, code: int = 0, finds: str = "", **options: Any) -> str | None:
    """What is wrong with how `command` ended, or None."""
    shown = " ".join(map(str, command))[-60:]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False, **options
        )
    except subprocess.TimeoutExpired:
        return f"{shown}: no end after {PATIENCE} s"
    text = done.stdout.decode(errors="replace")
    if done.returncode != code:
        last = (done.stderr.decode(errors="replace").strip() or text.strip()).splitlines()[-1:]
        return f"{shown}: exit code {done.returncode}: {' '.join(last)[:200]}"
    return None if re.search(finds, text) else f"{shown}: {finds!r} is not in what it printed"


def surroundings(row: Row, program: Path, report: Mapping[str, Any], crowd: int) -> Iterator[tuple[str, str | None]]:
    """Each place in which the quick run is made, and what was wrong there."""
    command = [str(program), *row.quick]
    home = program.parent / "home"
    home.mkdir()
    empty: dict[str, Any] = {"env": {"HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C.UTF-8"}, "cwd": "/"}
    yield "hardly any variables", fault(command, **empty)
    yield "everything read-only", fault([*APART, "sh", "-c", READ_ONLY, *command], **empty)
    yield "no programs allowed in /tmp", fault([*APART, "sh", "-c", NO_PROGRAMS, *command], **empty)
    static = not report["needs"]
    if static:
        yield "no /proc", fault([*APART, "sh", "-c", NO_PROC, *command], **empty)
    odd = program.parent / "zwölf päckchen" / "the app"
    odd.parent.mkdir()
    shutil.copy2(program, odd)
    yield "spaces and umlauts in its path", fault([odd, *row.quick], **empty)
    yield f"{crowd} at once", at_once(crowd, command, empty)
    if os.geteuid() == 0:
        program.parent.chmod(0o755)
        shutil.rmtree(home)
        home.mkdir()
        home.chmod(0o777)
        yield "another user", fault(["setpriv", "--reuid=65534", "--clear-groups", *command], **empty)
        yield "nothing else on the disk" if static else "nothing but the C library", alone(row, program, report)


# Applications may write what they want to their users' folders.
READ_ONLY = 'mount -t tmpfs none "$HOME" && mount -o remount,bind,ro / && exec "$0" "$@"'
NO_PROGRAMS = 'mount -t tmpfs -o noexec,size=1m none /var/tmp && mount --bind /var/tmp /dev/shm && exec "$0" "$@"'
NO_PROC = 'mount -t tmpfs none /proc && exec "$0" "$@"'


def at_once(crowd: int, command: Sequence[str], options: Mapping[str, Any]) -> str | None:
    with ThreadPoolExecutor(crowd) as pool:
        faults = [found for found in pool.map(lambda _: fault(command, **options), range(crowd)) if found]
    return f"{len(faults)} of {crowd}: {faults[0]}" if faults else None


def alone(row: Row, program: Path, report: Mapping[str, Any]) -> str | None:
    """In a root folder with nothing but /dev/null and what the link's report says that it needs."""
    with tempfile.TemporaryDirectory(prefix="pydist-root-") as folder:
        root = Path(folder)
        shutil.copy2(program, root / "app")
        for library in libraries(report["needs"]):
            place = root / library.relative_to("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(library.resolve(), place)
        setting = f"mkdir {root}/dev && touch {root}/dev/null && mount --bind /dev/null {root}/dev/null && "
        if report["needs"]:
            (root / "proc").mkdir()
            setting += f"mount -t proc none {root}/proc && "
        script = f'{setting}exec chroot {root} /app "$@"'
        command = ["unshare", "--mount", "--pid", "--fork", "--", "sh", "-c", script, "sh", *row.quick]
        return fault(command, env={"HOME": "/", "LC_ALL": "C.UTF-8"}, cwd="/")


def libraries(needs: Sequence[str]) -> Iterator[Path]:
    """The files of this machine that a system must have, and what those need themselves."""
    if not needs:
        return
    glibc = ("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libresolv.so.2")
    names = [*glibc, *(name for need in needs for name in re.findall(r"\S+\.so\.[\d.]+", need))]
    folders = (Path("/lib/x86_64-linux-gnu"), Path("/usr/lib/x86_64-linux-gnu"))
    found = {Path("/lib64/ld-linux-x86-64.so.2")}
    for name in names:
        path = next((folder / name for folder in folders if (folder / name).exists()), None)
        if path:
            listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
            found |= {path, *map(Path, re.findall(r"=> (/\S+)", listed))}
    yield from sorted(found)


def keep(name: str, result: Mapping[str, Any]) -> None:
    """Write what came of a row into `results.json`, beside the others."""
    results = json.loads(RESULTS.read_bytes()) if RESULTS.is_file() else {}
    results[name] = result
    fresh = RESULTS.with_name(f".{RESULTS.name}.{os.getpid()}")
    fresh.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    fresh.replace(RESULTS)


if __name__ == "__main__":
    sys.exit(main())
