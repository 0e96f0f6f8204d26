"""Which interpreter compiles modules when that of the distribution does not run on this machine.

Invariant: it writes the same bytecode format: another patch release of the series at most.
"""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from pydist.manifest.load import load
from pydist.manifest.model import Manifest
from pydist.store import Key, Store
from pydist.target import Libc, Target

__all__ = ["compiler_of", "runs_here"]

# Debug builds are slow, and free-threaded ones are not what most people have.
_LAST = ("debug", "freethreaded")
_NAMES = {"amd64": "x86_64", "arm64": "aarch64"}


def runs_here(target: Target, floor: str) -> bool:
    """Whether programs for `target` that need glibc `floor` ("": none, or not known) start on this machine."""
    machine = platform.machine().lower()
    if str(target.arch).partition("_v")[0] != _NAMES.get(machine, machine):
        return False
    return target.libc is not Libc.GNU or not floor or _number(floor) <= _number(_glibc())


def compiler_of(manifest: Manifest, target: Target, floor: str, store: Store) -> tuple[str, Path] | None:
    """The name and the interpreter of a distribution of the store, in place of that of `manifest`; None when that
    starts here, or nothing else does."""
    if runs_here(target, floor):
        return None
    refs = store.refs("distribution")
    for name in sorted(refs, key=lambda name: (*(word in name for word in _LAST), name)):
        # distribution/<python version>/<triple>/<options>
        parts = name.split("/")
        if len(parts) == 4 and parts[1].startswith(f"{manifest.python_major_minor_version}."):
            found = _interpreter(parts[2], store, refs[name], manifest.python_bytecode_magic_number)
            if found is not None:
                return name, found
    return None


def _interpreter(triple: str, store: Store, key: Key, magic: str) -> Path | None:
    folder = store.find(key)
    file = folder / "python" / "PYTHON.json" if folder else None
    if file is None or not file.is_file() or not runs_here(Target.parse(triple), ""):
        return None
    manifest = load(file.read_bytes(), str(file))
    return file.parent / manifest.python_exe if manifest.python_bytecode_magic_number == magic else None


def _glibc() -> str:
    """The version of this machine's glibc, or "0" when it has another C library."""
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").rpartition(" ")[2] or "0"
    except (OSError, ValueError):
        return "0"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", version))
