"""The folder that is `$PATH` in a box: our compiler under all its names, and programs of the machine."""

from __future__ import annotations

import shutil
from pathlib import Path

from pydist.policy import resources

__all__ = ["place_tools", "programs"]

_COMPILER = ("clang", "clang++", "cc", "gcc", "c++", "g++")
_OWN = ("ar", "build-cc", "compile-library", "ld", "ranlib")
_TOOLS = {**dict.fromkeys(_COMPILER, "clang"), **{name: name for name in _OWN}}


def place_tools(folder: Path) -> None:
    """Put our own tools into `folder`."""
    for name, script in _TOOLS.items():
        shutil.copyfile(resources.builders() / "box" / script, folder / name)
        (folder / name).chmod(0o755)


def programs() -> list[str]:
    """All that scripts may use of the machine.

    configure takes whatever else it finds (llvm-profdata, tclsh, nm, readelf …) for an invitation, and the result would
    depend on the machine.
    """
    return (resources.builders() / "box" / "programs.txt").read_text(encoding="utf-8").split()
