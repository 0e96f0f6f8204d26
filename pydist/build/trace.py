"""The commands that a build ran, as the box's compiler and archiver wrote them down.

Invariant: a command is looked for by what it makes, and there is exactly one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from pydist.binary.ar import members
from pydist.errors import InputError

__all__ = ["Command", "members_of", "only", "read_trace", "relinked"]

Command = tuple[str, ...]


def read_trace(folder: Path) -> list[Command]:
    """All commands, in no particular order; the first word is the tool (cc, c++ or ar)."""
    return [tuple(path.read_text(encoding="utf-8").rstrip("\n").split("\t")) for path in sorted(folder.iterdir())]


def only(commands: Iterable[Command], made: str, wanted: Callable[[Command], bool]) -> Command:
    """The one command that made `made`. Raises `InputError` when there is none, or several that differ."""
    found = {command for command in commands if wanted(command)}
    if len(found) != 1:
        raise InputError(f"expected one command that makes {made} in the trace of the build, found {len(found)}")
    return found.pop()


def relinked(command: Command, facts: Path, python: str) -> Command:
    """The command that linked the interpreter, as it can be repeated in the folder of the distribution."""
    words = ["cc"]
    for word in command[1:]:
        # The archive's objects are native ones: nothing is left to be optimised while linking.
        if word.startswith(("-I", "-L", "-ffile-prefix-map=", "-flto")):
            continue
        if word.endswith(".o"):
            words.append(f"build/{word}")
        elif word.endswith(".a"):
            words += [f"build/{path}" for path in members_of(word, facts)]
        elif words[-1] == "-o":
            words.append(f"install/bin/{python}")
        else:
            words.append(word)
    return (*_objects_once(words), "-Lbuild/lib")


def members_of(library: str, facts: Path) -> list[str]:
    """The objects in a library of CPython's own (HACL*), which stand beside it in the build folder."""
    folder, _, name = library.rpartition("/")
    return [f"{folder}/{member}" for member, _ in members((facts / name).read_bytes())]


def _objects_once(words: list[str]) -> list[str]:
    """Without objects that were there before: two of CPython's own libraries may hold the same one."""
    seen: set[str] = set()
    kept = []
    for word in words:
        if word not in seen or not word.endswith(".o"):
            kept.append(word)
        seen.add(word)
    return kept
