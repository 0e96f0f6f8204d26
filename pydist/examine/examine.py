"""`examine`: a private, moved copy of a distribution, every check one after the other, CPython's tests, a report.

Invariant: whatever the distribution does, the result is a report; only an input that is no distribution, or one that
this machine cannot start, raises. Nothing is left behind.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from pydist.errors import PydistError
from pydist.examine.checks import Check, choose
from pydist.examine.families import function_of
from pydist.examine.report import Report, Result
from pydist.examine.subject import Distribution, open_distribution
from pydist.progress import Reporter, Silent
from pydist.trial.compare import SuiteReport
from pydist.trial.outcome import Outcome, Problem, failed, lacking, not_applicable
from pydist.trial.probed import probe
from pydist.trial.suite import run_suite

__all__ = ["examine"]


def examine(
    path: Path,
    *,
    checks: Sequence[Check] | None = None,
    suite: bool = False,
    tests: Sequence[str] = (),
    jobs: int | None = None,
    emulator: Sequence[str] | None = None,
    reporter: Reporter | None = None,
) -> Report:
    """Examine a full archive, or a folder with `python/` in it, by running its programs, which you have to trust.

    `checks` are rows of the table (default all); with `suite` CPython's tests run too, all or the files `tests`, with
    `jobs` processes. Raises `InputError` when `path` is no distribution, `EnvironmentLacking` when this machine cannot
    start its programs.
    """
    teller = reporter or Silent()
    with tempfile.TemporaryDirectory(prefix="pydist-test-", ignore_cleanup_errors=True) as folder:
        teller.step("unpack", path.name)
        subject = open_distribution(path, Path(folder), emulator)
        teller.finish("unpack")
        results = tuple(_made(check, subject, teller) for check in (choose() if checks is None else checks))
        said: SuiteReport | None = None
        if suite:
            said = run_suite(subject, tests, jobs or os.cpu_count() or 1, teller)
        return Report(
            input=str(path),
            verdict=Report.judge(results, said),
            python_version=subject.manifest.python_version,
            target_triple=subject.manifest.target_triple,
            build_options=subject.manifest.build_options,
            emulator=" ".join(subject.emulator) or None,
            results=results,
            suite=said,
        )


def _made(check: Check, subject: Distribution, reporter: Reporter) -> Result:
    reporter.step(check.id)
    began = time.monotonic()
    outcome = _outcome(check, subject)
    reporter.finish(check.id, outcome.verdict)
    return Result(
        check=check.id,
        promise=check.promise,
        verdict=outcome.verdict,
        problems=outcome.problems,
        reason=outcome.reason or None,
        detail=outcome.detail or None,
        seconds=round(time.monotonic() - began, 1),
    )


def _outcome(check: Check, subject: Distribution) -> Outcome:
    reason = check.why_not(subject.target.triple, subject.linking)
    if reason:
        return not_applicable(reason)
    if check.children and subject.emulator and not subject.registered:
        return lacking(f"a kernel that starts programs for {subject.target.arch} by an emulator (binfmt_misc)")
    # Each has a folder to itself, so that what one writes is not what the next one finds.
    work = subject.work / check.id
    work.mkdir()
    try:
        own = subject.within(work, check.seconds)
        return probe(check.probe, own) if check.probe else function_of(check)(own)
    except PydistError as error:
        return failed(Problem(what="cannot be examined", found=str(error)))
    except OSError as error:
        # A full disk, or a tree that is not what its manifest says.
        return failed(Problem(what="cannot be examined", where=str(error.filename or ""), found=str(error)))
    finally:
        shutil.rmtree(work, ignore_errors=True)
