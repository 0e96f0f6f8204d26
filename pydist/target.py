"""Target triples as values that answer questions, so that no code elsewhere compares strings.

Invariant: a `Target` exists only for a triple whose parts are known. Which targets the builder can make is data
(`builders/targets.toml`), not decided here.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydist.errors import InputError

__all__ = ["Arch", "Libc", "Os", "Target", "level_here", "level_of"]


class Arch(StrEnum):
    X86_64 = "x86_64"
    AARCH64 = "aarch64"
    ARMV7 = "armv7"
    I686 = "i686"
    PPC64LE = "ppc64le"
    RISCV64 = "riscv64"
    S390X = "s390x"


class Os(StrEnum):
    LINUX = "linux"
    DARWIN = "darwin"
    WINDOWS = "windows"


class Libc(StrEnum):
    GNU = "gnu"
    MUSL = "musl"
    MSVC = "msvc"
    NONE = "none"


_SYSTEMS: dict[tuple[str, str], Os] = {
    ("unknown", "linux"): Os.LINUX,
    ("apple", "darwin"): Os.DARWIN,
    ("pc", "windows"): Os.WINDOWS,
}
_ENVIRONMENTS: dict[str, Libc] = {
    "gnu": Libc.GNU, "gnueabi": Libc.GNU, "gnueabihf": Libc.GNU, "musl": Libc.MUSL, "msvc": Libc.MSVC, "": Libc.NONE,
}  # fmt: skip


# Flags of /proc/cpuinfo that each level adds (x86-64 psABI 1.0, table 3.1; Linux calls LZCNT abm and SSE3 pni).
_LEVELS = {
    2: {"cx16", "lahf_lm", "pni", "popcnt", "sse4_1", "sse4_2", "ssse3"},
    3: {"abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"},
    4: {"avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"},
}


@dataclass(frozen=True, slots=True)
class Target:
    """One platform that code is made for, parsed from its triple (`x86_64-unknown-linux-musl`).

    `level` is the micro-architecture level of the invented `x86_64_v2` … `x86_64_v4` names, else 1.
    """

    triple: str
    arch: Arch
    os: Os
    libc: Libc
    level: int = 1

    @classmethod
    def parse(cls, triple: str) -> Target:
        """Read a triple. Raises `InputError` that names the part that is not known."""
        cpu, _, rest = triple.partition("-")
        level = 1
        if cpu.startswith("x86_64_v") and cpu[-1:] in "234" and len(cpu) == 9:
            cpu, level = "x86_64", int(cpu[-1])
        vendor, _, system = rest.partition("-")
        system, _, environment = system.partition("-")
        try:
            return cls(triple, Arch(cpu), _SYSTEMS[vendor, system], _ENVIRONMENTS[environment], level)
        except (ValueError, KeyError):
            known = "x86_64-unknown-linux-musl, x86_64-unknown-linux-gnu, aarch64-apple-darwin, x86_64-pc-windows-msvc"
            raise InputError(f"target triple {triple!r} is not known; expected one like {known}") from None

    @property
    def runs_here(self) -> bool:
        """Whether a program for this target can be started on this machine without an emulator."""
        machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        if self.os != platform.system().lower() or self.arch != machine:
            return False
        return self.level == 1 or self.level <= level_here()

    def __str__(self) -> str:
        return self.triple


def level_of(cpuinfo: str) -> int:
    """The x86-64 micro-architecture level, 1 to 4, of the processor that `/proc/cpuinfo` describes."""
    line = next((line for line in cpuinfo.splitlines() if line.startswith("flags")), "")
    flags, level = set(line.partition(":")[2].split()), 1
    while level + 1 in _LEVELS and flags >= _LEVELS[level + 1]:
        level += 1
    return level


@cache
def level_here() -> int:
    """The level of this machine's processor; 1 where nothing says more."""
    try:
        return level_of(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return 1
