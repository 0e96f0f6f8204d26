"""Imports of a script that cannot succeed, found before the user of the application finds them.

Invariant: only what is certain is reported: an import at the top of the script, outside of `try` and `if`, of a
top-level module that nothing in the application has.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Iterator
from pathlib import Path

from pydist.errors import Fault, InputError
from pydist.link import omissions
from pydist.link.app import AppKind, AppSpec
from pydist.link.collect import Collected
from pydist.link.dist import Distribution

__all__ = ["check_imports", "missing_imports"]

_ALWAYS = {"__main__", "_frozen_importlib", "_frozen_importlib_external"}
"""Modules that every interpreter has in `sys.modules`, and no file."""


def check_imports(app: AppSpec, tree: Collected, distribution: Distribution) -> None:
    """Raise `InputError` that names every import of the script that would fail when it starts."""
    if app.kind is not AppKind.SCRIPT or app.path is None or app.settings.module:
        return
    builtin = omissions.load().kept(distribution.extensions)
    available = {row.name for row in tree.modules if "." not in row.name} | builtin | _ALWAYS
    missing = list(missing_imports(app.path.read_bytes(), available))
    if missing:
        raise InputError(
            f"{app.path} imports what the application does not have; name packages in `dependencies` of its "
            "`# /// script` block or with --with, and files beside it in `include` of its [tool.pydist]",
            [Fault(f"line {line}", _advice(app.path, name)) for name, line in missing],
        )


def missing_imports(source: bytes, available: Collection[str]) -> Iterator[tuple[str, int]]:
    """Top-level modules that `source` imports unconditionally and `available` lacks, with their lines."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return  # the syntax of a Python newer than ours: what compiles there is not ours to judge
    for statement in tree.body:
        names: list[str] = []
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.level == 0 and statement.module:
            names = [statement.module]
        for name in names:
            top = name.partition(".")[0]
            if top not in available:
                yield top, statement.lineno


def _advice(script: Path, name: str) -> str:
    beside = [place for place in (f"{name}.py", name) if (script.parent / place).exists()]
    if not beside:
        return f"no module {name!r}"
    pattern = beside[0] if beside[0].endswith(".py") else f"{name}/*"
    return f"{name!r} stands beside the script and is not included: include = [{pattern!r}]"
