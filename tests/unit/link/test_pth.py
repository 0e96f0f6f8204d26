"""Files .pth of packages have their effects, or a note says which they do not have."""

from __future__ import annotations

import pytest

from pydist.link.pth import NOTHING, Start, effects_of

SITE = "lib/python3.14/site-packages"
FOLDERS = frozenset({f"{SITE}/src", f"{SITE}/src/deep"})


def effects(name: str, text: str) -> tuple[Start, tuple[str, ...]]:
    return effects_of({name: text.encode()}, {name: "a.whl"}, FOLDERS, SITE)


def test_folders_become_search_paths_in_order() -> None:
    start, notes = effects("x.pth", "# a comment\n\nsrc\n./src/deep/\nsrc\n")
    assert start == Start(paths=(f"{SITE}/src", f"{SITE}/src/deep"))
    assert notes == ()


@pytest.mark.parametrize("line", ["/home/me/project", "elsewhere", "../../../../etc"])
def test_folders_of_other_machines_are_noted(line: str) -> None:
    assert effects("__editable__.x-1.pth", line) == (
        NOTHING,
        (f"__editable__.x-1.pth of a.whl names {line}, which is no folder of the application",),
    )


def test_setuptools_stands_in_for_distutils() -> None:
    start, notes = effects("distutils-precedence.pth", "import os; __import__('_distutils_hack').add_shim()")
    assert start.calls == ("_distutils_hack:add_shim",)
    assert notes == ()


def test_namespace_packages_need_no_help() -> None:
    assert effects("google-nspkg.pth", "import sys, types, os;p = 1") == (NOTHING, ())


def test_other_code_is_noted_once() -> None:
    start, notes = effects("x.pth", "import a\nimport\tb\n")
    assert start == NOTHING
    assert notes == ("x.pth of a.whl has code for each start of a Python: it is not run",)
