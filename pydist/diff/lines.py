"""Unified diffs of long texts in bounded time.

`difflib` compares every line with every other one like it, which takes minutes for texts of ten thousand lines. So
lines that stand once in each text are matched first, in the longest order that both share (Bram Cohen's patience
diff), and `difflib` sees only what is between them, as long as that is short.

Invariant: applied to the first text the result gives the second, whatever was left unmatched.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

__all__ = ["unified"]

_CONTEXT = 3
_WORK = 4_000_000  # pairs of lines that difflib may compare in all; it takes seconds for them at worst
_Lines = Sequence[str]


class _Matcher(SequenceMatcher[str]):
    """Hunks as `difflib` makes them, of blocks that were found otherwise."""

    def __init__(self, first: _Lines, second: _Lines, blocks: list[tuple[int, int, int]]) -> None:
        super().__init__(None, "", "", autojunk=False)
        self._blocks = [*blocks, (len(first), len(second), 0)]

    def get_matching_blocks(self) -> list[tuple[int, int, int]]:  # type: ignore[override]  # of plain tuples
        return self._blocks


def unified(first: _Lines, second: _Lines, before: str, after: str) -> list[str]:
    """The lines of a unified diff; `before` and `after` are the names at its head. Nothing for equal texts."""
    made: list[str] = []
    for group in _Matcher(first, second, _joined(_same(first, second))).get_grouped_opcodes(_CONTEXT):
        made.append(f"@@ -{_range(group[0][1], group[-1][2])} +{_range(group[0][3], group[-1][4])} @@")
        for tag, start, end, begin, stop in group:
            if tag == "equal":
                made += [f" {line}" for line in first[start:end]]
            else:
                made += [f"-{line}" for line in first[start:end]]
                made += [f"+{line}" for line in second[begin:stop]]
    return [f"--- {before}", f"+++ {after}", *made] if made else []


def _range(start: int, end: int) -> str:
    """Lines from 0 as the head of a hunk counts them: `3,2`, of a single one `3`, of none the line before."""
    count = end - start
    return f"{start + 1}" if count == 1 else f"{start + (count > 0)},{count}"


def _joined(blocks: Iterator[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Blocks of which none begins where another one ends."""
    made: list[tuple[int, int, int]] = []
    for one, other, size in blocks:
        if made and (made[-1][0] + made[-1][2], made[-1][1] + made[-1][2]) == (one, other):
            made[-1] = (made[-1][0], made[-1][1], made[-1][2] + size)
        elif size:
            made.append((one, other, size))
    return made


def _same(first: _Lines, second: _Lines) -> Iterator[tuple[int, int, int]]:
    """Runs of the same lines, in order: where each begins in both, and how long it is."""
    left = _WORK
    one = other = 0
    for place, counterpart in [*_anchors(first, second), (len(first), len(second))]:
        while one < place and other < counterpart and first[one] == second[other]:
            yield one, other, 1
            one, other = one + 1, other + 1
        tail = 0
        while (
            tail < min(place - one, counterpart - other) and first[place - 1 - tail] == second[counterpart - 1 - tail]
        ):
            tail += 1
        rows, columns = place - tail - one, counterpart - tail - other
        if rows * columns <= left:
            left -= rows * columns
            inner = SequenceMatcher(None, first[one : one + rows], second[other : other + columns])
            for block in inner.get_matching_blocks():
                yield one + block.a, other + block.b, block.size
        yield place - tail, counterpart - tail, tail + (place < len(first) and counterpart < len(second))
        one, other = place + 1, counterpart + 1


def _anchors(first: _Lines, second: _Lines) -> list[tuple[int, int]]:
    """Places of lines that stand once in both, as many as rise in both."""
    once = {line for line, count in Counter(first).items() if count == 1}
    once &= {line for line, count in Counter(second).items() if count == 1}
    places = {line: place for place, line in enumerate(second) if line in once}
    pairs = [(place, places[line]) for place, line in enumerate(first) if line in once]
    # Longest rising subsequence: `ends` are the smallest last places of chains by length, `rows` what they are of.
    ends: list[int] = []
    rows: list[int] = []
    before: list[int] = []
    for row, (_, place) in enumerate(pairs):
        at = bisect_left(ends, place)
        before.append(rows[at - 1] if at else -1)
        ends[at : at + 1] = [place]
        rows[at : at + 1] = [row]
    chain: list[tuple[int, int]] = []
    row = rows[-1] if rows else -1
    while row >= 0:
        chain.append(pairs[row])
        row = before[row]
    return chain[::-1]
