"""Whatever the bytes, reading a trace gives a trace or one error; and what a trace says is added up right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pydist.errors import InputError
from pydist.link.report import ImportFacts
from pydist.link.trace import Trace, facts, read_trace
from tests.support.traces import document, event, text


def read(folder: Path, data: bytes) -> Trace:
    (folder / "trace.json").write_bytes(data)
    return read_trace(folder / "trace.json")


def test_imports_are_nested_by_their_times_in_each_thread(tmp_path: Path) -> None:
    trace = read(
        tmp_path,
        text(
            event("main", 0, 100),
            event("a", 1, 50, self_us=20.5),
            event("a.b", 2, 20, self_us=20),
            event("c", 30, 9.5, step="create", path="", bytes=0),
            event("c", 39.6, 0.0005, step="exec", self_us=0.0005),
            event("d", 60, 5, self_us=5),
            event("other", 0.5, 99, tid=9, self_us=99),
        ),
    )
    rows = [(item.name, item.depth, item.parent) for item in trace.imports]
    assert rows == [("a", 0, None), ("a.b", 1, 0), ("c", 1, 0), ("c", 1, 0), ("d", 0, None), ("other", 0, None)]
    said = facts(trace)
    assert said.phases == {"main": 100}
    assert said.imports_us == {"main": 55}
    assert said.imports[0].name == "other"
    assert said.imports[1] == ImportFacts(
        name="a", path="lib/a.py", bytes=10, own_us=20.5, total_us=50, importer=""
    )  # fmt: skip
    (native,) = (row for row in said.imports if row.name == "c")
    assert (native.own_us, native.total_us, native.bytes, native.importer) == (9.501, 9.501, 10, "a")


def test_what_overlaps_and_rounding_is_no_nesting(tmp_path: Path) -> None:
    trace = read(
        tmp_path,
        text(event("a", 0, 10, bytes=1), event("b", 5, 10, bytes=1), event("c", 5.5, 9.5, bytes=1), event("d", 15, 1)),
    )
    rows = [(item.name, item.depth, item.parent) for item in trace.imports]
    assert rows == [("a", 0, None), ("b", 0, None), ("c", 1, 1)]


def test_nesting_of_any_depth_is_read(tmp_path: Path) -> None:
    count = 1000
    trace = read(tmp_path, text(*(event(f"m{at}", at, 2 * (count - at), bytes=1) for at in range(count))))
    assert trace.imports[-1].depth == count - 1
    assert len(facts(trace).imports) == count


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not usable JSON"),
        (b"[]", "no trace of a linked application"),
        (b"{}", "no trace of a linked application"),
        (b'{"otherData": {"format": "other"}}', "no trace of a linked application"),
        (b'{"otherData": []}', "no trace of a linked application"),
        (text(version=2), "another version"),
        (text(python=3), "otherData.python"),
        (text(image_sha256="x"), "otherData.image_sha256"),
        (text(event("a", -1, 1)), "expected times"),
        (text(event("a", 1, -1)), "expected times"),
        (text(event("a", 1, 1, self_us=-1)), "expected times"),
        (text(event("a", 1, 1)).replace(b'"ts": 1', b'"ts": 1e999'), "expected times"),
        (text(event("a", 1, 1)).replace(b'"ts": 1', b'"ts": NaN'), "NaN"),
        (text(event("a", 1, 1), event("b", 1, 1, pid=8)), "expected one process"),
        (text(event("a", 1, 1, cat="import")), "expected them for imports"),
        (text(event("a", 1, 1, cat="phase", bytes=1)), "expected them for imports"),
        (text(event("a", 1, 1, ph="B")), "ph: expected 'X'"),
        (text(event("a", 1, 1, step="sing")), "step: expected"),
        (text(event("a", 1, 1, more=1)), "unknown key"),
        (b"[" * 100_000, "nested too deeply"),
        (b" " * (17 << 20), "expected at most"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read(tmp_path, data)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_trace(tmp_path / "missing")
    with pytest.raises(InputError, match="cannot be read"):
        read_trace(tmp_path)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
ANY = st.recursive(SCALARS, lambda some: st.lists(some) | st.dictionaries(st.text(max_size=5), some), max_leaves=9)
TIMES = st.floats(min_value=0, max_value=1e6) | st.integers(0, 99)
EVENTS = st.builds(
    lambda name, begin, duration, own, thread: event(name, begin, duration, self_us=own, tid=thread),
    st.text(max_size=9), TIMES, TIMES, TIMES, st.integers(0, 3),
)  # fmt: skip


@settings(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.lists(EVENTS, max_size=12), st.lists(st.tuples(st.integers(0, 99), ANY), max_size=2))
def test_hostile_documents_give_a_trace_or_one_error(
    tmp_path: Path, events: list[dict[str, Any]], changes: list[tuple[int, object]]
) -> None:
    made = document(*events)
    places = [made, made["otherData"], *events, *(item["args"] for item in events)]
    for number, value in changes:
        place = places[number % len(places)]
        place[sorted(place)[number // len(places) % len(place)]] = value
    try:
        trace = read(tmp_path, json.dumps(made).encode())
    except InputError:
        assert changes
        return
    for number, item in enumerate(trace.imports):
        parent = trace.imports[item.parent] if item.parent is not None else None
        assert item.depth == (parent.depth + 1 if parent else 0)
        if parent:
            assert item.parent is not None
            assert item.parent < number
            assert parent.thread == item.thread
            assert parent.begin <= item.begin
            assert item.begin + item.duration <= parent.begin + parent.duration + 0.002
    assert sum(row.own_us for row in facts(trace).imports) == pytest.approx(
        sum(item.own for item in trace.imports), abs=0.1
    )
