"""Promises of the rehearsal: what packages compile when they are imported is not compiled again at start, nobody can
tell but by the clock, and whatever the packages do, the application is linked."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import pydist.link.rehearse
from pydist.binary.elf_edit import find_segment
from pydist.link.app import Request
from pydist.link.dist import Distribution
from pydist.link.image import MAGIC, RehearsalKind, RehearsalRow
from pydist.link.image_read import Image
from pydist.link.link import link
from pydist.store import Store
from tests.support.wheels import wheel

pytestmark = pytest.mark.slow

PACKAGE = b"""
from __future__ import annotations
import collections, dataclasses, re, sys, threading, time

NAMES = re.compile(r"(?P<first>a+)|(b)(?i:C)", re.X)
BYTES = re.compile(rb"\\x00[\\w]+", re.S)
SPELT = re.compile("[\xc3\xa4\xf0\x9f\x98\x80]+")
Point = collections.namedtuple("Point", "x y")

@dataclasses.dataclass(order=True)
class Row:
    name: str = "none"
    size: int = 3

WHERE = eval(" \\t40 + 2")
space = {}
exec("def f(a: int = 7):\\n    return a, f.__annotations__", space)
exec(compile("def g(a: Row):\\n    return g.__code__.co_filename, a", "<generated g>", "exec"), space)
OWN = eval(repr(__file__) + " + ''")
SETS = eval("(" + ", ".join({"one", "two", "three", "four"}).replace(", ", "+").replace("one", "'1'").replace(
    "two", "'2'").replace("three", "'3'").replace("four", "'4'") + ")")
threading.Thread(target=time.sleep, args=(0,), daemon=True).start()
"""
SCRIPT = """
import sys
heard = []
sys.addaudithook(lambda event, values: heard.append(values[0]) if event == "compile" else None)
import spoken
print(spoken.NAMES.fullmatch("bc").groups(), spoken.NAMES.groupindex, spoken.NAMES.flags, spoken.NAMES.pattern)
print(spoken.BYTES.search(b"..\\x00ab.").span(), spoken.SPELT.findall("xäx"), spoken.NAMES.search("zaa").lastgroup)
print(spoken.Point(1, y=2), spoken.Row() < spoken.Row("z"), spoken.Row.__init__.__annotations__)
print(spoken.WHERE, spoken.space["f"](), spoken.space["g"](5), sorted(spoken.SETS), len(spoken.OWN) > 1)
print(sorted({text for text in heard if text and len(text) < 60 and not text.startswith((b"'/", b"('"))}))
try:
    eval("1 +")
except SyntaxError as error:
    print(error.text, error.filename)
