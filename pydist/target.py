"""Target triples as values that answer questions, so that no code elsewhere compares strings.

Invariant: a `Target` exists only for a triple whose parts are known. Which targets the builder can make is data
(`builders/targets.toml`), not decided here.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from enum import StrEnum

from pydist.errors import InputError

__all__ = ["Arch", "Libc", "Os", "Target"]


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
        return self.os == platform.system().lower() and self.arch == machine and self.level == 1

    def __str__(self) -> str:
        return self.triple
