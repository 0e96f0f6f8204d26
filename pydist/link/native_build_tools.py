"""The folder of programs, and the variables, that the build script of a package with native code sees.

Invariant: the names that build scripts call compilers by, and those that would tell of the machine's own libraries,
stand for ours; of the machine's variables none is passed on. What is compiled names no folder of this machine.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydist.archive.write import DEFAULT_MTIME
from pydist.link.dist import Distribution
from pydist.policy.toolchain import Toolchain

__all__ = ["Tools", "settings"]

_COMPILER = Path(__file__).with_name("native_build_cc.py")
_ROLES = {"cc": "cc", "gcc": "cc", "clang": "cc", "c++": "c++", "g++": "c++", "clang++": "c++"}
_ARCHIVERS = {"ar": "ar", "gcc-ar": "ar", "llvm-ar": "ar", "ranlib": "ranlib", "gcc-ranlib": "ranlib"}
_ABSENT = {
    "pkg-config": "", "pkgconf": "", "ld": "", "cargo": "a Rust compiler", "rustc": "a Rust compiler",
    "gfortran": "a Fortran compiler", "mysql_config": "libmysqlclient", "pg_config": "libpq", "xml2-config": "libxml2",
    "xslt-config": "libxslt", "curl-config": "libcurl",
}  # fmt: skip
"""What would find the machine's own libraries, which are for another C library, or compilers that we know not of; and
what a build that calls it needs."""
_COMPILE = ("-fno-sanitize=undefined", "-g0", "-fno-lto", "-Wno-error")
_STATIC = ("-fno-pic", "-fno-pie")


def settings(distribution: Distribution, compiler: Toolchain, folders: dict[Path, str]) -> dict[str, Any]:
    """What `native_build_cc.py` is told. `folders` of this machine get other names in what is compiled."""
    target, floor, static = distribution.target, distribution.floor, not distribution.dynamic
    hidden = [f"-ffile-prefix-map={folder}={name}" for folder, name in folders.items()]
    return {
        "cc": compiler.command("cc", target, floor),
        "c++": compiler.command("c++", target, floor),
        "relocatable": [str(compiler.path), "ld.lld", "-r"],
        "static": static,
        "compile": [*_COMPILE, *hidden, *(_STATIC if static else ())],
        "program": ["-static"] if static else [],
        "shared": ["-s", "-Wl,--build-id=none"],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The folder `root` of one build: `bin` with programs, `site` with what the build requires."""

    distribution: Distribution
    compiler: Toolchain
    root: Path

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    @property
    def site(self) -> Path:
        return self.root / "site"

    def write(self) -> None:
        """Make the folder."""
        self.bin.mkdir()
        self.site.mkdir()
        folders = {self.root: "/build", self.distribution.root: "/python", self.compiler.folder: "/toolchain"}
        # Both names of a folder: builds ask for the real one.
        folders |= {Path(os.path.realpath(folder)): name for folder, name in folders.items()}
        told = self.root / "compiler.json"
        told.write_text(json.dumps(settings(self.distribution, self.compiler, folders)), encoding="utf-8")
        for name, role in _ROLES.items():
            self.program(name, [sys.executable, "-I", str(_COMPILER), str(told), role])
        for name, tool in _ARCHIVERS.items():
            self.program(name, [str(self.compiler.path), tool])
        for name in _ABSENT:  # without its arguments: some versions of `false` answer to --version
            self.program(name, ["sh", "-c", 'echo "$0" >> "$1"; exit 1', name, str(self._asked)])
        self.program("strip", ["true"])
        for name in ("python", "python3", f"python{self.distribution.series}"):
            self.program(name, [str(self.distribution.interpreter)])

    @property
    def _asked(self) -> Path:
        return self.root / "asked-for.txt"

    def lacking(self) -> list[str]:
        """The libraries and compilers that the build has asked for in vain, each once."""
        names = self._asked.read_text(encoding="utf-8").split() if self._asked.is_file() else []
        return list(dict.fromkeys(_ABSENT[name] for name in names if _ABSENT[name]))

    def program(self, name: str, command: list[str]) -> None:
        """A program `name` that runs `command` with its own arguments behind."""
        path = self.bin / name
        path.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        path.chmod(0o755)

    def variables(self, caches: dict[str, str]) -> dict[str, str]:
        """The variables of a build; `caches` are those of the compiler."""
        cc, cxx = str(self.bin / "cc"), str(self.bin / "c++")
        return {
            "PATH": f"{self.bin}:{os.defpath}", "HOME": str(self.root), "TMPDIR": str(self.root), "LC_ALL": "C.UTF-8",
            "TZ": "UTC", "PYTHONPATH": str(self.site), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "1", "SOURCE_DATE_EPOCH": str(DEFAULT_MTIME),
            "PKG_CONFIG": str(self.bin / "pkg-config"),
            "CC": cc, "CXX": cxx, "LDSHARED": f"{cc} -shared", "LDCXXSHARED": f"{cxx} -shared",
            "AR": str(self.bin / "ar"), "RANLIB": str(self.bin / "ranlib"), **caches,
        }  # fmt: skip
