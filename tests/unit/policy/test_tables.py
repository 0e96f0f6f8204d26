"""Facts about the tables of recipes, targets and extension modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.errors import FaultCollector, InputError
from pydist.policy import extensions, recipes, targets
from pydist.policy.table import Row, read_toml


def test_every_recipe_loads_and_what_it_needs_exists() -> None:
    known = recipes.load_all()
    assert "cpython" in known
    for recipe in known.values():
        assert set(recipe.needs) <= known.keys()
        assert recipe.licenses
        assert recipe.license_files


def test_no_two_components_give_the_same_library() -> None:
    names = [library for recipe in recipes.load_all().values() for library in recipe.libraries]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("asked", "version"), [("3.14", "3.14.7"), ("3.14.7", "3.14.7"), ("3.13", "3.13.15")])
def test_a_python_is_asked_for_by_series_or_version(asked: str, version: str) -> None:
    assert recipes.load("cpython").release(asked).version == version


def test_an_unknown_python_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"3\.14\.7, 3\.13\.15"):
        recipes.load("cpython").release("3.9")


def test_an_unknown_target_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="x86_64-unknown-linux-musl"):
        targets.find("sparc-sun-solaris")


def test_modules_come_and_go_with_the_series() -> None:
    assert "_zstd" in extensions.for_series("3.14")
    assert "_zstd" not in extensions.for_series("3.13")


def test_all_faults_of_a_table_are_found_at_once() -> None:
    faults = FaultCollector("file")
    row = Row({"text": 1, "list": ["a", 2], "extra": True}, faults)
    row.text("text")
    row.texts("list")
    row.number("absent")
    row.done()
    assert [str(fault) for fault in faults.faults] == [
        "file: text: expected a string",
        "file: list: expected a list of strings",
        "file: absent: expected a number",
        "file: extra: not a known key",
    ]


def test_a_file_that_is_no_toml_is_an_input_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("= 1")
    with pytest.raises(InputError, match=str(path)):
        read_toml(path)
