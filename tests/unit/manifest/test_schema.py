"""The generated schemas and the reader agree."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pydist.manifest.load import ManifestInvalid, load
from pydist.manifest.model import Manifest
from pydist.manifest.schema import schema_of
from tests.support import tiny

SCHEMA = schema_of(Manifest, "python-json-8.schema.json")
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def loads(value: Any) -> bool:
    try:
        load(json.dumps(value).encode(), "PYTHON.json")
    except ManifestInvalid:
        return False
    return True


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


PLACES = places(tiny.manifest())
_values = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2**65), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=3), st.lists(st.text(max_size=3), max_size=6),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)  # fmt: skip


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_both_accept_a_conforming_manifest() -> None:
    assert VALIDATOR.is_valid(tiny.manifest())
    assert loads(tiny.manifest())


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(PLACES), st.sampled_from(["replace", "delete", "add"]), _values)
def test_reader_and_schema_accept_and_reject_the_same_documents(
    place: tuple[Any, ...], change: str, value: Any
) -> None:
    # JSON Schema counts 1.0 as an integer, the reader does not (see pydist.manifest.schema).
    assume(not (isinstance(value, float) and value.is_integer()))
    document = copy.deepcopy(tiny.manifest())
    parent: Any = {"root": document}
    key: Any = "root"
    for step in place:
        parent, key = parent[key], step
    if change == "replace":
        parent[key] = value
    elif change == "delete" and place:
        del parent[key]
    elif isinstance(parent[key], dict):
        parent[key]["new"] = value
    elif isinstance(parent[key], list):
        parent[key].append(value)
    document = parent["root"] if not place else document
    assert loads(document) is VALIDATOR.is_valid(document)


@pytest.mark.parametrize("place", [place for place in PLACES if place and isinstance(place[-1], str)])
def test_a_missing_key_is_judged_alike(place: tuple[Any, ...]) -> None:
    document = tiny.manifest()
    parent: Any = document
    for step in place[:-1]:
        parent = parent[step]
    del parent[place[-1]]
    assert loads(document) is VALIDATOR.is_valid(document)
