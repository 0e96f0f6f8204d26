"""Runs the build back-end of a source tree (PEP 517), in the interpreter of the distribution that the wheel is for.

It runs by its path, with nothing but the standard library:

    python native_build_backend.py requires|wheel RESULT FOLDER        in the source tree

`requires` writes the back-end's own requirements to the file RESULT, as a JSON list; `wheel` makes a wheel in FOLDER
and writes its name. Invariant: the back-end sees the tree as its current folder, which is not on `sys.path` unless
`backend-path` says so, or the back-end is the one of trees without `pyproject.toml`.
"""

from __future__ import annotations

import importlib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

_LEGACY = "setuptools.build_meta:__legacy__"  # which PEP 517 says to use for trees that name none


def main(arguments: list[str]) -> None:
    hook, result, folder = arguments
    backend = _backend()
    answer: Any
    if hook == "requires":
        ask = getattr(backend, "get_requires_for_build_wheel", None)
        answer = list(ask({})) if ask else []
    else:
        answer = backend.build_wheel(folder, {}, None)
    Path(result).write_text(json.dumps(answer), encoding="utf-8")


def _backend() -> Any:
    file = Path("pyproject.toml")
    table = tomllib.loads(file.read_text(encoding="utf-8")).get("build-system", {}) if file.is_file() else {}
    sys.path[:0] = [str(Path(path).resolve()) for path in table.get("backend-path", [])]
    module, _, attribute = str(table.get("build-backend", _LEGACY)).partition(":")
    found: Any = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        found = getattr(found, name)
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
