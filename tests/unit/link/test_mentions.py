"""Import statements are found wherever they stand, with relative names made absolute."""

from __future__ import annotations

import pytest

from pydist.link.mentions import mentions

WORDS = ("tests", "tkinter")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import tkinter", {"tkinter"}),
        ("import os, tkinter.ttk as t", {"tkinter.ttk"}),
        ("def f():\n    from tkinter import Tk", {"tkinter", "tkinter.Tk"}),
        ("try: import tkinter\nexcept ImportError: pass", {"tkinter"}),
        ("x = 1; import tkinter", {"tkinter"}),
        ("from . import tests", {"a.b.tests"}),
        ("from .. import (x,\n    tests, # why\n    y)", {"a.tests"}),
        ("from ..tests.x import (y)", {"a.tests.x", "a.tests.x.y"}),
        ("from a.b import tests as t, x", {"a.b.tests"}),
        ("import os, \\\n    tkinter", {"tkinter"}),
        ("important = tkinter", set()),
        ("import mytests, tkinter2", set()),
    ],
)
def test_what_a_source_imports_is_named(source: str, expected: set[str]) -> None:
    assert mentions("a/b/c.py", source.encode(), WORDS) == expected


def test_a_packages_own_file_counts_from_its_folder() -> None:
    assert mentions("a/__init__.py", b"from . import tests", WORDS) == {"a.tests"}


def test_more_dots_than_folders_are_no_harm() -> None:
    assert mentions("a.py", b"from .... import tests", WORDS) == {"tests"}
