"""What an input is that is no CPython: said by name, so that nobody has to guess why it was refused.

Invariant: looks at bytes and names only, at a bounded number of them; nothing is run.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from pydist.adopt.ask import NotAdoptable
from pydist.archive.paths import shown
from pydist.archive.source import open_source
from pydist.binary.elf import ElfFile, ElfInvalid
from pydist.binary.kind import HEAD_SIZE, Kind, is_portable, kind_of, program_words
from pydist.errors import InputError

__all__ = ["head_of", "is_program", "program_bytes", "what_archive", "what_folder"]

_LARGEST = 256 << 20
_LOOKED_AT = 50_000
_FROZEN = b"MEI\x0c\x0b\x0a\x0b\x0e"  # PyInstaller's mark, near the end of its programs
_ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar.xz", ".tar.zst", ".whl")


def head_of(path: Path) -> bytes:
    """The first bytes of a file. Raises `NotAdoptable` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD_SIZE)
    except OSError as error:
        raise NotAdoptable(f"cannot open {path}: {error.strerror}") from error


def is_program(head: bytes) -> bool:
    """Whether it is meant to be started, and no archive."""
    return program_words(head) is not None


def program_bytes(program: Path) -> bytes:
    """The bytes of an ELF program that is no bundle. Raises `NotAdoptable` with what it is instead."""
    head = head_of(program)
    if is_portable(head):
        raise NotAdoptable(f"{program} is {program_words(head)}, with its library inside of itself: there is no "
                           "tree to adopt, and no ELF program to move")  # fmt: skip
    if head[:2] == b"#!":
        first = shown(head.partition(b"\n")[0].decode("utf-8", "replace"))
        raise NotAdoptable(f"{program} is a script ({first}); give the interpreter that it starts")
    if kind_of(head) is not Kind.ELF:
        raise NotAdoptable(f"{program} is {program_words(head) or 'no program'}; expected an ELF program, for Linux")
    if program.stat().st_size > _LARGEST:
        raise NotAdoptable(f"{program} has more than {_LARGEST:,} bytes; expected an interpreter")
    data = program.read_bytes()
    if _FROZEN in data:
        raise NotAdoptable(f"{program} was frozen by PyInstaller: an application, whose Python has no library to adopt")
    try:
        ElfFile.parse(data)
    except ElfInvalid as error:
        raise NotAdoptable(f"{program} is damaged: {error.message}") from error
    return data


def what_folder(root: Path) -> str:
    """What a folder without an interpreter is, as far as that shows."""
    paths = list(islice(root.rglob("*"), _LOOKED_AT))
    for path in paths:
        if path.suffix == ".com" and path.is_file() and not path.is_symlink() and is_portable(head := head_of(path)):
            return f"no interpreter with a library, but {program_words(head)}: {path.relative_to(root)}"
    return _what(path.relative_to(root).as_posix() for path in paths)


def what_archive(path: Path) -> str | None:
    """What an archive is that cannot be unpacked; None where nothing tells."""
    try:
        with open_source(path) as source:
            names = [member.entry.path for member in islice(source.members(), _LOOKED_AT)]
    except InputError:
        return None
    return _what(names) if any(posixpath.basename(name) == "base_library.zip" for name in names) else None


def _what(names: Iterable[str]) -> str:
    inside = []
    for name in names:
        folder, _, last = name.rpartition("/")
        if last == "base_library.zip":
            place = f", in {shown(folder)}" if folder else ""
            return f"no interpreter, but an application that PyInstaller froze{place}"
        if last.startswith("pypy") and posixpath.basename(folder) == "bin":
            return f"no CPython, but PyPy: {shown(name)}"
        if last == "python.exe":
            return "a Python for Windows, which does not run here and cannot be measured; expected one for Linux"
        if last.endswith(_ARCHIVES):
            inside.append(name)
    more = f"; there are archives in it, such as {shown(inside[0])}" if inside else ""
    return f"no interpreter; expected bin/python3 or bin/python3.N{more}"
