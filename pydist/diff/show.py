"""How the content of one file differs between two distributions: a unified diff of texts, words about anything else.

Invariant: any bytes give an answer, in bounded time.
"""

from __future__ import annotations

from pydist.diff.explain import explain
from pydist.diff.lines import unified

__all__ = ["is_text", "show"]

_LARGEST = 4 << 20
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
    old = "/dev/null" if first is None else f"first/{path}"
    new = "/dev/null" if second is None else f"second/{path}"
    return tuple(line[:_WIDTH] for line in unified(before, after, old, new))


def is_text(data: bytes) -> bool:
    """Whether it can be shown line by line."""
    if len(data) > _LARGEST or b"\0" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
