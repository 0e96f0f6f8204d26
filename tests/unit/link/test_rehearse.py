"""What the rehearsal sends and takes: texts, and what an interpreter makes of them."""

from __future__ import annotations

import marshal
import re
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from pydist.link import rehearsal_worker
from pydist.link.image import RehearsalKind, hash_text
from pydist.link.mentions import imported_names
from pydist.link.rehearse import _texts

FUTURE = 0x1000000  # CO_FUTURE_ANNOTATIONS


def framed(kind: int, flags: int, key: bytes) -> bytes:
    return struct.pack("<III", kind, flags, len(key)) + key


def worked(*texts: tuple[int, int, bytes]) -> list[bytes]:
    command = [sys.executable, "-S", rehearsal_worker.__file__, "0"]
    answer = subprocess.run(command, input=b"".join(framed(*text) for text in texts), capture_output=True, check=True)
    values, at = [], 0
    while at < len(answer.stdout):
        size = int.from_bytes(answer.stdout[at : at + 4], "little")
        values.append(answer.stdout[at + 4 : at + 4 + size])
        at += 4 + size
    return values


def test_code_is_what_the_same_call_makes() -> None:
    key = b"<made by x>\0exec\0def f(a: B): return a"
    run, later, value = map(
        marshal.loads,
        worked(
            (RehearsalKind.EXEC, 0, b"n = 1"), (RehearsalKind.COMPILE, FUTURE, key), (RehearsalKind.EVAL, 0, b" 6*7")
        ),
    )
    space: dict[str, object] = {}
    exec(run, space)  # noqa: S102
    exec(later, space)  # noqa: S102
    assert space["n"] == 1 and later.co_filename == "<made by x>" and run.co_filename == "<string>"
    assert space["f"].__annotations__ == {"a": "B"}
    assert eval(value) == 42  # noqa: S307


@pytest.mark.parametrize(
    ("text", "flags"), [("(?P<a>x+)|(b)(?i:C)", re.VERBOSE), (rb"\x00[\w]+", 0), ("ä|€", re.IGNORECASE)]
)
def test_a_pattern_is_what_the_engine_is_given(text: str | bytes, flags: int) -> None:
    kind = RehearsalKind.PATTERN if isinstance(text, str) else RehearsalKind.BYTE_PATTERN
    (value,) = worked((kind, int(flags), text.encode() if isinstance(text, str) else text))
    own, words, groups, names, index = marshal.loads(value)  # noqa: S302
    engine = re._compiler._sre  # type: ignore[attr-defined]
    code = [number for (number,) in struct.iter_unpack("=I", words)]
    made, usual = engine.compile(text, own, code, groups, names, index), re.compile(text, flags)
    assert made == usual and made.flags == usual.flags and dict(made.groupindex) == dict(usual.groupindex)


def test_what_does_not_compile_or_warns_is_left_to_the_program() -> None:
    texts = [
        (RehearsalKind.EXEC, 0, b"1 +"), (RehearsalKind.EXEC, 0, b"'\\d'"), (RehearsalKind.EVAL, 0, b"a\0b"),
        (RehearsalKind.PATTERN, 0, b"(" ), (RehearsalKind.PATTERN, 0, b"[[a]"), (RehearsalKind.COMPILE, 0, b"no file"),
    ]  # fmt: skip
    assert worked(*texts) == [b""] * len(texts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert re.compile("[[a]").match("[")  # it does compile


def test_an_answer_is_taken_as_far_as_it_is_whole_and_names_no_place() -> None:
    good = framed(1, 0, b"x = 1")
    answer = good + framed(4, 2, b"/work/here/x") + framed(9, 0, b"no kind") + framed(2, 0, b"") + good[:-1]
    assert list(_texts(answer, Path("/work/here/rehearsal"))) == [
        (RehearsalKind.EXEC, 0, b"x = 1"), (RehearsalKind.EVAL, 0, b""),
    ]  # fmt: skip


def test_the_hash_tells_apart_what_zeros_at_the_end_would_not() -> None:
    assert len({hash_text(b"a" * n + b"\0" * m) for n in range(10) for m in range(10)}) == 9 * 10 + 10


def test_all_that_a_source_imports_is_named() -> None:
    source = b"import a.b\ndef f():\n    from .c import d as e, g\n    from .. import h; import i as j, k\n"
    assert imported_names("p/q/r.py", source) == {"a.b", "p.q.c", "p.q.c.d", "p.q.c.g", "p", "p.h", "i", "k"}
