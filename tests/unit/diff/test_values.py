"""Differences of JSON values: complete, symmetric, and by names where lists have them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydist.diff.values import ABSENT, Difference, differences, written

SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "name", "id"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert not list(differences(value, json.loads(json.dumps(value))))


@given(VALUES, VALUES)
def test_what_is_not_the_same_differs_and_exchanging_both_exchanges_the_sides(first: Any, second: Any) -> None:
    found = list(differences(first, second))
    assert bool(found) == (json.dumps(first, sort_keys=True) != json.dumps(second, sort_keys=True))
    other = [Difference(item.path, item.second, item.first) for item in differences(second, first)]
    assert sorted(map(repr, other)) == sorted(map(repr, found))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"a": 1}, {"b": 1}, [("a", 1, ABSENT), ("b", ABSENT, 1)]),
        ({"a": {"b": 1}}, {"a": {"b": None}}, [("a.b", 1, None)]),
        ({"a": True}, {"a": 1}, [("a", True, 1)]),
        ({"objs": ["a", "b"]}, {"objs": ["b", "c"]}, [("objs[]", "a", ABSENT), ("objs[]", ABSENT, "c")]),
        ({"objs": ["a", "b"]}, {"objs": ["b", "a"]}, [("objs (order)", ["a", "b"], ["b", "a"])]),
        ({"links": [{"name": "z"}]}, {"links": [{"name": "z", "system": True}]}, [("links[z].system", ABSENT, True)]),
        ([{"name": "z"}], [{"name": "m"}, {"name": "z"}], [("[m]", ABSENT, {"name": "m"})]),
        ([1, 2], [1], [("[1]", 2, ABSENT)]),
    ],
)
def test_a_difference_has_the_path_of_the_value(first: Any, second: Any, expected: list[tuple[Any, ...]]) -> None:
    assert [(item.path, item.first, item.second) for item in differences(first, second)] == expected


def test_deep_and_long_values_are_bounded() -> None:
    deep: Any = "x"
    for _ in range(600):
        deep = [deep, 1]
    assert not list(differences(deep, deep))
    assert len(list(differences(deep, [deep, 1]))) >= 1
    assert len(written("x" * 100_000)) < 30_000
