"""Unified diffs are those of difflib, in bounded time, and any bytes get an answer."""

from __future__ import annotations

import difflib
import time

from hypothesis import given
from hypothesis import strategies as st

from pydist.diff.show import show

LINES = st.lists(st.sampled_from(["a", "b", "c"]), max_size=30)


@given(st.binary(max_size=80) | st.none(), st.binary(max_size=80) | st.none())
def test_any_bytes_get_an_answer(first: bytes | None, second: bytes | None) -> None:
    assert bool(show("x", first, second)) == (first != second)


@given(LINES, LINES)
def test_applying_the_diff_to_the_first_gives_the_second(first: list[str], second: list[str]) -> None:
    one, other = ("".join(f"{line}\n" for line in lines).encode() for lines in (first, second))
    assert patched(first, show("x", one, other)) == second


def patched(lines: list[str], diff: tuple[str, ...]) -> list[str]:
    """What `patch` makes of `lines`."""
    made, at = [], 0
    for line in diff[2:]:
        if line.startswith("@@"):
            start, _, count = line.split()[1][1:].partition(",")
            begin = int(start) - (count != "0")
            made += lines[at:begin]
            at = begin
            continue
        if line[0] in " -":
            assert lines[at] == line[1:]
            at += 1
        if line[0] in " +":
            made.append(line[1:])
    return made + lines[at:]


def test_hunks_count_lines_of_the_whole_file() -> None:
    first = [f"{number}" for number in range(200)]
    second = [*first[:100], "new", *first[101:]]
    one, other = ("\n".join(lines).encode() for lines in (first, second))
    assert list(show("x", one, other)) == list(
        difflib.unified_diff(first, second, "first/x", "second/x", lineterm="", n=3)
    )


def test_texts_that_have_nothing_in_common_do_not_take_long() -> None:
    one = b"".join(b"a%d\n" % (number % 97) for number in range(300_000))
    other = b"".join(b"a%d\n" % (number % 89) for number in range(300_000))
    began = time.process_time()
    assert len(show("x", one, other)) > 300_000
    one, other = (b"".join(b"%d\n" % (number % most) for number in range(1900)) for most in (61, 59))
    show("x", one, other)
    assert time.process_time() - began < 30


def test_lines_that_stand_once_are_matched_in_long_texts() -> None:
    first = [line for number in range(20_000) for line in ("{", f"  {number}", "}")]
    second = [line for line in first if line.strip() not in ("7", "19000")]
    one, other = ("\n".join(lines).encode() for lines in (first, second))
    assert [line for line in show("x", one, other)[2:] if line[0] in "+-"] == ["-  7", "-  19000"]


def test_a_text_that_only_one_has_is_shown_whole() -> None:
    assert show("x", None, b"a\nb\n") == ("--- /dev/null", "+++ second/x", "@@ -0,0 +1,2 @@", "+a", "+b")
    assert show("x", b"\0\1", None) == ("only in the first, 2 bytes",)
    assert show("x", b"a\r\n", b"a\n") == ("the same lines, with other ends",)
    assert show("x", None, b"") != ()
