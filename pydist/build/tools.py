"""The folder that is `$PATH` in a box: our compiler under all its names, and programs of the machine.

Invariant: what is placed is what `tools_digest` is of, whoever edits those files meanwhile: a process reads them once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydist.policy import resources
from pydist.store import Key

__all__ = ["PROGRAMS_FILE", "place_tools", "programs", "tools_digest"]

PROGRAMS_FILE = "programs.txt"
"""The list of programs of the machine, by its name beside the scripts."""

_COMPILER = ("clang", "clang++", "cc", "gcc", "c++", "g++")
_OWN = ("ar", "build-cc", "compile-library", "ld", "ranlib")
_TOOLS = {**dict.fromkeys(_COMPILER, "clang"), **{name: name for name in _OWN}}


def tools_digest() -> str:
    """The digest of our tools and of the list of programs."""
    files = _files(resources.builders() / "box")
    return Key.of("tools", {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}).digest


def place_tools(folder: Path) -> None:
    """Put our own tools into `folder`."""
    files = _files(resources.builders() / "box")
    for name, script in _TOOLS.items():
        (folder / name).write_bytes(files[script])
        (folder / name).chmod(0o755)


def programs() -> list[str]:
    """All that scripts may use of the machine.

    configure takes whatever else it finds (llvm-profdata, tclsh, nm, readelf …) for an invitation, and the result would
    depend on the machine.
    """
    return _files(resources.builders() / "box")[PROGRAMS_FILE].decode().split()


@cache
def _files(folder: Path) -> Mapping[str, bytes]:
    return {name: (folder / name).read_bytes() for name in sorted({*_TOOLS.values(), PROGRAMS_FILE})}
