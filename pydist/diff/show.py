"""How the content of one file differs between two distributions: a unified diff of texts, words about anything else.

Invariant: any bytes give an answer, in bounded time.
"""

from __future__ import annotations

import difflib

from pydist.diff.explain import explain

__all__ = ["is_text", "show"]

_LARGEST = 4 << 20
_LINES = 4000  # that differ, of each: comparing lines takes time that grows with the product
_CONTEXT = 3
_WIDTH = 2000


def show(path: str, first: bytes | None, second: bytes | None) -> tuple[str, ...]:
    """Lines that say what differs; none when nothing does. None stands for a file that is not there."""
    if first == second:
        return ()
    one, other = first or b"", second or b""
    if not (is_text(one) and is_text(other)):
        if first is None or second is None:
            return (f"only in the {'second' if first is None else 'first'}, {len(one or other):,} bytes",)
        return explain(path, first, second)
    before, after = one.decode().splitlines(), other.decode().splitlines()
    if before == after:
        return ("the same lines, with other ends",)
    start, end = _common(before, after)
    if max(len(before), len(after)) - start - end > _LINES:
        more = f"{len(before):,} and {len(after):,} lines, too different to be shown line by line"
        return (more, *(() if first is None or second is None else explain(path, first, second)))
    names = ["/dev/null" if data is None else f"{side}/{path}" for side, data in (("first", first), ("second", second))]
    return tuple(line[:_WIDTH] for line in _unified(before, after, names))


def is_text(data: bytes) -> bool:
    """Whether it can be shown line by line."""
    if len(data) > _LARGEST or b"\0" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _common(first: list[str], second: list[str]) -> tuple[int, int]:
    """Number of lines at the start and at the end that are the same."""
    least = min(len(first), len(second))
    start = next((at for at in range(least) if first[at] != second[at]), least)
    end = next((at for at in range(least - start) if first[-1 - at] != second[-1 - at]), least - start)
    return start, end


def _unified(first: list[str], second: list[str], names: list[str]) -> list[str]:
    """The unified diff; only what stands between the common ends is compared."""
    start, end = _common(first, second)
    skip = max(0, start - _CONTEXT)
    keep = max(0, end - _CONTEXT)
    one, other = first[skip : len(first) - keep], second[skip : len(second) - keep]
    lines = list(difflib.unified_diff(one, other, names[0], names[1], n=_CONTEXT, lineterm=""))
    return [_moved(line, skip) if line.startswith("@@") and skip else line for line in lines]


def _moved(head: str, by: int) -> str:
    """The head of a hunk, `@@ -1,3 +1,4 @@`, for lines that begin `by` lines further down."""
    words = head.split()
    moved = []
    for word in words[1:3]:
        line, comma, count = word[1:].partition(",")
        moved.append(f"{word[0]}{int(line) + by}{comma}{count}")
    return " ".join(["@@", *moved, "@@"])
