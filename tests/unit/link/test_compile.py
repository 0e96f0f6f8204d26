"""Sources are compiled by another interpreter, to the same bytes each time, and faults do not stop the rest."""

from __future__ import annotations

import marshal
import sys
from pathlib import Path
from types import CodeType

import pytest

from pydist.errors import EnvironmentLacking, StepFailed
from pydist.link.compile import compile_sources

HERE = Path(sys.executable)
SOURCES = {"lib/b.py": b"X = frozenset({'a', 'b', 'c', 'd'})\ndef f(): return {'x', 'y'}\n", "lib/a.py": b"import b\n"}


def test_the_code_carries_the_virtual_path() -> None:
    code = marshal.loads(compile_sources(HERE, SOURCES)["lib/b.py"].code)  # noqa: S302 - made here
    assert isinstance(code, CodeType)
    assert code.co_filename == "lib/b.py"
    values: dict[str, object] = {}
    exec(code, values)  # noqa: S102 - made here
    assert values["X"] == frozenset("abcd")


def test_the_same_sources_give_the_same_bytes_in_any_order() -> None:
    again = dict(reversed(SOURCES.items()))
    assert compile_sources(HERE, SOURCES) == compile_sources(HERE, again)


def test_a_source_that_does_not_compile_says_why_and_the_rest_goes_on() -> None:
    results = compile_sources(HERE, {"a.py": b"x =\n", "b.py": b"y = 1\n", "c.py": b"\0"})
    assert (results["a.py"].code, results["a.py"].fault) == (b"", "line 1: invalid syntax")
    assert results["b.py"].code
    assert not results["b.py"].fault
    assert "null bytes" in results["c.py"].fault


def test_a_declared_encoding_is_honoured() -> None:
    source = "# coding: latin-1\nx = 'é'\n".encode("latin-1")
    assert not compile_sources(HERE, {"a.py": source})["a.py"].fault


def test_nothing_to_compile_starts_nothing() -> None:
    assert compile_sources(Path("/nowhere/python"), {}) == {}


def test_an_interpreter_that_is_not_there_is_named() -> None:
    with pytest.raises(EnvironmentLacking, match="/nowhere/python"):
        compile_sources(Path("/nowhere/python"), SOURCES)


def test_an_interpreter_that_fails_shows_its_last_words(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\ncat > /dev/null\necho lost >&2\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(StepFailed, match="lost"):
        compile_sources(broken, SOURCES)
