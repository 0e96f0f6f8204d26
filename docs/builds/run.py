"""Builds, judges and tests what `rows.toml` names, with the commands that everybody has, and keeps what they said.

`make builds` runs it; `docs/generate.py` makes the table of docs/reference/builds.md from `results.json`. A build that
fails is in the table as one that fails. Words on the command line choose: `run.py 3.14 gnu pgo+lto` does the rows in
whose names all of them stand.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tarfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from pydist.store import digest_file

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One distribution of the table. `suite` is whether CPython's own tests run."""

    python: str
    target: str
    options: str
    suite: bool

    @property
    def name(self) -> str:
        return f"{self.python} {self.target} {self.options}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    parser.add_argument("words", nargs="*", help="only rows in whose names all of these stand")
    parser.add_argument("--output", type=Path, default=Path("dist"), metavar="DIR", help="where the archives go")
    parser.add_argument("--archive", type=Path, action="append", default=[], metavar="FILE",
                        help="judge and test this full archive, which was built before, and build nothing")  # fmt: skip
    parser.add_argument("--no-suite", action="store_true", help="leave CPython's own tests out")
    args = parser.parse_args()
    for archive in args.archive:
        keep(*examined(archive, suite=not args.no_suite))
    if args.archive:
        return 0
    chosen = [row for row in rows() if all(word in [*row.name.split(), row.name] for word in args.words)]
    failed = 0
    for row in chosen:
        print(row.name, flush=True)
        result = made(row, args.output, suite=row.suite and not args.no_suite)
        failed += result["build"] is None
        keep(row, result)
    return 1 if failed else 0


def rows() -> Iterator[Row]:
    """The rows of the table, the newest Python of a target first."""
    for group in tomllib.loads((HERE / "rows.toml").read_text(encoding="utf-8"))["rows"]:
        for python in group["python"]:
            for options in group["options"]:
                yield Row(python=python, target=group["target"], options=options, suite=options in group["suite"])


def made(row: Row, output: Path, *, suite: bool) -> dict[str, Any]:
    """What the commands said about one row; None for a command whose say is an error."""
    build = said("build", "--python", row.python, "--target", row.target, "--options", row.options, "-o", str(output))
    if build is None:
        return {"build": None, "validate": None, "test": None}
    archive = build["full"]["path"]
    return {
        "build": build,
        "validate": said("validate", archive),
        "test": said("test", archive, *([] if suite else ["--no-suite"])),
    }


def examined(archive: Path, *, suite: bool) -> tuple[Row, dict[str, Any]]:
    """The row of an archive that was built before, and what the other commands say about it."""
    test = said("test", str(archive), *([] if suite else ["--no-suite"]))
    row = Row(
        python=".".join(test["python_version"].split(".")[:2]),
        target=test["target_triple"],
        options=test["build_options"],
        suite=suite,
    )
    print(row.name, flush=True)
    long = archive.with_name(archive.name.replace("-full.tar.zst", "-install_only.tar.gz"))
    short = archive.with_name(archive.name.replace(f"-{row.options}-full.tar.zst", "-install_only.tar.gz"))
    install_only = long if long.exists() else short
    manifest = manifest_of(archive)
    build = {
        "python_version": test["python_version"],
        "full": {"size": archive.stat().st_size, "sha256": digest_file(archive)},
        "install_only": {"size": install_only.stat().st_size},
        "extensions": len(manifest["build_info"]["extensions"]),
    }
    return row, {"build": build, "validate": said("validate", str(archive)), "test": test}


def manifest_of(archive: Path) -> dict[str, Any]:
    """The manifest in a full archive; it is the first member."""
    with (
        archive.open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as plain,
        tarfile.open(fileobj=plain, mode="r|") as members,
    ):
        for member in members:
            if content := members.extractfile(member):
                manifest: dict[str, Any] = json.load(content)
                return manifest
    raise ValueError(f"{archive}: no manifest")


def said(command: str, *arguments: str) -> Any:
    """The document that `pydist COMMAND --json` prints. Exit codes 1 and 3 are verdicts too: bad, and incomplete."""
    line = [sys.executable, "-m", "pydist", command, "--json", *arguments]
    ran = subprocess.run(line, stdout=subprocess.PIPE, check=False)
    if ran.returncode not in (0, 1, 3) or not ran.stdout:
        print(f"  {command} failed with exit code {ran.returncode}", file=sys.stderr)
        return None
    return json.loads(ran.stdout)


def keep(row: Row, result: dict[str, Any]) -> None:
    """Write what was said into `results.json`, beside what other rows said."""
    results = json.loads(RESULTS.read_bytes()) if RESULTS.is_file() else {}
    entry = summary(result)
    about = {"python": row.python, "target": row.target, "options": row.options}
    results[row.name] = about | {"date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"} | entry
    fresh = RESULTS.with_name(f".{RESULTS.name}.{os.getpid()}")
    fresh.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    fresh.replace(RESULTS)


def summary(result: dict[str, Any]) -> dict[str, Any]:
    """The numbers of the table; what was not run or not said is not in it."""
    build, verdict, test = result["build"], result["validate"], result["test"]
    if build is None:
        return {"built": False}
    found: dict[str, Any] = {
        "built": True,
        "version": build["python_version"],
        "full": build["full"]["size"],
        "install_only": build["install_only"]["size"],
        "sha256": build["full"]["sha256"],
        "extensions": build["extensions"],
    }
    if verdict is not None:
        found["validate"] = verdict_of(verdict)
    if test is not None:
        found["checks"] = dict(Counter(result["verdict"] for result in test["results"]))
        found["failed"] = [result["check"] for result in test["results"] if result["verdict"] == "failed"]
        if suite := test.get("suite"):
            counted = ("known_failures", "new_failures", "out_of_date")
            found["suite"] = {"tests": suite["tests"]} | {key: len(suite[key]) for key in counted}
    return found


def verdict_of(report: dict[str, Any]) -> str:
    (judged,) = report["reports"]
    return str(judged["verdict"])


if __name__ == "__main__":
    sys.exit(main())
