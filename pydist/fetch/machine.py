"""What of the things that are published can be started on a machine, and which of them best.

Invariant: `rank` is a function of the machine described and of the target; only `here` looks at this machine.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from pydist.target import Arch, Libc, Os, Target, level_here

__all__ = ["Machine"]

_ARCHES = {"amd64": "x86_64", "arm64": "aarch64", "armv7l": "armv7", "i386": "i686", "i586": "i686"}
# The loaders that programs name, by the last word of the triple they were made for: glibc's own table
# (shlib-versions and sysdeps of each machine) and musl's (its INSTALL).
_LOADERS = {
    "gnu": ("lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1", "lib/ld-linux.so.2", "lib64/ld64.so.2",
            "lib/ld-linux-riscv64-lp64d.so.1", "lib/ld64.so.1"),
    "gnueabihf": ("lib/ld-linux-armhf.so.3",),
    "gnueabi": ("lib/ld-linux.so.3",),
    "musl": ("lib/ld-musl-*.so.1",),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """`level` is the processor's x86-64 level; `environments` are the last words of the triples whose programs find
    their loader there, the machine's own first (`gnu`, `musl`)."""

    os: Os
    arch: Arch
    level: int = 1
    environments: tuple[str, ...] = ()

    @classmethod
    def here(cls, root: Path = Path("/")) -> Machine | None:
        """This machine, whose loaders stand below `root`; None when its kind is not known."""
        name = platform.machine().lower()
        try:
            os, arch = Os(platform.system().lower()), Arch(_ARCHES.get(name, name))
        except ValueError:
            return None
        found = tuple(word for word, paths in _LOADERS.items() if any(any(root.glob(path)) for path in paths))
        return cls(os=os, arch=arch, level=level_here(), environments=found if os is Os.LINUX else ())

    def rank(self, target: Target, *, static: bool) -> int | None:
        """How well programs for `target` suit, 0 best; None when they cannot be started."""
        if target.os is not self.os or target.arch is not self.arch or target.level > self.level:
            return None
        if self.os is not Os.LINUX:
            return 0
        environment = target.triple.rpartition("-")[2]
        # A static program runs anywhere, but what is the machine's own knows its users, names and locales.
        if static and target.libc is Libc.MUSL:
            return 0 if self.environments[:1] == ("musl",) else len(_LOADERS)
        return self.environments.index(environment) if environment in self.environments else None

    def __str__(self) -> str:
        level = f", level x86-64-v{self.level}" if self.arch is Arch.X86_64 else ""
        return f"{self.os} on {self.arch}{level}, loaders: {', '.join(self.environments) or 'none'}"
