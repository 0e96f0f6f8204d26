"""Only an import that is certain to fail is reported."""

from __future__ import annotations

import pytest

from pydist.link.imports import missing_imports

AVAILABLE = {"sys", "json", "pkg"}


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("import sys, json.tool\nfrom pkg.sub import x\n", []),
        ("import sys\nimport nowhere\n", [("nowhere", 2)]),
        ("from nowhere.deep import x\n", [("nowhere", 1)]),
        ("import a.b, json, c\n", [("a", 1), ("c", 1)]),
        ("from __future__ import annotations\n", [("__future__", 1)]),
        ("try:\n    import nowhere\nexcept ImportError:\n    nowhere = None\n", []),
        ("if False:\n    import nowhere\n", []),
        ("def f():\n    import nowhere\n", []),
        ("from . import sibling\n", []),
        ("this is not Python\n", []),
        ("\0", []),
    ],
)
def test_what_is_missing_is_named_with_its_line(source: str, missing: list[tuple[str, int]]) -> None:
    assert list(missing_imports(source.encode(), AVAILABLE)) == missing
