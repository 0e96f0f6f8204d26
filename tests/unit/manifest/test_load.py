"""Only what has exactly the keys and types of format version 8 becomes a `Manifest`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.manifest.dump import dump
from pydist.manifest.load import ManifestInvalid, load
from tests.support import tiny


def loads(value: Any) -> Any:
    return load(json.dumps(value).encode(), "PYTHON.json")


def faults(value: Any) -> list[str]:
    with pytest.raises(ManifestInvalid) as caught:
        loads(value)
    return [str(fault) for fault in caught.value.faults]


def test_a_conforming_manifest_loads_and_round_trips() -> None:
    manifest = loads(tiny.manifest())
    assert manifest.build_info.extensions["zlib"][0].links[0].path_static == "build/lib/libz.a"
    assert load(dump(manifest), "again") == manifest
    assert json.loads(dump(manifest)) == tiny.manifest()


def test_the_dump_is_canonical() -> None:
    manifest = loads(tiny.manifest())
    assert dump(manifest) == (json.dumps(tiny.manifest(), sort_keys=True, indent=4) + "\n").encode()
    shuffled = dict(reversed(list(tiny.manifest().items())))
    assert dump(loads(shuffled)) == dump(manifest)


def test_optional_keys_may_be_null_or_absent_and_are_left_out() -> None:
    value = tiny.manifest()
    value["python_abi_tag"] = None
    del value["license_path"]
    assert b"python_abi_tag" not in dump(loads(value))


def test_all_faults_come_at_once_each_with_its_place() -> None:
    value = tiny.manifest()
    value["build_info"]["extensions"]["zlib"][0]["links"][0]["path_static"] = 3
    value["build_info"]["core"]["linkz"] = []
    value["python_implementation_hex_version"] = -1
    value["python_implementation_version"] = ["3"]
    del value["python_exe"]
    assert faults(value) == [
        "PYTHON.json: python_implementation_hex_version: expected an integer from 0 to 2**64 - 1, found -1",
        "PYTHON.json: python_implementation_version: expected an array of 5 items, found 1",
        "PYTHON.json: python_exe: missing; expected a string",
        "PYTHON.json: build_info.core.linkz: unknown key; did you mean 'links'?",
        "PYTHON.json: build_info.extensions.zlib[0].links[0].path_static: expected a string, found 3",
    ]


@pytest.mark.parametrize("version", ["7", "9", ""])
def test_another_format_version_is_the_one_fault(version: str) -> None:
    assert len(faults({"version": version})) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe{}",
        b"{",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"version": "8", "version": "8"}',
        b'{"version": NaN}',
        b'{"version": ' + b"9" * 10_000 + b"}",
        b"null",
        b"[]",
        b'"8"',
        b"\xef\xbb\xbf{}",
    ],
)
def test_hostile_json_is_invalid_and_nothing_worse(data: bytes) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        load(data, "PYTHON.json")
    assert caught.value.faults


def test_millions_of_faults_do_not_make_a_message_of_millions_of_lines() -> None:
    value = tiny.manifest()
    value["build_info"]["extensions"] = {f"m{index}": [{}] for index in range(50_000)}
    value |= {f"unknown{index}": 1 for index in range(50_000)}
    assert len(faults(value)) == 200


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=200)
@given(_json)
def test_any_json_is_a_manifest_or_invalid(value: Any) -> None:
    with pytest.raises(ManifestInvalid):
        loads(value)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_loads_survives_a_dump(data: st.DataObject) -> None:
    value = tiny.manifest()
    text = st.text(max_size=20)
    value[data.draw(st.sampled_from(["python_exe", "license_path", "build_options"]))] = data.draw(text)
    value["python_config_vars"] = data.draw(st.dictionaries(text, text, max_size=5))
    value["crt_features"] = data.draw(st.lists(text, max_size=4))
    value["python_implementation_hex_version"] = data.draw(st.integers(0, 2**64 - 1))
    manifest = loads(value)
    assert load(dump(manifest), "again") == manifest
