"""What linked files may need and must offer: the tables of `expected.toml`, with types.

Invariant: it knows C libraries and symbols and nothing of a particular distribution.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydist.manifest.compact import Compact
from pydist.manifest.model import Manifest
from pydist.target import Arch, Libc, Target

__all__ = ["CLibrary", "abi_flags", "bundled", "c_library", "dotted", "glibc_version", "is_libpython", "public_api"]

_LIBPYTHON = re.compile(r"(^|/)(libpython\d[^/]*\.(so[^/]*|dylib)|python\d+t?\.dll)$", re.ASCII)
_NUMBERED = re.compile(r"GLIBC_(\d{1,6}(?:\.\d{1,6})+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class CLibrary:
    """`libraries` are on every system with it, `modules` are what single extension modules may need besides.

    `loaders` are by processor, or by processor and the last word of a triple. `floors` are the oldest versions that
    distributions usually run with, `gone` functions that nothing new should use, with what is in their place.
    """

    libraries: frozenset[str]
    loaders: Mapping[str, str]
    modules: Mapping[str, tuple[str, ...]]
    markers: Mapping[str, tuple[int, ...]]
    floors: Mapping[Arch, tuple[int, ...]]
    gone: Mapping[str, str]

    def loader(self, target: Target) -> str:
        """The path of the loader that programs for `target` name."""
        environment = target.triple.rpartition("-")[2]
        return self.loaders.get(f"{target.arch}-{environment}", self.loaders[target.arch])


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("expected.toml").read_text(encoding="utf-8"))


@functools.cache
def c_library(libc: Libc) -> CLibrary | None:
    """The row of a C library; None for those that are not of Linux."""
    row = _table().get(libc)
    if row is None:
        return None
    return CLibrary(
        libraries=frozenset(row["libraries"]),
        loaders=row["loaders"],
        modules={name: tuple(libraries) for name, libraries in row.get("modules", {}).items()},
        markers={name: tuple(map(int, text.split("."))) for name, text in row.get("markers", {}).items()},
        floors={Arch(name): tuple(map(int, text.split("."))) for name, text in row.get("floors", {}).items()},
        gone=row.get("gone", {}),
    )


def glibc_version(need: str) -> tuple[int, ...]:
    """The glibc that has the symbol version `need`: `GLIBC_2.17` is (2, 17); () for what is not one of glibc's."""
    match = _NUMBERED.fullmatch(need)
    if match:
        return tuple(map(int, match[1].split(".")))
    row = c_library(Libc.GNU)
    return row.markers.get(need, ()) if row else ()


def dotted(version: tuple[int, ...]) -> str:
    """(2, 17) as `2.17`."""
    return ".".join(map(str, version))


def is_libpython(path: str) -> bool:
    """Whether `path` has the name of a shared libpython."""
    return _LIBPYTHON.search(path) is not None


def abi_flags(manifest: Manifest | Compact) -> str:
    """What `sys.abiflags` is, by version and options: t of free-threaded builds, d of debug builds, m up to 3.7."""
    words = manifest.build_options.split("+")
    pymalloc = re.match(r"3\.[0-7]\.", manifest.python_version) is not None
    letters = {"t": "freethreaded" in words, "d": "debug" in words, "m": pymalloc}
    return "".join(letter for letter, there in letters.items() if there)


@functools.cache
def public_api() -> frozenset[str]:
    """Names of the C API that every CPython exports."""
    return frozenset(_table()["api"]["names"])


@functools.cache
def bundled() -> Mapping[str, str]:
    """The library that a telling symbol belongs to, by symbol."""
    return {symbol: library for library, symbols in _table()["bundled"].items() for symbol in symbols}
