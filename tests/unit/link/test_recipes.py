"""Recipes say of packages what these do not say themselves; all faults of a table are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.errors import FaultCollector, InputError
from pydist.link.recipes import Recipe, for_packages, further_requirements, known_recipes, parse_recipes
from pydist.link.settings import Settings

OWN = (Recipe(package="foo", with_=("setuptools<81", "bar"), imports=("winreg",)),)


def test_every_row_of_the_table_has_its_reason_and_its_release() -> None:
    assert all(recipe.seen and recipe.reason and (recipe.with_ or recipe.imports) for recipe in known_recipes())


def test_a_recipe_counts_where_its_package_is() -> None:
    assert for_packages(["foo"], OWN) == OWN
    assert for_packages(["food"], OWN) == ()
    ours = known_recipes()[0]
    assert for_packages([ours.package, "foo"], OWN) == (ours, *OWN)


@pytest.mark.parametrize(
    ("packages", "further"),
    [
        ({"foo": "1"}, ("setuptools<81", "bar")),
        ({"foo": "1", "bar": "0.1", "setuptools": "82"}, ("setuptools<81",)),
        ({"foo": "1", "bar": "", "setuptools": "80.9"}, ()),
        ({"food": "1"}, ()),
    ],
)
def test_what_is_not_there_is_asked_for(packages: dict[str, str], further: tuple[str, ...]) -> None:
    assert further_requirements(packages, OWN) == further


def test_settings_have_recipes_of_their_own() -> None:
    table = {"tool": {"pydist": {"recipe": {"Foo": {"with": ["setuptools<81", "bar"], "imports": ["winreg"]}}}}}
    assert Settings.parse(table, "f").recipes == OWN


def test_all_faults_of_a_table_are_named() -> None:
    faults = FaultCollector("f")
    parse_recipes({"a": {"with": "x", "odd": 1}, "b": 3, "c": {"reason": 1, "with": ["not a requirement"]}}, faults)
    text = "\n".join(map(str, faults.faults))
    assert "f: a.with: expected a list of strings, found 'x'" in text
    assert "f: a.odd: expected the keys with, imports, seen, reason" in text
    assert "f: b" in text
    assert "f: c.reason: expected a string, found 1" in text
    assert "f: c.with: 'not a requirement' is not a requirement" in text
    parse_recipes([], faults)
    assert "expected a table of tables" in str(faults.faults[-1])


def test_a_row_of_ours_without_a_reason_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "recipes.toml"
    table.write_text('[foo]\nwith = ["bar"]\n')
    with pytest.raises(InputError, match="foo: expected seen and reason"):
        known_recipes(table)
