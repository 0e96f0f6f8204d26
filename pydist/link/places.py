"""Data that programs expect of a system, for systems that have none: time zones, certificates of authorities, and what
common terminals can do.

The run time uses them where nothing stands in the usual places (`pydist/runtime/places.c`). Zones and certificates come
from the packages `tzdata` and `certifi` of the environment that pydist runs in: who wants newer ones updates those.
Descriptions of terminals are those of ncurses 6.5, compiled by its `tic -x`; its licence travels with the interpreter.

Invariant: a file that a system has is never replaced by one of these.
"""

from __future__ import annotations

import importlib.metadata
import tarfile
from collections.abc import Iterator
from pathlib import Path

from pydist.link.dist import Distribution
from pydist.link.own_code import code_digests
from pydist.link.part import Gathered, Part, TreeFile, produce_part
from pydist.store import Key, Store, digest_file

__all__ = ["places_part"]

_PACKAGES = ("certifi", "tzdata")
_ZONES = "tzdata/zoneinfo/"
_TERMINALS = Path(__file__).with_name("terminfo.tar.xz")
# What is made of the compiled files, or for packages of Python.
_NO_ZONES = ("__init__.py", ".pyc")


def places_part(distribution: Distribution, store: Store) -> Part:
    """The files at the places that the run time knows."""
    versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
    made_of = {
        "versions": versions, "terminals": digest_file(_TERMINALS), "code": code_digests("part", "places")
    }  # fmt: skip
    key = Key.of("places", made_of)
    name = ", ".join(f"{package} {version}" for package, version in versions.items())
    return produce_part(store, key, name, distribution.interpreter, lambda: Gathered(files=tuple(_files())))


def _files() -> Iterator[TreeFile]:
    for file in importlib.metadata.files("tzdata") or ():
        path = file.as_posix()
        if path.startswith(_ZONES) and not path.endswith(_NO_ZONES):
            yield TreeFile(path=f"share/zoneinfo/{path.removeprefix(_ZONES)}", data=file.read_binary())
    certificates = Path(str(importlib.metadata.distribution("certifi").locate_file("certifi/cacert.pem")))
    yield TreeFile(path="share/ssl/cert.pem", data=certificates.read_bytes())
    with tarfile.open(_TERMINALS) as archive:
        for member in archive:
            if entry := archive.extractfile(member):
                yield TreeFile(path=f"share/terminfo/{member.name}", data=entry.read())
