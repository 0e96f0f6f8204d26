"""A Python of its own, brought by a package: where it is, and a command that is it.

`pydist repack --to wheel-bundle` puts this file into wheels, where it runs on whatever Python installed them.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["main", "prefix", "python"]


def prefix() -> Path:
    """The folder of the installed tree, with `bin/` and `lib/` in it."""
    return Path(__file__).resolve().parent / "python"


def python() -> Path:
    """The interpreter."""
    about = json.loads((prefix() / "share" / "PYTHON.json").read_text(encoding="utf-8"))
    return prefix().joinpath(*about["python_exe"].split("/"))


def main() -> int:
    """Be the interpreter, with the arguments of this process."""
    program = str(python())
    command = [program, *sys.argv[1:]]
    if os.name != "nt":
        os.execv(program, command)  # noqa: S606  # in place of this process, so that signals are its own
    return subprocess.call(command)
