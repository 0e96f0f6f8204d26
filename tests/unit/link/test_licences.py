"""Licences are named by SPDX where that is certain, and copyleft is what nobody can choose to be without."""

from __future__ import annotations

import doctest

import pytest

from pydist.link import licences
from pydist.link.licences import Verdict, judge, stated


def test_the_examples_hold() -> None:
    assert doctest.testmod(licences).failed == 0


@pytest.mark.parametrize(
    ("text", "copyleft"),
    [
        ("MIT", ()),
        ("MPL-2.0", ("MPL-2.0",)),
        ("MIT AND LGPL-2.1-or-later", ("LGPL-2.1-or-later",)),
        ("MIT OR GPL-3.0-only", ()),
        ("GPL-2.0-only OR LGPL-2.1-only", ("GPL-2.0-only", "LGPL-2.1-only")),
        ("(MIT OR GPL-3.0-only) AND EPL-2.0", ("EPL-2.0",)),
        ("MIT OR (BSD-3-Clause AND AGPL-3.0-only)", ()),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", ()),
        ("GPL-2.0-only WITH Font-exception-2.0 AND MIT", ("GPL-2.0-only WITH Font-exception-2.0",)),
        ("Apache-2.0 WITH LLVM-exception", ()),
        ("LicenseRef-BSD; GPL-2.0-or-later", ("GPL-2.0-or-later",)),
        ("bsd license", ()),
    ],
)
def test_copyleft_is_what_cannot_be_chosen_away(text: str, copyleft: tuple[str, ...]) -> None:
    assert judge(text) == Verdict(copyleft)


@pytest.mark.parametrize("text", ["", "see COPYING", "MIT; whatever", "Proprietary"])
def test_what_is_not_in_the_table_is_unknown(text: str) -> None:
    assert judge(text).unknown


@pytest.mark.parametrize(
    ("expression", "plain", "classifiers", "result"),
    [
        ("MIT", "anything", (), "MIT"),
        ("", "Apache 2.0", ("License :: OSI Approved :: MIT License",), "Apache-2.0"),
        ("", "Copyright (c) 2014\nall of it", ("License :: OSI Approved :: MIT License",), "MIT"),
        ("", "UNKNOWN", ("License :: OSI Approved :: ISC License (ISCL)",), "ISC"),
        ("", "", ("License :: Public Domain", "License :: Odd"), "LicenseRef-Public-Domain; Odd"),
        ("", "Copyright (c) 2014\nall of it", (), "Copyright (c) 2014"),
        ("", "", (), ""),
    ],
)
def test_the_best_of_three_fields_counts(expression: str, plain: str, classifiers: list[str], result: str) -> None:
    assert stated(expression, plain, classifiers) == result
