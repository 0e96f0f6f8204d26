"""The shared libraries of a distribution that files of an application need: those come along.

Invariant: a library is taken from where the file that needs it looks for it, and goes to the same place of the tree.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import Path

from pydist.link.native import read_native
from pydist.link.part import TreeFile

__all__ = ["libraries_of"]


def libraries_of(files: Iterable[TreeFile], prefix: Path) -> tuple[TreeFile, ...]:
    """What `files` need, at any depth, of the libraries below `prefix`, the folder that the virtual root stands for."""
    waiting = list(files)
    known = {file.path for file in waiting}
    found: list[TreeFile] = []
    while waiting:
        file = waiting.pop()
        native = read_native(file.path, file.data)
        if native is None:
            continue
        for name in native.needed:
            places = (posixpath.join(folder, name) for folder in native.search)
            path = next((path for path in places if path in known or (prefix / path).is_file()), None)
            if path is not None and path not in known:
                known.add(path)
                found.append(TreeFile(path=path, data=(prefix / path).read_bytes()))
                waiting.append(found[-1])
    return tuple(found)
