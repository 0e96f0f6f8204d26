"""The compiler: where the `ziglang` wheel is, which one it is, and how it is called.

Invariant: the digest names the toolchain's own files, not where they are installed: the same wheel in two
environments has one digest, so results made with it have one key.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydist.errors import EnvironmentLacking, InputError
from pydist.target import Libc, Os, Target

__all__ = ["Toolchain", "locate"]

_PACKAGE = "ziglang"
_TOOLS = {"cc": "cc", "c++": "c++", "ar": "ar", "ranlib": "ranlib", "objcopy": "objcopy"}


class _Rooted(Protocol):
    """What of a store is needed here; importing the class would tie two rows of the import table together."""

    root: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """One compiler. `path` is its executable, `digest` is SHA-256 in hex over what the wheel contains."""

    path: Path
    version: str
    digest: str

    @property
    def folder(self) -> Path:
        """Where the wheel is unpacked: what `-ffile-prefix-map` has to hide."""
        return self.path.parent

    def command(self, tool: str, target: Target, floor: str = "") -> list[str]:
        """The start of a command line: `tool` is cc, c++, ar, ranlib or objcopy.

        `floor` is the oldest glibc that results must run on (`2.17`); it means nothing to other C libraries.
        """
        if tool not in _TOOLS:
            raise InputError(f"the toolchain has no tool {tool!r}; it has {', '.join(_TOOLS)}")
        command = [str(self.path), _TOOLS[tool]]
        if tool in ("cc", "c++"):
            command += ["-target", _zig_triple(target, floor)]
        return command

    def environment(self, store: _Rooted) -> dict[str, str]:
        """Variables for every call: the compiler's caches live in the store, not in the user's home."""
        folder = store.root / "toolchain"
        return {"ZIG_GLOBAL_CACHE_DIR": str(folder / "global"), "ZIG_LOCAL_CACHE_DIR": str(folder / "local")}


def locate() -> Toolchain:
    """The toolchain of this Python environment. Raises `EnvironmentLacking` that says how to install it."""
    try:
        distribution = importlib.metadata.distribution(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise _lacking("the compiler is not installed") from None
    name = "zig.exe" if os.name == "nt" else "zig"
    path = Path(str(distribution.locate_file(f"{_PACKAGE}/{name}")))
    record = distribution.read_text("RECORD")
    if record is None or not path.is_file():
        raise _lacking(f"the installation of the compiler is damaged: {path} or its RECORD is missing")
    return Toolchain(path=path, version=distribution.version, digest=_digest(record))


def _digest(record: str) -> str:
    # An installer adds lines for its scripts and for compiled files; only the wheel's own files count.
    prefix = f"{_PACKAGE}/"
    lines = sorted(line for line in record.splitlines() if line.startswith(prefix) and ".pyc," not in line)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _lacking(what: str) -> EnvironmentLacking:
    return EnvironmentLacking(f'{what}; run: pip install "pydist[toolchain]"')


def _zig_triple(target: Target, floor: str) -> str:
    """Zig's name of a target: no vendor, and the oldest glibc behind the C library's name."""
    if target.os is not Os.LINUX:
        raise InputError(f"the toolchain makes code for Linux; {target} is not a Linux target")
    libc = f"gnu.{floor}" if target.libc is Libc.GNU and floor else str(target.libc)
    arch = {"i686": "x86", "armv7": "arm", "ppc64le": "powerpc64le"}.get(target.arch, str(target.arch))
    suffix = "eabihf" if target.arch == "armv7" else ""
    if suffix and floor and target.libc is Libc.GNU:
        return f"{arch}-linux-gnu{suffix}.{floor}"
    return f"{arch}-linux-{libc}{suffix}"
