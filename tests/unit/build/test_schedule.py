"""Facts about running the nodes of a plan."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pydist.build.schedule import PlannedNode, run
from pydist.progress import Silent
from pydist.store import Key, Store


class Diary(Silent):
    def __init__(self) -> None:
        self.finished: list[tuple[str, bool]] = []

    def finish(self, name: str, detail: str = "", *, cached: bool = False) -> None:
        self.finished.append((name, cached))


def node(name: str, *needs: str, make: object = None, weight: int = 0) -> PlannedNode:
    def fill(out: Path, inputs: dict[str, Path]) -> None:
        (out / "inputs").write_text(" ".join(sorted(inputs)))

    return PlannedNode(name=name, key=Key.of("test", {"name": name}), needs=needs, make=make or fill, weight=weight)  # type: ignore[arg-type]


def test_a_node_gets_the_folders_of_what_it_needs(tmp_path: Path) -> None:
    nodes = [node("c", "a", "b"), node("a"), node("b", "a")]
    done = run(nodes, Store(tmp_path), jobs=2, reporter=Silent(), stop=lambda: None)
    assert (done["c"] / "inputs").read_text() == "a b"
    assert (done["a"] / "inputs").read_text() == ""


def test_what_was_made_before_is_not_made_again(tmp_path: Path) -> None:
    diary = Diary()
    run([node("a")], Store(tmp_path), jobs=1, reporter=Silent(), stop=lambda: None)
    run([node("a")], Store(tmp_path), jobs=1, reporter=diary, stop=lambda: None)
    assert diary.finished == [("a", True)]


def test_independent_nodes_run_at_the_same_time(tmp_path: Path) -> None:
    meeting = threading.Barrier(2, timeout=10)

    def meet(out: Path, inputs: dict[str, Path]) -> None:
        meeting.wait()

    run([node("a", make=meet), node("b", make=meet)], Store(tmp_path), jobs=2, reporter=Silent(), stop=lambda: None)


def test_heavy_nodes_start_first(tmp_path: Path) -> None:
    diary = Diary()
    run([node("light", weight=1), node("heavy", weight=9)], Store(tmp_path), jobs=1, reporter=diary, stop=lambda: None)
    assert [name for name, _ in diary.finished] == ["heavy", "light"]


def test_after_a_failure_the_rest_is_stopped_and_nothing_new_begins(tmp_path: Path) -> None:
    stopped: list[bool] = []
    began: list[str] = []

    def fail(out: Path, inputs: dict[str, Path]) -> None:
        raise RuntimeError("broken")

    def note(out: Path, inputs: dict[str, Path]) -> None:
        began.append("later")

    with pytest.raises(RuntimeError, match="broken"):
        run([node("a", make=fail), node("later", "a", make=note)], Store(tmp_path), jobs=2, reporter=Silent(),
            stop=lambda: stopped.append(True))  # fmt: skip
    assert stopped == [True]
    assert began == []
