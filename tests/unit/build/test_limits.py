"""Facts about how much a job may use."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pydist.build import limits
from pydist.build.limits import Watch, memory_of

MIB = 1 << 20


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a job that may write ten bytes; looked at all the time."""
    monkeypatch.setattr(limits, "LOG_BYTES", 10)
    monkeypatch.setattr(limits, "_INTERVAL", 0.01)
    path = tmp_path / "log"
    path.touch()
    return path


@pytest.mark.parametrize(
    ("machine", "container"),
    [(100_000 * MIB, 85_000 * MIB), (2048 * MIB, 1536 * MIB), (512 * MIB, 256 * MIB)],
)
def test_a_container_may_use_what_the_machine_has_but_for_a_reserve(machine: int, container: int) -> None:
    assert memory_of(machine) == container


def test_the_time_begins_again_once_for_each_step_whatever_the_job_says(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds for a step; somebody says at every second which step begins."""
    watch = Watch(log, steps=3)
    now = watch._began
    monkeypatch.setattr("pydist.build.limits.time.monotonic", lambda: now)
    begun = []
    for step in (0, 77, 0, 1, 1, 0, 3, 2, 2, 1):
        now += 1
        watch.reached(step)
        begun.append((watch.step, now - watch._began))
    assert begun == [(0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1), (2, 2)]


def test_output_is_counted_before_it_is_written(log: Path) -> None:
    watch = Watch(log)
    assert watch.kept(b"12345") == b"12345"
    assert watch.said == ""
    assert watch.kept(b"123456") == b""
    assert watch.said == "ended: the log of a job may have 10 bytes"
    assert watch.kept(b"1") == b"", "a log with a hole in it"


def test_a_log_that_grew_between_two_looks_is_found_at_the_end(log: Path) -> None:
    watch = Watch(log)
    watch.check()
    assert watch.said == ""
    log.write_bytes(bytes(11))
    watch.check()
    assert watch.said == "ended: the log of a job may have 10 bytes"


def test_what_goes_wrong_while_looking_and_ending_does_not_end_the_looking(log: Path) -> None:
    log.unlink()
    watch, tried, ended = Watch(log), threading.Event(), threading.Event()

    def end() -> None:
        if tried.is_set():
            ended.set()
        tried.set()
        raise PermissionError(1, "not yours")

    with watch.over(end):
        assert not tried.wait(0.1)
        log.write_bytes(bytes(11))
        assert ended.wait(10)


def test_time_that_is_over_is_found_where_the_log_is_gone(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STEP_SECONDS", 0.05)
    log.unlink()
    watch, ended = Watch(log), threading.Event()
    with watch.over(ended.set):
        assert ended.wait(10)
    assert watch.said.startswith("ended: a step may take")
