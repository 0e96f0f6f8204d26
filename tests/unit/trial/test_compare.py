"""Failures are known or new, and rows of the table that do not hold any more are reported."""

from __future__ import annotations

from pydist.trial.compare import compare
from pydist.trial.failures import KnownRow
from pydist.trial.junit import JunitResults
from pydist.trial.outcome import Problem, Verdict
from pydist.trial.regrtest import read_log


def row(test: str, sometimes: str = "") -> KnownRow:
    return KnownRow(test=test, reason="because", targets=("*",), options=(), series=(), sometimes=sometimes)


GOOD = read_log("0:00:01 [1/1] test_a passed")
BAD = read_log("0:00:01 [1/1/1] test_a failed (1 failure)\nFAIL: test_x (test.test_a.T.test_x)")
PASSED = JunitResults(passed={"test.test_a.T.test_x", "test.test_a.T.test_y"})
FAILED = JunitResults(passed={"test.test_a.T.test_y"}, failed={"test.test_a.T.test_x": "1 != 2"})


def test_no_failure_and_no_row_is_a_pass() -> None:
    report = compare(GOOD, PASSED, [])
    assert (report.verdict, report.files, report.tests, report.passed) == (Verdict.PASSED, 1, 2, 2)


def test_a_failure_that_no_row_names_is_new() -> None:
    report = compare(BAD, FAILED, [row("test.test_b.*")])
    assert report.verdict is Verdict.FAILED
    assert [(item.where, item.found) for item in report.new_failures] == [("test.test_a.T.test_x", "1 != 2")]


def test_a_failure_that_a_row_names_is_known_with_its_reason() -> None:
    report = compare(BAD, FAILED, [row("test.test_a.*.test_x")])
    assert report.verdict is Verdict.PASSED
    assert [(item.test, item.reason) for item in report.known_failures] == [("test.test_a.T.test_x", "because")]


def test_a_failure_that_only_the_log_names_counts_too() -> None:
    log = read_log("0:00:01 [1/1/1] test_a failed (1 failure)\nFAIL: test_x (test.test_a.T.test_x) [sub]")
    report = compare(log, JunitResults(passed={"test.test_a.T.test_y"}, unnamed=1), [])
    assert [item.where for item in report.new_failures] == ["test.test_a.T.test_x"]


def test_a_row_whose_tests_pass_is_out_of_date() -> None:
    report = compare(GOOD, PASSED, [row("test.test_a.T.test_x")])
    assert report.verdict is Verdict.FAILED
    assert [item.where for item in report.out_of_date] == ["test.test_a.T.test_x"]


def test_a_row_that_names_no_test_is_out_of_date_when_its_file_ran() -> None:
    rows = [row("test.test_a.T.test_gone"), row("test.test_other.T.test_z")]
    assert [item.where for item in compare(GOOD, PASSED, rows).out_of_date] == ["test.test_a.T.test_gone"]


def test_a_row_whose_tests_were_skipped_is_not_out_of_date() -> None:
    results = JunitResults(skipped={"test.test_a.T.test_x": "no network"})
    assert not compare(GOOD, results, [row("test.test_a.T.test_x")]).out_of_date


def test_a_row_that_depends_on_the_machine_is_never_out_of_date() -> None:
    rows = [row("test.test_a.T.test_x", sometimes="the kernel")]
    assert compare(GOOD, PASSED, rows).verdict is Verdict.PASSED
    assert "the kernel" in compare(BAD, FAILED, rows).known_failures[0].reason


def test_a_crash_is_a_failure_of_the_file_and_hides_what_came_after() -> None:
    log = read_log("0:00:01 [1/1/1] test_a worker non-zero exit code (Exit code -11 (SIGSEGV))")
    report = compare(log, JunitResults(), [row("test.test_a.T.test_x")])
    assert [item.where for item in report.new_failures] == ["test_a"]
    assert not report.out_of_date
    assert compare(log, JunitResults(), [row("test_a")]).verdict is Verdict.PASSED


def test_a_file_of_the_table_that_passes_is_out_of_date() -> None:
    assert [item.where for item in compare(GOOD, PASSED, [row("test_a")]).out_of_date] == ["test_a"]


def test_a_file_that_failed_without_naming_a_test_stands_for_itself() -> None:
    log = read_log("0:00:01 [1/1/1] test_a failed (uncaught exception)")
    assert [item.where for item in compare(log, JunitResults(), []).new_failures] == ["test_a"]


def test_the_failures_of_a_package_are_not_those_of_another_file() -> None:
    log = read_log("0:00:01 [1/2/1] test_asyncio.test_x failed (1 error)\n0:00:01 [2/2/1] test_asyncio.test_xy passed")
    results = JunitResults(failed={"test.test_asyncio.test_x.T.test_a": "no"})
    assert [item.where for item in compare(log, results, []).new_failures] == ["test.test_asyncio.test_x.T.test_a"]


def test_a_suite_that_did_not_end_is_a_failure() -> None:
    assert compare(GOOD, PASSED, [], faults=[Problem(what="did not end")]).verdict is Verdict.FAILED


def test_skipped_files_are_listed_with_their_reasons() -> None:
    log = read_log("0:00:01 [1/1] test_tcl skipped\ntest_tcl skipped -- No module named '_tkinter'")
    assert compare(log, JunitResults(), []).skipped_files == {"test_tcl": "No module named '_tkinter'"}
