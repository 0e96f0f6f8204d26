"""Where the bytes of a linked application are: interpreter, standard library, each package, its own files.

Invariant: the parts of a share add up to it, and the file to its size, unless rows of a damaged image overlap. What a
package brought is what its RECORD lists; what no package names, where packages are, is the application's own.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydist.link.image import FileRow, ImageSpec
from pydist.link.inspect import image_of
from pydist.link.report import STANDARD_LIBRARY

__all__ = ["APPLICATION", "INTERPRETER", "TABLES", "Share", "space_of"]

INTERPRETER, APPLICATION, TABLES = "interpreter and run time", "application", "tables"
_SITE = "/site-packages/"
_OF_SYSTEM = "share/"  # time zones, certificates, licence texts


@dataclass(frozen=True, slots=True)
class Share:
    """Something that takes `size` bytes, and what it consists of, the largest first."""

    name: str
    size: int
    parts: tuple[Share, ...] = ()


Sizes = dict[str, dict[str, dict[str, int]]]
"""Group, kind, name: bytes."""


def space_of(path: Path) -> Share:
    """The shares of the application `path`. Raises `InputError` when it is none, or damaged."""
    size = path.stat().st_size
    with image_of(path) as image:
        sizes = _sizes(image.spec)
        stub = size - image.layout.size
        groups = [Share(INTERPRETER, stub), *(_share(name, kinds) for name, kinds in sizes.items())]
        rest = size - sum(group.size for group in groups)
    return Share(path.name, size, _sorted([*groups, Share(TABLES, max(rest, 0))]))


def _share(name: str, kinds: dict[str, dict[str, int]]) -> Share:
    shares = [
        Share(kind, sum(sizes.values()), _sorted([Share(*pair) for pair in sizes.items()]))
        for kind, sizes in kinds.items()
    ]
    return Share(name, sum(share.size for share in shares), _sorted(shares))


def _sorted(shares: list[Share]) -> tuple[Share, ...]:
    return tuple(sorted((share for share in shares if share.size), key=lambda share: (-share.size, share.name)))


def _sizes(spec: ImageSpec) -> Sizes:
    owners = {path: name for file in spec.files for path, name in _record(file)}
    sources = {row.path for row in spec.modules if row.path.endswith(".py")}
    sizes: Sizes = {}

    def add(path: str, kind: str, size: int) -> None:
        group, name = _place(path, owners)
        names = sizes.setdefault(group, {}).setdefault(kind, {})
        names[name] = names.get(name, 0) + size

    for module in spec.modules:
        add(module.path, "code", len(module.code))
    for file in spec.files:
        add(file.path, _kind(file.path, sources), len(file.data))
    return sizes


def _kind(path: str, sources: set[str]) -> str:
    name = path.rpartition("/")[2]
    if name.endswith(".so") or ".so." in name:
        return "native code"
    return "sources" if path in sources else "data"


def _place(path: str, owners: dict[str, str]) -> tuple[str, str]:
    """The group of a path, and what it is part of there: a module or a folder."""
    folder, site, below = path.partition(_SITE)
    if site:
        first, _, rest = below.partition("/")
        group = owners.get(path, APPLICATION)
        return group, f"{first}/{rest.partition('/')[0]}" if rest else first
    if folder.startswith(_OF_SYSTEM):
        return STANDARD_LIBRARY, "/".join(path.split("/")[:2])
    first, _, rest = path.partition("/")
    if first == "lib" and rest:
        python, _, below = rest.partition("/")
        return (STANDARD_LIBRARY, below.partition("/")[0]) if below else (INTERPRETER, python)
    return APPLICATION, path


def _record(file: FileRow) -> Iterator[tuple[str, str]]:
    """What a package says that it brought, if `file` is where it says so, and its name.

    Packages that others carry inside of them are these others'."""
    site, _, below = file.path.partition(_SITE)
    info, _, name = below.partition("/")
    if name != "RECORD" or not info.endswith(".dist-info"):
        return
    owner = info.removesuffix(".dist-info").partition("-")[0]
    lines = bytes(file.data).decode("utf-8", "replace").splitlines()
    try:
        for row in csv.reader(lines):
            if row:
                yield f"{site}{_SITE}{row[0]}", owner
    except csv.Error:  # a field beyond reason: what was not read belongs to nobody
        return
