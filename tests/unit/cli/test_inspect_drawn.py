"""The page of an application: boxes have the areas of what they stand for, and nothing in a file becomes a command."""

from __future__ import annotations

import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pydist.cli.inspect_space import Box, squarified
from pydist.cli.main import main
from pydist.link.inspect import inspect
from pydist.policy import resources
from tests.support.linked import application
from tests.support.traces import event, text

HOSTILE = "<script>alert(1)</script>\"'&\x1b[31m\udcff"


class Elements(HTMLParser):
    """The names of the elements of a page, their boxes, and whether each is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.boxes: list[dict[str, str | None]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        if tag == "rect":
            self.boxes.append(dict(attrs))
        if tag not in {"meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(1, 10**9).map(float), min_size=1, max_size=40),
    st.tuples(st.integers(1, 2000).map(float), st.integers(1, 2000).map(float)),
)
def test_areas_are_sizes_and_boxes_lie_beside_each_other(sizes: list[float], room: tuple[float, float]) -> None:
    sizes.sort(reverse=True)
    whole = Box(3, 5, *room)
    boxes = list(squarified(sizes, whole))
    area = room[0] * room[1]
    for size, box in zip(sizes, boxes, strict=True):
        assert box.width * box.height == pytest.approx(size / sum(sizes) * area, rel=1e-3, abs=area * 1e-6)
        assert box.left >= whole.left - 1e-6
        assert box.top >= whole.top - 1e-6
        assert box.left + box.width <= whole.left + whole.width + 1e-3
        assert box.top + box.height <= whole.top + whole.height + 1e-3
    for one, other in itertools.combinations(boxes, 2):
        across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
        down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
        assert across < 1e-3 or down < 1e-3


def test_like_boxes_are_like_squares() -> None:
    for box in squarified([1.0] * 16, Box(0, 0, 100, 100)):
        assert max(box.width / box.height, box.height / box.width) < 1.5


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return application(tmp_path)


def traced(app: Path, *events: dict[str, Any], image: str | None = None) -> Path:
    path = app.with_name("trace.json")
    path.write_bytes(text(*events, image_sha256=image or inspect(app).image_sha256))
    return path


EVENTS = (
    event("mapping", 0, 100),
    event("main", 100, 9000),
    event("json", 200, 4000, self_us=1500.0, path="lib/python3.14/json/__init__.py", bytes=1234),
    event("json.decoder", 300, 2500, self_us=2500.0),
    event("fast", 5000, 1000, step="create", path="lib/python3.14/site-packages/fast.so"),
    event(HOSTILE, 7000, 500, path=HOSTILE),
    event("later", 7000, 50, tid=8, self_us=50.0),
)


def test_the_page_draws_file_and_trace(tmp_path: Path, app: Path) -> None:
    page_file = tmp_path / "page.html"
    words = ["inspect", "-q", str(app), "--trace", str(traced(app, *EVENTS)), "--html", str(page_file)]
    assert main(words) == 0
    page = page_file.read_text("utf-8")
    seen = Elements(page)
    assert not seen.names & {"script", "img", "link", "iframe", "object"}
    assert not seen.open
    assert "&lt;script&gt;" in page
    for words_of_it in ("json: 4.00 ms, of its own 1.50 ms; 1,234 bytes; lib/python3.14/json/__init__.py",
                        "fast (create): 1.00 ms", "interpreter and run time: ", "in thread 8",
                        "imports in main"):  # fmt: skip
        assert words_of_it in page
    for box in seen.boxes:
        assert all(float(box[name] or "x") >= 0 for name in ("x", "y", "width", "height"))
    (width,) = re.findall(r"<title>json: .*?</title><rect [^>]*width=\"([0-9.]+)\"", page)
    assert float(width) == pytest.approx(960 * 4000 / 5500, abs=0.1)


def test_the_same_is_said_to_people_and_programs(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = traced(app, *EVENTS)
    assert main(["inspect", str(app), "--trace", str(trace)]) == 0
    said = capsys.readouterr().out
    assert "traced: 9.10 ms, 5 modules imported" in said
    assert "9.00 ms  main, of it 5.50 ms importing" in said
    assert re.search(r"json\.decoder +2\.50 +2\.50 +10 +json", said)
    assert "\x1b[31m" not in said
    assert main(["inspect", str(app), "--trace", str(trace), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((resources.schema() / "inspect-report-1.schema.json").read_text()))
    assert document["trace"]["phases"] == {"mapping": 100, "main": 9000}
    assert [row["name"] for row in document["trace"]["imports"]][:2] == ["json.decoder", "json"]


def test_a_deep_or_empty_trace_is_drawn(tmp_path: Path, app: Path) -> None:
    deep = [event(f"m{at}", at, 2 * (500 - at), bytes=1) for at in range(500)]
    for events in ((), deep, [event("none", 0, 0, bytes=1)]):
        words = ["inspect", "-q", str(app), "--trace", str(traced(app, *events)), "--html", str(tmp_path / "page.html")]
        assert main(words) == 0
        Elements((tmp_path / "page.html").read_text("utf-8"))


def test_a_trace_of_something_else_is_refused(tmp_path: Path, app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert main(["inspect", str(app), "--trace", str(traced(app, image="cd" * 32)), "--html", str(page)]) == 2
    assert "trace of another application, or of this one before it was linked again" in capsys.readouterr().err
    (tmp_path / "trace.json").write_text("{}")
    assert main(["inspect", str(app), "--trace", str(tmp_path / "trace.json"), "--html", str(page)]) == 2
    assert "no trace of a linked application" in capsys.readouterr().err
    assert not page.exists()
