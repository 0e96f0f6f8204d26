"""Facts about the order of Python series."""

from __future__ import annotations

import pytest

from pydist.policy.series import series_order, within


def test_series_are_ordered_by_their_numbers() -> None:
    assert sorted(["3.14", "3.9", "3.10", "4.0"], key=series_order) == ["3.9", "3.10", "3.14", "4.0"]


@pytest.mark.parametrize(
    ("since", "until", "inside"),
    [("", "", True), ("3.9", "", True), ("3.11", "3.11", True), ("3.12", "", False), ("", "3.10", False)],
)
def test_limits_are_included_and_an_empty_one_is_none(since: str, until: str, inside: bool) -> None:
    assert within("3.11", since, until) is inside
