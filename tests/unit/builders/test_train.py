"""What a training for a profile is: every file of the task ended, and none failed but those that are known to."""

from __future__ import annotations

import runpy
from types import SimpleNamespace

import pytest

from pydist.policy import resources


@pytest.fixture(scope="module")
def train() -> SimpleNamespace:
    """The script's functions. It is not imported: that would leave bytecode among the builder's files."""
    return SimpleNamespace(**runpy.run_path(str(resources.builders() / "cpython" / "profile" / "train.py")))


def said(*results: str, announced: int | None = None) -> str:
    """What the test runner prints when the files of a task end like this; nothing for one that never ends."""
    lines = []
    for number, result in enumerate(results, 1):
        head = f"0:00:0{number} load avg: 1.00 [{number:2}/{announced or len(results)}]"
        name, _, end = result.partition(" ")
        lines += [f"{head} {name}", *([f"{head} {result}"] if end else [])]
    return "\n".join([*lines, "", "Result: whatever", ""])


def judged(train: SimpleNamespace, exit_code: int, *results: str, announced: int | None = None) -> list[str]:
    found: list[str] = train.faults({"exit_code": exit_code, **train.summary(said(*results, announced=announced))})
    return found


def test_one_in_which_everything_passes_or_is_skipped_is_one(train: SimpleNamespace) -> None:
    assert judged(train, 0, "test_int passed", "test_lzma skipped (resource denied)") == []


def test_what_is_known_to_fail_may(train: SimpleNamespace) -> None:
    assert judged(train, 2, "test_int passed", "test_re failed (2 failures)") == []


@pytest.mark.parametrize(
    "result, fault",
    [
        ("test_int failed (1 error)", "test_int: failed (1 error)"),
        ("test_int timed out (20 min)", "test_int: timed out (20 min)"),
        ("test_re crashed (Exit code -11 (SIGSEGV))", "test_re: crashed (Exit code -11 (SIGSEGV))"),
        ("test_int", "test_int: did not end"),
    ],
)
def test_anything_else_makes_it_none(train: SimpleNamespace, result: str, fault: str) -> None:
    assert judged(train, 2, "test_array passed", result) == [fault]


def test_one_that_broke_off_is_none(train: SimpleNamespace) -> None:
    assert judged(train, -11, "test_array passed", "test_int", announced=43) == [
        "test_int: did not end", "2 test files ran; 43 were announced", "exit code -11; expected 0 or 2",
    ]  # fmt: skip
    assert judged(train, 0) == ["0 test files ran; 0 were announced"]