exec("print(kept, end=' ')", {"kept": 1})
print(eval("kept + 1", {"kept": 1}, {"kept": 2}), eval(compile("3", "x", "eval")))
"""


@pytest.fixture
def spoken(tmp_path: Path) -> Callable[..., str]:
    """A requirement: the package `spoken` with a further text at its end."""

    def made(more: bytes = b"") -> str:
        folder = tmp_path / f"wheel{len(more)}"
        folder.mkdir()
        return f"spoken @ {wheel(folder, 'spoken', '1', {'spoken/__init__.py': PACKAGE + more}).as_uri()}"

    return made


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def texts_in(program: Path) -> tuple[RehearsalRow, ...]:
    segment = find_segment(program.read_bytes(), MAGIC)
    assert segment is not None
    return Image.parse(segment).spec.rehearsals


def run(program: Path, *arguments: str) -> str:
    done = subprocess.run([program, *arguments], env={}, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def row_of(rows: tuple[RehearsalRow, ...], kind: RehearsalKind, key: bytes) -> RehearsalRow:
    (row,) = (row for row in rows if row.kind is kind and bytes(row.key) == key)
    return row


@pytest.mark.parametrize("target", ["x86_64-unknown-linux-musl", "x86_64-unknown-linux-gnu"])
def test_nobody_can_tell(
    request: pytest.FixtureRequest, store: Store, spoken: Callable[..., str], script: Path, target: str
) -> None:
    tree, tmp_path = request.getfixturevalue("tree"), script.parent
    dist = request.getfixturevalue("distribution").root if "musl" in target else tree(target, "noopt")
    said, sizes = [], []
    for rehearse in (True, False):
        output = tmp_path / f"app{rehearse}"
        link(Request(app=str(script), output=output, with_=(spoken(b" " * rehearse),), distribution=str(dist),
                     rehearse=rehearse), store=store)  # fmt: skip
        said.append(run(output))
        sizes.append(len(texts_in(output)))
    assert said[0] == said[1]
    assert "('b', None)" not in said[0] and "Point(x=1, y=2) True" in said[0] and "<generated g>" in said[0]
    assert sizes[0] > 8 and sizes[1] == 0


def test_what_is_kept_is_used_for_the_same_text_only(
    distribution: Distribution, store: Store, spoken: Callable[..., str], tmp_path: Path
) -> None:
    script, output = tmp_path / "script.py", tmp_path / "app"
    script.write_text(
        "from __future__ import annotations\nimport spoken, subprocess, sys\n"
        "print(spoken.WHERE, eval(' \\t40 + 2'), eval('40 + 2'), eval(b' \\t40 + 2'), exec('40 + 2'))\n"
        "code = 'from __future__ import annotations; print(eval(\" \\\\t40 + 2\"))'\n"
        "print(*(subprocess.run([sys.executable, *level, '-c', code], capture_output=True, text=True).stdout.strip()\n"
        "        for level in ([], ['-O'])))\n"
    )
    link(Request(app=str(script), output=output, with_=(spoken(),), distribution=str(distribution.root)), store=store)
    rows = texts_in(output)
    value = bytes(row_of(rows, RehearsalKind.EVAL, b" \t40 + 2").value)
    keys = [bytes(row.key) for row in rows]
    data = output.read_bytes()
    assert data.count(b" \t40 + 2" + value) == 1
    other = value.replace(b"\x2a", b"\x2b")  # 42 is in it once, and becomes 43
    assert len(other) == len(value) and sum(a != b for a, b in zip(value, other, strict=True)) == 1
    output.write_bytes(data.replace(b" \t40 + 2" + value, b" \t40 + 2" + other))
    assert run(output) == "43 43 42 42 None\n43 42\n"
    assert not [key for key in keys if b"/rehearsal" in key or b"scratch" in key]


def test_the_same_packages_give_the_same_bytes_without_being_imported_again(
    distribution: Distribution, spoken: Callable[..., str], script: Path, tmp_path: Path
) -> None:
    made: list[list[tuple[object, ...]]] = []
    for name in ("one", "two"):
        store = Store(tmp_path / f"store-{name}")
        request = Request(app=str(script), output=tmp_path / name, with_=(spoken(b"#" * len(made)),),
                          distribution=str(distribution.root))  # fmt: skip
        link(request, store=store)
        rows = texts_in(tmp_path / name)
        made.append([(row.kind, row.flags, bytes(row.key), bytes(row.value)) for row in rows])
    assert made[0] == made[1]


@pytest.mark.parametrize(
    "said",
    {b"import os; os._exit(3)\n": "ended with 3", b"import time; time.sleep(100)\n": "took longer than 2 s"}.items(),
    ids=["exit", "hang"],
)
def test_packages_that_cannot_be_imported_are_linked(
    store: Store, spoken: Callable[..., str], script: Path, monkeypatch: pytest.MonkeyPatch, said: tuple[bytes, str]
) -> None:
    (more, note), tmp_path = said, script.parent
    monkeypatch.setattr(pydist.link.rehearse, "PATIENCE", 2.0)
    script.write_text("import sys\nif len(sys.argv) > 1:\n    import spoken\nimport spoken.__init__\n")
    request = Request(app=str(script), output=tmp_path / "app", with_=(spoken(more),))
    notes = link(request, store=store).notes
    assert any(note in text for text in notes), notes
    assert not texts_in(tmp_path / "app")


def test_a_package_that_fails_keeps_no_other_from_it(
    distribution: Distribution, store: Store, spoken: Callable[..., str], tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text("import spoken, json.tool\n")
    request = Request(app=str(script), output=tmp_path / "app", with_=(spoken(b"raise SystemExit(4)\n"),),
                      distribution=str(distribution.root))  # fmt: skip
    link(request, store=store)
    rows = texts_in(tmp_path / "app")
    row_of(rows, RehearsalKind.EVAL, b" \t40 + 2")
    assert any(row.kind is RehearsalKind.PATTERN and bytes(row.key).startswith(b"(.*?)") for row in rows)
