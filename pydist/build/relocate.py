"""Takes the build folder and the fixed prefix out of an installed tree, so that it works wherever it is put.

CPython's `make install` writes its prefix, compiler and configure arguments into sysconfig, pkg-config files, scripts
and `build-details.json`. After this every one of them finds its own place at run time. Two cannot, and keep the fixed
prefix: the Makefile, which `sysconfig` takes no answer from, and `_sysconfig_vars_*.json`, for readers without Python.

Invariant: no file of the result names the folder it was built in (`check_no_trace` looks at the bytes of all of them).
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

from pydist.errors import PydistError
from pydist.policy.relocation import (
    BESIDE_PKGCONFIG,
    MARK,
    PREFIX,
    beside,
    details_beside,
    prefix_path,
    record_of,
    sysconfig_source,
)

__all__ = ["BuildPathLeft", "check_no_trace", "relocate"]

_PREFIX_PATH = prefix_path(PREFIX)
_DEPS = re.compile(r"(?<![\w/-])-[IL]deps/[\w/.+-]+[ \t]?")
_TOOL = re.compile(r"/build/tools/[\w./+-]*/bin/([\w.+-]+)")
_COMPILER = re.compile(r"(?<![\w./-])clang(\+\+)?(?![\w./-])")


class BuildPathLeft(PydistError):
    """A file of the result names the folder it was built in: the builder is at fault."""

    exit_code = 3


def relocate(install: Path, work: Path, library: Path, python: str) -> None:
    """Rewrite the tree below `install`, built in `work`; `library` is its standard library, `python` the name of its
    interpreter."""
    for path in [*library.glob("config-*/Makefile"), *library.glob("config-*/python-config.py"),
                 *(install / "bin").glob("python*-config"), *library.glob("config-*/Setup*")]:  # fmt: skip
        if path.is_file() and not path.is_symlink():
            path.write_text(_neutral(path.read_text(encoding="utf-8"), work), encoding="utf-8")
    for path in library.glob("_sysconfigdata_*.py"):
        _sysconfigdata(path, work)
    for path in library.glob("_sysconfig_vars_*.json"):
        values = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(_each(values, work), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for path in library.glob("build-details.json"):
        _build_details(path)
    for path in (install / "lib" / "pkgconfig").glob("*.pc"):
        if not path.is_symlink():
            text = _neutral(path.read_text(encoding="utf-8"), work)
            path.write_text(_PREFIX_PATH.sub(BESIDE_PKGCONFIG, text), encoding="utf-8")
    for path in (install / "bin").iterdir():
        if path.is_file() and not path.is_symlink():
            _shebang(path, python)
    for path in library.glob("site-packages/*.dist-info/RECORD"):
        _record(path)


def check_no_trace(root: Path, paths: list[str]) -> None:
    """Raise `BuildPathLeft` that lists every file below `root` with one of `paths` in its bytes."""
    needles = [path.encode() for path in paths]
    found = sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink() and any(needle in path.read_bytes() for needle in needles)
    )
    if found:
        raise BuildPathLeft("these files name the folder they were built in: " + ", ".join(found))


def _neutral(text: str, work: Path) -> str:
    """Without the build folder, our dependencies' folder, the place of the Python that a cross build runs, and the
    compiler's private name (`cc` is what users have)."""
    text = text.replace(f"{work}/installed", "").replace(str(work), "/build").replace(str(work.parent), "/build")
    text = _TOOL.sub(r"\1", _DEPS.sub("", text))
    return _COMPILER.sub(lambda match: "c++" if match[1] else "cc", text)


def _each(values: dict[str, Any], work: Path) -> dict[str, Any]:
    return {key: _neutral(value, work) if isinstance(value, str) else value for key, value in values.items()}


def _sysconfigdata(path: Path, work: Path) -> None:
    """Make `build_time_vars` follow `sys.base_prefix`; values without a path in them stay literals."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assignment = next(node for node in tree.body if isinstance(node, ast.Assign))
    values = _each(ast.literal_eval(assignment.value), work)
    marked = {key: _PREFIX_PATH.sub(MARK, value) if isinstance(value, str) else value for key, value in values.items()}
    path.write_text(sysconfig_source(marked), encoding="utf-8")


def _build_details(path: Path) -> None:
    details = details_beside(json.loads(path.read_text(encoding="utf-8")), PREFIX)
    # Not everywhere: archives without the builder's files have no static library, and not every build that CPython
    # expects one of has a library of the stable ABI.
    libraries = details.get("libpython", {})
    libraries.pop("static", None)
    if not (path.parents[2] / libraries.get("dynamic_stableabi", "")).is_file():
        libraries.pop("dynamic_stableabi", None)
    path.write_text(json.dumps(details, indent=2) + "\n", encoding="utf-8")


def _shebang(path: Path, python: str) -> None:
    """Start the interpreter beside the script: pip's scripts name the one that installed them, wherever that was."""
    data = path.read_bytes()
    first = data.partition(b"\n")[0]
    if re.match(rb"#!.*/python[0-9.a-z]*$", first) and not first.startswith(b"#!/usr/bin/"):
        path.write_bytes(beside(data, python))


def _record(path: Path) -> None:
    """List what is there, as it is: bytecode was taken out, and scripts were rewritten."""
    root = path.parent.parent

    def read(name: str) -> bytes | None:
        installed = root / name
        return installed.read_bytes() if installed.is_file() else None

    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    path.write_text(record_of(text, read), encoding="utf-8", newline="")
