"""The table of built-in modules as C source: the one that was compiled, where it was installed, or one made anew.

Invariant: it has exactly the modules that the running interpreter has built in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydist.adopt.ask import Answer, NotAdoptable

__all__ = ["Inittab", "inittab"]

MADE = "build/Modules/config.c"
_ROW = re.compile(r'\{\s*"([\w.]{1,80})"\s*,\s*(\w{1,80})\s*\}', re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w{0,79}", re.ASCII)
_LARGEST = 1 << 20
# Modules/config.c.in of all versions from 3.8 on: what every interpreter has, and who initialises it.
CORE = {
    "_ast": "PyInit__ast", "_imp": "PyInit__imp", "_string": "PyInit__string", "_tokenize": "PyInit__tokenize",
    "_warnings": "_PyWarnings_Init", "builtins": "NULL", "gc": "PyInit_gc", "marshal": "PyMarshal_Init", "sys": "NULL",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Inittab:
    """`source` is below `python/`, `functions` the initialisation function of each module. `core` are the modules that
    every interpreter has. `made`: nobody compiled this file."""

    source: str
    functions: Mapping[str, str]
    core: frozenset[str]
    made: bool


def inittab(root: Path, answer: Answer, folder: Path | None) -> Inittab:
    """The table; `folder` is that of the build's configuration, if it is there. Raises `NotAdoptable` for modules with
    names that C does not have."""
    wrong = [name for name in answer.builtin if not _NAME.fullmatch(name)]
    if wrong:
        raise NotAdoptable(f"the interpreter has a built-in module with the name {ascii(wrong[0])[:80]}")
    known = {} if folder is None else _rows(folder / "config.c")
    if folder is not None and known.keys() == set(answer.builtin):
        return Inittab(source=(folder / "config.c").relative_to(root).as_posix(), functions=known, made=False,
                       core=frozenset(CORE.keys() & known.keys()))  # fmt: skip
    functions = {name: CORE.get(name, f"PyInit_{name}") for name in answer.builtin}
    path = root / MADE
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "\n".join(f'    {{"{name}", {function}}},' for name, function in functions.items())
    declared = "\n".join(f"extern PyObject *{name}(void);" for name in sorted({*functions.values()} - {"NULL"}))
    path.write_text(
        "/* Made by `pydist adopt` of what the interpreter says is built in: the table that was compiled is not\n"
        f"   there. Functions are named as CPython names them. */\n#include <Python.h>\n\n{declared}\n\n"
        f"struct _inittab _PyImport_Inittab[] = {{\n{rows}\n    {{0, 0}}\n}};\n",
        encoding="utf-8",
    )
    return Inittab(source=MADE, functions=functions, core=frozenset(CORE.keys() & functions.keys()), made=True)


def _rows(path: Path) -> dict[str, str]:
    if not path.is_file() or path.is_symlink() or path.stat().st_size > _LARGEST:
        return {}
    return dict(_ROW.findall(path.read_text(encoding="utf-8", errors="replace")))
