"""Facts about licences: recipes name real ones, and a text counts only for the licence it is the text of."""

from __future__ import annotations

import pytest

from pydist.policy import contents, licenses, recipes, runtimes, toolchain

RECIPES = sorted(recipes.load_all())


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_names_licences_of_spdx_and_each_has_a_text_that_can_be_told(name: str) -> None:
    for license_ in recipes.load(name).licenses:
        assert licenses.expression_fault(license_) is None
        assert set(licenses.identifiers(license_)) <= licenses.phrases().keys()


def test_the_toolchain_ships_the_texts_of_its_parts_or_pydist_does() -> None:
    folder = toolchain.locate().folder
    for part in runtimes.load():
        texts = [(folder / text).read_text(encoding="utf-8") for text in part.texts]
        for name in licenses.missing_texts(part.license, texts):
            ours = licenses.spdx_text(name)
            assert ours, f"{part.name}: no text of {name}"
            assert licenses.missing_texts(name, [ours.read_text(encoding="utf-8")]) == ()


def test_what_a_series_does_not_have_is_not_in_its_bill_of_materials() -> None:
    (part,) = (part for part in contents.load() if part.name == "mimalloc")
    assert part.exists_in("3.13")
    assert not part.exists_in("3.11")


def test_what_cpython_contains_has_licences_that_can_be_told() -> None:
    assert {part.name for part in contents.load()} >= {"hacl-star", "mimalloc", "pip"}
    for part in contents.load():
        assert set(licenses.identifiers(part.license)) <= licenses.phrases().keys()


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("MIT", None),
        ("LGPL-2.1-or-later WITH GCC-exception-2.0-note", None),
        ("mit", "is not written as in SPDX"),
        ("Public-Domain", "is no SPDX expression"),
        ("MIT AND", "is no SPDX expression"),
    ],
)
def test_an_expression_is_checked_against_the_list_of_spdx(expression: str, fault: str | None) -> None:
    found = licenses.expression_fault(expression)
    assert found == fault or (fault is not None and found is not None and fault in found)


def test_a_text_is_found_whatever_its_lines_and_only_for_its_licence() -> None:
    text = "/* Permission is hereby granted,\n * free of charge, to any person obtaining a copy … \n"
    text += " * The above copyright notice and this\n * permission notice shall be included */"
    assert licenses.missing_texts("MIT", [text]) == ()
    assert licenses.missing_texts("MIT AND Zlib", [text]) == ("Zlib",)
    assert licenses.missing_texts("MIT", [text[:60]]) == ("MIT",)


def test_a_licence_that_the_table_does_not_know_has_no_text() -> None:
    assert licenses.missing_texts("Beerware", ["Beerware"]) == ("Beerware",)
