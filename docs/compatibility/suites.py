"""Runs the test-suites of `suites.toml` inside applications, and holds what fails against the tables of known failures.

`make test-all` runs it; `docs/generate.py` makes the table of docs/reference/compatibility.md from `suites.json`. Words
on the command line choose suites by name. The distributions are the store's, built with their tests by `pydist build`.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydist.errors import FaultCollector
from pydist.link.resolve import run_uv
from pydist.policy.table import Row
from pydist.trial.compare import SuiteReport, compare
from pydist.trial.failures import KnownRow, failure_rows, load_failures
from pydist.trial.junit import JunitResults, read_junit
from pydist.trial.outcome import Problem
from pydist.trial.regrtest import LogFacts, read_log
from pydist.trial.running import run
from pydist.trial.suite import SuiteRun, faults_of

HERE = Path(__file__).resolve().parent
TABLE = HERE / "suites.toml"
RESULTS = HERE / "suites.json"
PATIENCE = 3600  # seconds for one suite
CPYTHON = "cpython.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """An application whose runner runs tests, and what the link's report says of its Python."""

    program: Path
    runner: str
    target: str
    options: tuple[str, ...]
    version: str

    def known(self, rows: Sequence[KnownRow]) -> tuple[KnownRow, ...]:
        series = self.version.rpartition(".")[0]
        own = (row for row in rows if row.holds_for(self.target, self.options, series))
        return (*own, *load_failures().of(self.target, self.options, series))


