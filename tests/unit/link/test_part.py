"""A part is compiled once, kept in the store, and the same when it is read back."""

from __future__ import annotations

import sys
from pathlib import Path

from pydist.link.leftout import LeftOut
from pydist.link.part import Gathered, Part, TreeFile, make_part, produce_part
from pydist.store import Key, Store

HERE = Path(sys.executable)
FILES = (
    TreeFile(path="lib/z.py", data=b"x = 1\n"),
    TreeFile(path="lib/empty.txt", data=b""),
    TreeFile(path="bin/tool", data=b"print()\n", executable=True, script=True),
    TreeFile(path="lib/bad.py", data=b"x =\n"),
)


def facts(part: Part) -> list[tuple[str, bytes, bytes, bool, str]]:
    return [(row.path, bytes(row.data), bytes(row.code), row.executable, row.fault) for row in part.files]


def test_files_are_sorted_and_sources_compiled() -> None:
    part = make_part("p", FILES, HERE)
    assert [row.path for row in part.files] == ["bin/tool", "lib/bad.py", "lib/empty.txt", "lib/z.py"]
    assert [bool(row.code) for row in part.files] == [True, False, False, True]
    assert part.files[1].fault == "line 1: invalid syntax"


def test_a_part_from_the_store_is_the_part_that_was_made(tmp_path: Path) -> None:
    calls = []

    out = LeftOut(name="tests", reason="no", imports=("a.tests",), files=(("lib/a/tests/x.py", 3),))

    def gather() -> Gathered:
        calls.append(1)
        return Gathered(files=FILES, facts={"name": "é"}, left_out=(out,), mentions={"a.tests": "b.py"})

    store, key = Store(tmp_path), Key.of("wheel", {"x": 1})
    first = produce_part(store, key, "p", HERE, gather)
    second = produce_part(store, key, "p", HERE, gather)
    assert len(calls) == 1
    assert facts(first) == facts(second) == facts(make_part("p", FILES, HERE))
    assert dict(second.facts) == {"name": "é"}
    assert second.left_out == (out,)
    assert second.mentions == {"a.tests": "b.py"}


def test_a_part_without_files_can_be_kept(tmp_path: Path) -> None:
    part = produce_part(Store(tmp_path), Key.of("wheel", {}), "p", HERE, lambda: Gathered(files=()))
    assert part.files == ()
