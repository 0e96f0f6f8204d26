"""What kind of thing a path is, and how much of it is read.

Invariant: an archive's kind is told from its members, a folder's from what stands in it; of a prefix that holds more
than Python, only what belongs to that Python is read, and `Input.said` tells which.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Collection, Iterable, Set
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydist.archive.select import Selection
from pydist.errors import InputError
from pydist.manifest.alone import read_alone

__all__ = ["Form", "Input", "find", "form_of"]

_CONFIG = "pyvenv.cfg"
_BASES = 4  # environments that name each other as their base
_LARGEST_CONFIG = 64 << 10
_PROGRAM = re.compile(r"python(3\.\d{1,2})t?d?m?", re.ASCII)
_ANY = "3*"  # series of a Python that no name tells
_SHARED = re.compile(r"3\.\d{1,2}t?", re.ASCII)  # a version of a framework


class Form(StrEnum):
    """How much of a distribution there is; the names of the profiles that fit."""

    FULL = "full"
    INSTALL_ONLY = "install-only"
    TREE = "tree"
    MANIFEST = "manifest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A path to read. `prefix` stands before all names that count; `form` is None where only the members tell.

    `said` is what the report has to say about what was read: empty where it is all of what was given. `document` is a
    manifest without a distribution: its name in one, and its bytes.
    """

    path: Path
    prefix: str = ""
    form: Form | None = None
    selection: Selection | None = None
    said: str = ""
    document: tuple[str, bytes] | None = None


def find(path: Path, whole: bool = False) -> Input:
    """What to read of `path`; `whole`: all of it, whatever it looks like. Raises `InputError` for environments without
    a base, and for JSON that is no manifest."""
    if (document := read_alone(path)) is not None:
        said = f"{path} is a manifest alone; what its paths lead to was not judged"
        return Input(path=path, form=Form.MANIFEST, said=said, document=document)
    if not path.is_dir():
        return Input(path=path, prefix="python/")
    if (path / "PYTHON.json").is_file():
        return Input(path=path)
    if (path / "python").is_dir():
        return Input(path=path / "python")
    base = _base(path)
    said = f"{path} is a virtual environment; its base {base} was read" if base != path else ""
    root = _framework(base)
    system = "windows" if (root / "python.exe").is_file() else "unix"
    series = _series(root) if system == "unix" else ""
    if whole or (system == "unix" and not series):
        return Input(path=root, said=said)
    row = _table()[system]
    patterns = tuple(pattern.format(series=series) for pattern in row["patterns"])
    read = f"of {root} only what belongs to this Python was read: {', '.join(row['said']).format(series=series)}"
    return Input(
        path=root,
        form=Form.TREE,
        selection=Selection(patterns=patterns, without=tuple(row["without"])),
        said="; ".join(filter(None, [said, read])),
    )


def form_of(given: Input, files: Collection[str], folders: Set[str]) -> Form:
    """The form of what was read: folders that only full distributions have tell one without its manifest."""
    if given.form is not None:
        return given.form
    if "PYTHON.json" in files or not (files or folders) or not folders.isdisjoint(("install", "build")):
        return Form.FULL
    return Form.INSTALL_ONLY


@functools.cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("trees.toml").read_text(encoding="utf-8"))


def _base(path: Path) -> Path:
    """The prefix of the Python that the environment `path` was made with; `path` itself when it is none."""
    here = path
    for _ in range(_BASES):
        try:
            with (here / _CONFIG).open("rb") as file:
                text = file.read(_LARGEST_CONFIG).decode("utf-8", "replace")
        except OSError:
            return here
        rows = (line.partition("=") for line in text.splitlines())
        home = next((value.strip() for key, _, value in rows if key.strip().lower() == "home"), "")
        programs = Path(home)
        if "\0" in home or not programs.is_absolute() or not programs.is_dir():
            raise InputError(f"{path} is a virtual environment whose base is not here: {_CONFIG} says home = {home!a}")
        here = programs.parent if programs.name == "bin" else programs
    raise InputError(f"{path}: more than {_BASES} virtual environments that are based on each other")


def _framework(path: Path) -> Path:
    """The version inside `path` when it is a Python.framework: the current one, else the newest."""
    versions = path / "Versions"
    if not versions.is_dir():
        return path
    if (versions / "Current").is_dir():
        return (versions / "Current").resolve()
    named = [item for item in versions.iterdir() if _SHARED.fullmatch(item.name)]
    return max(named, key=lambda item: _number(item.name), default=path)


def _series(root: Path) -> str:
    """`3.14` of the Python that `bin/python3` of the prefix is, else of the newest program or library that is there;
    `_ANY` where there is a program and no name says more."""
    folder = root / "bin"
    try:
        names = [(folder / "python3").resolve().name, *_newest(folder.glob("python3.*"))]
        names += _newest(path.parent for path in root.glob("lib*/python3.*/os.py*"))
    except (OSError, RuntimeError):  # RuntimeError: a loop of links, up to Python 3.12
        return ""
    found = (match[1] for name in names if (match := _PROGRAM.fullmatch(name)))
    unnamed = _ANY if any((folder / name).is_file() for name in ("python3", "python")) else ""
    return next(found, unnamed)


def _newest(paths: Iterable[Path]) -> list[str]:
    return sorted((path.name for path in paths), key=_number, reverse=True)


def _number(name: str) -> int:
    found = re.search(r"3\.(\d{1,2})", name, re.ASCII)
    return int(found[1]) if found else 0
