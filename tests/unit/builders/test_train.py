"""What a training for a profile is: every file of the task ended, and none failed but those that are known to."""

from __future__ import annotations

import runpy
import sysconfig
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


def judged(
    train: SimpleNamespace, exit_code: int, *results: str, announced: int | None = None, kinds: tuple[str, ...] = ()
) -> list[str]:
    facts = {"exit_code": exit_code, **train.summary(said(*results, announced=announced))}
    found: list[str] = train.faults(facts, {"any", *kinds})
    return found


def test_one_in_which_everything_passes_or_is_skipped_is_one(train: SimpleNamespace) -> None:
    assert judged(train, 0, "test_int passed", "test_lzma skipped (resource denied)") == []


def test_what_is_known_to_fail_may(train: SimpleNamespace) -> None:
    assert judged(train, 2, "test_int passed", "test_re failed (2 failures)") == []
    assert judged(train, 2, "test_re failed (1 error, 2 failures) in 1 min 3 sec") == []


@pytest.mark.parametrize(("name", "kind"), [("test_datetime", "static"), ("test_math", "musl")])
def test_what_fails_of_one_kind_of_interpreter_may_not_of_others(train: SimpleNamespace, name: str, kind: str) -> None:
    result = f"{name} failed (1 failure)"
    assert judged(train, 2, result, kinds=(kind,)) == []
    for kinds in ((), ("musl",), ("static",)):
        if kind not in kinds:
            assert judged(train, 2, result, kinds=kinds) == [f"{name}: failed (1 failure)"]


@pytest.mark.parametrize("static", ["", "1"])
@pytest.mark.parametrize("host", ["x86_64-pc-linux-gnu", "aarch64-unknown-linux-musl"])
def test_the_interpreter_says_of_what_kind_it_is(
    train: SimpleNamespace, static: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATIC", static)
    monkeypatch.setitem(sysconfig.get_config_vars(), "HOST_GNU_TYPE", host)
    expected = {"any"} | ({"static"} if static else set()) | ({"musl"} if host.endswith("musl") else set())
    assert train.kinds() == expected


@pytest.mark.parametrize(
    "result, fault",
    [
        ("test_int failed (1 error)", "test_int: failed (1 error)"),
        ("test_re failed (uncaught exception)", "test_re: failed (uncaught exception)"),
        ("test_re failed", "test_re: failed"),
        ("test_re failed (env changed)", "test_re: failed (env changed)"),
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
