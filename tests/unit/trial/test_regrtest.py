"""The log of CPython's test-suite tells how files ended, and which tests failed that the XML does not name."""

from __future__ import annotations

import doctest

import pydist.trial.regrtest as module
from pydist.trial.regrtest import read_log

LOG = """\
Using random seed: 1
0:00:00 load avg: 2.94 Run 9 tests in parallel using 2 worker processes (timeout: 5 min)
0:00:01 load avg: 2.94 [1/9] test_grammar passed
0:00:04 load avg: 3.11 [2/9/1] test_math failed (1 failure)
======================================================================
FAIL: test_fma (test.test_math.FMATests.test_fma)
FAIL: test_subinterp (test.datetimetester.CapiTest_Fast.test_subinterp) [isolated]
FAIL: test_subinterp (test.datetimetester.CapiTest_Fast.test_subinterp) (case='legacy')
ERROR: setUpClass (test.test_math.Slow)
ERROR: setUpModule (test.test_math)
FAIL: email (test.test_generators.__test__)
0:00:05 load avg: 3.11 [3/9/1] test_tcl skipped
test_tcl skipped -- No module named '_tkinter'
0:00:06 load avg: 3.11 [4/9/1] test_large skipped (resource denied)
0:00:06 load avg: 3.11 [5/9/2] test_crash worker non-zero exit code (Exit code -11 (SIGSEGV))
0:00:06 [ 6/9/3] test_slow timed out (5 min)
0:01:06 load avg: 3.11 [7/9/4] test_leaves failed (env changed)
0:01:06 load avg: 3.11 [8/9/4] test_asyncio.test_x ran no tests
1:00:06 load avg: 3.11 [9/9/4] test_asyncio.test_y passed -- running (1): test_slow (30.1 sec)

== Tests result: FAILURE ==

1 test skipped:
    test_tcl
"""


def test_every_file_is_there_with_its_end() -> None:
    facts = read_log(LOG)
    assert facts.fine == {"test_grammar", "test_asyncio.test_x", "test_asyncio.test_y"}
    assert facts.failed == {
        "test_math": "failed (1 failure)",
        "test_crash": "worker non-zero exit code (Exit code -11 (SIGSEGV))",
        "test_slow": "timed out (5 min)",
        "test_leaves": "failed (env changed)",
    }
    assert facts.skipped == {"test_tcl": "No module named '_tkinter'", "test_large": "resource denied"}
    assert facts.files == 9


def test_failures_have_the_ids_that_the_xml_has() -> None:
    assert set(read_log(LOG).tests) == {
        "test.test_math.FMATests.test_fma",
        "test.datetimetester.CapiTest_Fast.test_subinterp",
        "test.test_math.Slow.setUpClass",
        "test.test_math.setUpModule",
        "test.test_generators.__test__.email",
    }


def test_a_file_that_passed_when_it_was_tried_again_is_fine() -> None:
    facts = read_log("0:00:01 [1/2/1] test_a failed (1 error)\n0:00:02 [1/1] test_a passed")
    assert (facts.fine, facts.failed) == ({"test_a"}, {})


def test_other_text_means_nothing() -> None:
    facts = read_log("passed\n[1/2] test_a passed\nFAIL: a b (c)\n" + "x" * 10**6)
    assert facts.files == 0
    assert not facts.tests


def test_the_examples_of_the_module_are_true() -> None:
    assert doctest.testmod(module).failed == 0
