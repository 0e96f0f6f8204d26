"""The order of Python series, in which "3.9" comes before "3.13".

Invariant: text is compared nowhere else.
"""

from __future__ import annotations

__all__ = ["series_order", "within"]


def series_order(series: str) -> tuple[int, ...]:
    """What a series (such as `3.14`) is sorted by.

    >>> sorted(["3.13", "3.9"], key=series_order)
    ['3.9', '3.13']
    """
    return tuple(int(part) for part in series.split("."))


def within(series: str, since: str, until: str = "") -> bool:
    """Whether `series` is from `since` to `until`, both included; an empty one is no limit.

    >>> within("3.11", "3.9"), within("3.11", "", "3.9")
    (True, False)
    """
    return series_order(since or series) <= series_order(series) <= series_order(until or series)
