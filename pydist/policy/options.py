"""Build options as the ecosystem writes them: words joined by `+`, `freethreaded` first and `static` last.

Invariant: an `Options` is one that can be built for some target; its text is the canonical form, so equal options have
equal names.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydist.errors import InputError

__all__ = ["KNOWN", "OPTIMIZATIONS", "Options"]

OPTIMIZATIONS = ("debug", "noopt", "lto", "pgo", "pgo+lto")
KNOWN = f"{', '.join(OPTIMIZATIONS)}, with freethreaded+ before it and +static behind it where wanted"
"""What can be written, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How CPython is built. `optimization` is one of `OPTIMIZATIONS`."""

    optimization: str
    freethreaded: bool
    static: bool

    @classmethod
    def parse(cls, text: str) -> Options:
        """Read `pgo+lto`, `freethreaded+debug`, `noopt+static`, …, in any order of words. Raises `InputError`."""
        words = text.split("+")
        rest = [word for word in words if word not in ("freethreaded", "static")]
        optimization = "+".join(sorted(rest, key=lambda word: word != "pgo"))
        if optimization not in OPTIMIZATIONS or len(set(words)) != len(words):
            raise InputError(f"build options {text!r} are not known; expected one of {KNOWN}")
        return cls(optimization=optimization, freethreaded="freethreaded" in words, static="static" in words)

    @property
    def debug(self) -> bool:
        return self.optimization == "debug"

    @property
    def pgo(self) -> bool:
        return "pgo" in self.optimization

    @property
    def abi_flags(self) -> str:
        """What CPython appends to its version in file names: `t`, `d`, `td` or nothing (PEP 3149, PEP 703)."""
        return ("t" if self.freethreaded else "") + ("d" if self.debug else "")

    def __str__(self) -> str:
        words = ["freethreaded"] * self.freethreaded + [self.optimization] + ["static"] * self.static
        return "+".join(words)
