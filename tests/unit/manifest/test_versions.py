"""Manifests of all versions become one model, which says what it does not know."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pydist.errors import InputError
from pydist.manifest.convert import decode
from pydist.manifest.load import Loaded, ManifestInvalid, load, load_any
from pydist.manifest.model import Manifest
from pydist.manifest.schema import schema_of
from pydist.manifest.versions import NEWEST, document_class, load_versions
from tests.support import manifests, tiny


def read(value: Any, lenient: bool = False) -> Loaded:
    return load_any(json.dumps(value).encode(), "PYTHON.json", lenient=lenient)


def faults(value: Any, lenient: bool = False) -> list[str]:
    with pytest.raises(ManifestInvalid) as caught:
        read(value, lenient)
    return [str(fault) for fault in caught.value.faults]


def fits(value: Any, version: int) -> bool:
    """Whether the class of `version` takes `value`."""
    try:
        decode(document_class(version), value, "PYTHON.json")
    except InputError:
        return False
    return True


def test_the_newest_version_is_read_as_it_stands() -> None:
    loaded = read(tiny.manifest())
    assert loaded.manifest == load(json.dumps(tiny.manifest()).encode(), "PYTHON.json")
    assert (loaded.version, loaded.missing, loaded.resolved, loaded.ignored) == (8, (), (), ())


@pytest.mark.parametrize("version", manifests.VERSIONS)
def test_a_manifest_of_each_version_fits_its_schema_and_no_other(version: int) -> None:
    document = manifests.of_version(version)
    for other in manifests.VERSIONS:
        schema = schema_of(document_class(other), f"python-json-{other}.schema.json")
        jsonschema.Draft202012Validator.check_schema(schema)
        renumbered = {**document, "version": str(other)}
        assert jsonschema.Draft202012Validator(schema).is_valid(document) is (other == version)
        assert jsonschema.Draft202012Validator(schema).is_valid(renumbered) is fits(renumbered, other)


@pytest.mark.parametrize("version", manifests.VERSIONS)
def test_each_version_becomes_the_one_model(version: int) -> None:
    loaded = read(manifests.of_version(version))
    made = loaded.manifest
    assert loaded.version == version
    assert isinstance(made, Manifest)
    assert (made.python_version, made.python_exe) == ("3.14.7", "install/bin/python3.14")
    assert made.python_paths["stdlib"] == "install/lib/python3.14"
    assert made.python_implementation_hex_version == 0x030E07F0
    assert made.python_implementation_version == ("3", "14", "7", "final", "0")
    assert (made.python_tag, made.python_implementation_cache_tag) == ("cp314", "cpython-314")
    assert made.build_info.extensions["zlib"][0].links[0].path_static == "build/lib/libz.a"


def test_what_an_old_version_lacks_is_empty_and_named_with_its_cost() -> None:
    loaded = read(manifests.of_version(0))
    assert loaded.manifest.crt_features == ()
    assert loaded.manifest.build_info.object_file_format == ""
    assert not loaded.knows("crt_features")
    assert loaded.knows("python_exe")
    assert {"target_triple", "build_options", "build_info.extensions.*.licenses", "license_path"} <= loaded.lacks
    assert all(item.cost and item.since > 0 for item in loaded.missing)


def test_less_is_missing_the_newer_the_version() -> None:
    lacking = [read(manifests.of_version(version)).lacks for version in manifests.VERSIONS]
    assert all(newer <= older for older, newer in itertools.pairwise(lacking))
    assert len(lacking[0]) > len(lacking[1]) > len(lacking[2]) > len(lacking[4]) > len(lacking[5])
    assert lacking[5] == {"python_paths_abstract", "python_config_vars"}
    assert lacking[6] == lacking[7] == lacking[8] == frozenset()


def test_keys_that_were_renamed_are_read_under_their_new_names() -> None:
    made_of = {item.key: item.made_of for item in read(manifests.of_version(4)).resolved}
    assert made_of["libpython_link_mode"] == ("link_mode",)
    assert made_of["python_paths"] == ("python_include", "python_stdlib")
    assert made_of["python_implementation_name"] == ("python_flavor",)
    seven = read(manifests.of_version(7))
    assert [(item.key, item.made_of) for item in seven.resolved] == [("build_options", ("optimizations",))]
    assert seven.manifest.build_options == "noopt+static"


@pytest.mark.parametrize(
    ("system", "processor", "triple"),
    [
        ("macos", "x86_64", "x86_64-apple-darwin"),
        ("windows", "x86_64", "x86_64-pc-windows-msvc"),
        ("windows", "x86", "i686-pc-windows-msvc"),
        ("linux", "x86_64", ""),
        ("plan9", "x86_64", ""),
    ],
)
def test_the_target_of_an_old_version_is_known_where_only_one_is_possible(
    system: str, processor: str, triple: str
) -> None:
    loaded = read(manifests.of_version(3) | {"os": system, "arch": processor})
    assert loaded.manifest.target_triple == triple
    assert loaded.knows("target_triple") is bool(triple)


@pytest.mark.parametrize("text", ["3.14", "three", "3.14.7.1", "3.999.1", "", "3.\u0661.0"])
def test_nothing_is_made_of_a_python_version_that_is_none(text: str) -> None:
    loaded = read(manifests.of_version(2) | {"python_version": text})
    assert {"python_tag", "python_implementation_hex_version", "python_major_minor_version"} <= loaded.lacks


def test_keys_that_are_for_other_targets_or_absent_modules_are_not_missing() -> None:
    assert read(manifests.of_version(6)).knows("apple_sdk_version")
    mac = read(manifests.of_version(6) | {"target_triple": "aarch64-apple-darwin"})
    assert not mac.knows("apple_sdk_version")
    document = manifests.of_version(8)
    assert read(document).knows("tcl_library_path")
    document["build_info"]["extensions"]["_tkinter"] = document["build_info"]["extensions"]["zlib"]
    lacking = read(document)
    assert not lacking.knows("tcl_library_path")
    assert lacking.lacks == frozenset()  # the version has the key: that it is absent is the archive's own choice


@pytest.mark.parametrize("version", [2, 3])
def test_keys_of_version_4_in_manifests_of_windows_that_say_2_are_a_quirk(version: int) -> None:
    document = manifests.of_version(4) | {"version": str(version), "os": "windows"}
    loaded = read(document)
    assert "keys-of-later-version" in {quirk.id for quirk in loaded.quirks}
    assert {"link_mode", "python_stdlib_test_packages"} <= {quirk.where for quirk in loaded.quirks}
    assert loaded.manifest.libpython_link_mode == "static"
    assert not fits(document, version)


@pytest.mark.parametrize("version", [0, 1, 4, 5, 6, 7, 8])
def test_other_versions_take_the_keys_of_no_other_version(version: int) -> None:
    document = manifests.of_version(version)
    if version < 8:
        key = next(row for row in load_versions().keys.values() if row.since > version and "." not in row.name)
        (fault,) = faults({**document, key.name: "x"})
        assert fault.startswith(f"PYTHON.json: {key.name}: unknown key")
    if version > 4:
        assert len(faults({**document, "python_flavor": "cpython"})) == 1


def test_a_newer_version_is_refused_or_read_without_what_is_not_known() -> None:
    document = {**tiny.manifest(), "version": "9", "seal": {"a": 1}}
    document["build_info"]["extensions"]["zlib"][0]["colour"] = "green"
    document["build_info"]["core"]["links"][0]["order"] = 1
    assert faults(document) == ["PYTHON.json: version: format version 9, newer than 8, the newest that we know"]
    loaded = read(document, lenient=True)
    assert loaded.version == 9
    assert loaded.ignored == (
        "seal",
        "build_info.core.links[0].order",
        "build_info.extensions.zlib[0].colour",
    )
    assert loaded.manifest == read(tiny.manifest()).manifest
    del document["python_exe"]
    assert faults(document, lenient=True) == ["PYTHON.json: python_exe: missing; expected a string"]


@pytest.mark.parametrize("version", manifests.VERSIONS)
def test_versions_that_are_known_are_read_strictly_even_when_leniency_is_asked_for(version: int) -> None:
    assert faults({**manifests.of_version(version), "seal": 1}, lenient=True) == ["PYTHON.json: seal: unknown key"]


@pytest.mark.parametrize("version", ["-1", "08", "8.0", "", "eight", "99999", "\u0661", 8, None, [], True])
def test_a_version_that_is_no_number_in_a_text_is_the_one_fault(version: Any) -> None:
    (fault,) = faults({**tiny.manifest(), "version": version}, lenient=True)
    assert fault.startswith("PYTHON.json: version: ")


def test_the_table_speaks_of_keys_that_exist() -> None:
    table = load_versions()
    assert list(table.versions) == list(manifests.VERSIONS) == list(range(NEWEST + 1))
    for name, row in table.keys.items():
        schema = schema_of(document_class(8), "x")
        if name.startswith("build_info."):
            part = {"core": "CoreInfo", "extensions": "ExtensionInfo"}.get(name.split(".")[1], "BuildInfo")
            schema = schema["$defs"][part]
        assert name.rpartition(".")[2] in schema["properties"]
        assert row.since in table.versions
        assert set(row.made_of) <= {*table.retired, *table.keys, "python_version"}
    assert {key for row in table.retired.values() for key in row.into} <= table.keys.keys()


_damage = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5), st.sampled_from(["NULL", "$(tcltk", "8", "0", "x/" * 3000, "llvm-bitcode:%1+2", "3.11.1"]),
    st.lists(st.text(max_size=3), max_size=3), st.lists(st.just({}), max_size=2),
    st.dictionaries(st.text(max_size=3), st.lists(st.just({}), max_size=2), max_size=2),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


@settings(max_examples=1500, deadline=None)
@given(st.data(), st.sampled_from([*manifests.VERSIONS, 9]), st.booleans())
def test_random_damage_of_any_version_is_an_input_error_or_harmless(
    data: st.DataObject, version: int, lenient: bool
) -> None:
    document: Any = {"root": manifests.of_version(min(version, 8)) | {"version": str(version)}}
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(places(document)[1:]))
        parent = document
        for step in place[:-1]:
            parent = parent[step]
        change = data.draw(st.sampled_from(["replace", "delete", "add"]))
        if change == "replace":
            parent[place[-1]] = copy.deepcopy(data.draw(_damage))
        elif change == "delete" and len(place) > 1:
            del parent[place[-1]]
        elif isinstance(parent[place[-1]], dict):
            keys = st.sampled_from([*load_versions().retired, *(key.split(".")[-1] for key in load_versions().keys)])
            parent[place[-1]][data.draw(keys)] = copy.deepcopy(data.draw(_damage))
    try:
        loaded = read(document["root"], lenient)
    except InputError as error:
        assert error.faults
        return
    assert read(document["root"], lenient) == loaded
    assert len(loaded.quirks) < 1000


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(manifests.VERSIONS))
def test_reader_and_schema_of_every_version_agree(data: st.DataObject, version: int) -> None:
    document = manifests.of_version(version)
    place = data.draw(st.sampled_from(places(document)[1:]))
    parent: Any = document
    for step in place[:-1]:
        parent = parent[step]
    if data.draw(st.booleans()):
        value = data.draw(_damage)
        # JSON Schema counts 1.0 as an integer, the reader does not (see pydist.manifest.schema).
        assume(not (isinstance(value, float) and value.is_integer()))
        parent[place[-1]] = copy.deepcopy(value)
    else:
        del parent[place[-1]]
    schema = jsonschema.Draft202012Validator(schema_of(document_class(version), "x"))
    assert schema.is_valid(document) is fits(document, version)