def main() -> int:
    about = table()
    parser = argparse.ArgumentParser(prog="suites.py", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these suites")
    parser.add_argument("--target", choices=about["targets"], action="append", help="only for this; may be repeated")
    parser.add_argument("--dist", metavar="FILE", action="append", default=[],
                        help="a distribution with tests, for the target in its name; may be repeated")  # fmt: skip
    args = parser.parse_args()
    rows = known_failures(about)
    suites = {name: suite for name, suite in about["suite"].items() if not args.names or name in args.names}
    good = True
    for target in args.target or about["targets"]:
        dist = next((path for path in args.dist if target in Path(path).name), None)
        for name in dict.fromkeys(suite["application"] for suite in suites.values()):
            with tempfile.TemporaryDirectory(prefix="pydist-suites-") as place:
                made = linked(about["application"][name], target, dist, Path(place))
                for suite, row in suites.items():
                    if row["application"] == name:
                        good &= judged(suite, row["arguments"], made, rows, Path(place))
    return 0 if good else 1


def table() -> dict[str, Any]:
    """What `suites.toml` says."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def known_failures(about: Mapping[str, Any]) -> tuple[KnownRow, ...]:
    """The failures that the table explains."""
    faults = FaultCollector(TABLE.name)
    rows = failure_rows(Row({"failure": about.get("failure", [])}, faults), faults)
    faults.raise_if_any("the table of known failures is not right")
    return rows


def linked(application: Mapping[str, Any], target: str, dist: str | None, folder: Path) -> Linked:
    """Link the application; its program goes into `folder`."""
    sources = folder / "sources"
    shutil.copytree(HERE / "runners", sources)
    requirements = [take(application["source"], application["files"], sources)] if "source" in application else []
    program = folder / "runner"
    script = sources / application["script"]
    command = [sys.executable, "-m", "pydist", "link", "--json", script, "-o", program, "--target", target]
    command += [*application["link"], *application.get(f"link-{target}", [])]
    command += [word for requirement in requirements for word in ("--with", requirement)]
    command += ["--dist", dist] if dist else []
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    facts = json.loads(done.stdout)["contents"]["interpreter"]
    return Linked(
        program=program, runner=script.name, target=facts["target_triple"],
        options=tuple(facts["build_options"].split("+")), version=facts["version"],
    )  # fmt: skip


def take(package: str, files: Sequence[str], folder: Path) -> str:
    """Put `files` of the source archive of `package` into `folder`; the requirement that is its version."""
    with tempfile.TemporaryDirectory(prefix="pydist-source-") as place:
        command = ["pip", "compile", "-q", "--no-deps", "--no-binary", package, "--format", "pylock.toml", "-"]
        answer = run_uv(command, what=f"the source archive of {package}", folder=Path(place), stdin=f"{package}\n")
        (locked,) = tomllib.loads(answer)["packages"]
        archive = locked["sdist"]
        with urllib.request.urlopen(archive["url"]) as answer:  # noqa: S310 - the index of whoever runs this
            data = answer.read()
        if hashlib.sha256(data).hexdigest() != archive["hashes"]["sha256"]:
            raise SystemExit(f"{archive['url']}: other bytes than the index says")
        Path(place, "archive").write_bytes(data)
        with tarfile.open(Path(place, "archive")) as tar:
            tar.extractall(place, filter="data")
        (top,) = (path for path in Path(place).iterdir() if path.is_dir())
        for name in files:
            shutil.copytree(top / name, folder / name)
    return f"{package}=={locked['version']}"


def judged(suite: str, arguments: Sequence[str], made: Linked, rows: Sequence[KnownRow], place: Path) -> bool:
    """Run one suite, say how it ended and keep that. Whether nothing failed without a known reason."""
    folder = place / suite
    folder.mkdir()
    began = time.monotonic()
    log, results, faults = ran(suite, arguments, made, folder)
    report = compare(log, results, made.known(rows), faults=faults)
    new = [f"{problem.where}: {problem.found}" for problem in (*report.new_failures, *report.out_of_date)]
    print(f"{suite}, {made.target}: {report.passed} passed, {report.skipped} skipped, "
          f"{len(report.known_failures)} known failures, {len(new)} faults", *new, sep="\n  ", flush=True)  # fmt: skip
    keep(suite, made, report, new, time.monotonic() - began)
    return not new


def ran(
    suite: str, arguments: Sequence[str], made: Linked, folder: Path
) -> tuple[LogFacts, JunitResults, Sequence[Problem]]:
    """How the tests ended, and what was wrong with the run itself."""
    results, text = folder / "results", folder / "log"
    home = folder / "home"
    home.mkdir()
    known = load_failures()
    options: Sequence[str | Path] = [results]
    if made.runner == CPYTHON:
        options = ["-W", "--timeout", str(known.seconds), "-u", ",".join(known.resources), "--junit-xml", results,
                   "--tempdir", folder]  # fmt: skip
    ended = run(
        [made.program, *options, *arguments], cwd=folder, seconds=PATIENCE, log=text,
        env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LC_ALL": "C.UTF-8", "TERM": "dumb"},
    )  # fmt: skip
    said = text.read_text(encoding="utf-8", errors="replace")
    if made.runner == CPYTHON:
        log, found = read_log(said), read_junit(results)
        return log, found, faults_of(SuiteRun(code=ended.code, said=said[-1500:], log=log, results=found, faults=()),
                                     arguments)  # fmt: skip
    noted = json.loads(results.read_bytes())
    found = JunitResults(passed={dotted(suite, test) for test in noted["passed"]},
                         failed={dotted(suite, test): text for test, text in noted["failed"].items()},
                         skipped={dotted(suite, test): text for test, text in noted["skipped"].items()})  # fmt: skip
    # 0 and 1 of pytest: all passed, some failed.
    faults = [] if ended.code in (0, 1) else [Problem(what="did not come to its end", where=suite, found=said[-1500:])]
    return LogFacts(fine={suite}), found, faults


def dotted(suite: str, test: str) -> str:
    """pytest's name of a test as tables of failures write it."""
    return f"{suite}.{test}".replace(".py::", ".").replace("::", ".").replace("/", ".")


def keep(suite: str, made: Linked, report: SuiteReport, new: Sequence[str], seconds: float) -> None:
    """Write what came of a suite into `suites.json`, beside the others."""
    kept = json.loads(RESULTS.read_bytes()) if RESULTS.is_file() else {}
    kept.setdefault(suite, {})[made.target] = {
        "date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
        "python": f"{made.version} {'+'.join(made.options)}",
        "passed": report.passed,
        "skipped": report.skipped,
        "known": {failure.test: failure.reason for failure in report.known_failures},
        "new": list(new),
        "seconds": round(seconds),
    }
    fresh = RESULTS.with_name(f".{RESULTS.name}.{os.getpid()}")
    fresh.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    fresh.replace(RESULTS)


if __name__ == "__main__":
    sys.exit(main())
