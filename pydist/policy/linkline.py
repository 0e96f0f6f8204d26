"""The command that links an interpreter, as a build record has it.

Invariant: running a `LinkLine` writes one file, the one that its caller names. The words come from whoever wrote the
Makefile, or the archive: only those that our builds use are let through, for what others make a compiler or a linker
do (`-o/home/me/.profile`, `@file`, `-Wl,-Map=…`) cannot be listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from pydist.errors import FaultCollector

__all__ = ["LinkLine"]

_FLAGS = frozenset({
    "-dynamic", "-fPIC", "-fPIE", "-fno-omit-frame-pointer", "-fno-pic", "-fno-pie",
    "-fno-sanitize=undefined", "-fomit-frame-pointer", "-fstack-clash-protection",
    "-fstack-protector-strong", "-no-pie", "-pie", "-pthread", "-static", "-Wl,--strip-debug",
    "-Wl,-export-dynamic", "-Wl,--export-dynamic",
})  # fmt: skip
_PATH = r"(?!-)[\w.+-]+(?:/[\w.+-]+)*"
_ALLOWED = re.compile(
    rf"{_PATH}\.[oa]|-L{_PATH}|-l[\w.+-]+|-O[0-3gs]?|-g[0-3]?|-Wno-[a-z0-9-]+(?:=[a-z0-9-]+)?"
    r"|-m(?:cpu|arch|tune)=[\w+-]+|-D_FORTIFY_SOURCE=\d",
    re.ASCII,
)
_OUTPUT = re.compile(_PATH, re.ASCII)
_TARGET = re.compile(r"[a-z0-9_]+-linux-(?:gnu|musl)[a-z0-9]*(?:\.\d+)*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLine:
    """A link in the folder of a distribution. `arguments` are without the compiler, its target and the output."""

    target: str
    arguments: tuple[str, ...]

    @classmethod
    def parse(cls, words: Sequence[str], where: str) -> Self:
        """Of a recorded command; `where` names the record in errors. Raises `InputError` with every word refused."""
        faults = FaultCollector(where)
        rest = iter(words)
        if (tool := next(rest, "")) != "cc":
            faults.add("link line", f"expected it to start with cc, found {tool!r}")
        found: dict[str, list[str]] = {"-o": [], "-target": []}
        arguments = []
        for word in rest:
            if word in found:
                found[word].append(next(rest, ""))
            elif word in _FLAGS or (_ALLOWED.fullmatch(word) and not _outside(word)):
                arguments.append(word)
            else:
                faults.add("link line", f"{word!r} is none of the words that link an interpreter")
        for name, expected in (("-o", _OUTPUT), ("-target", _TARGET)):
            values = found[name]
            if len(values) != 1 or not expected.fullmatch(values[0]) or _outside(values[0]):
                faults.add("link line", f"expected {name} once and a name behind it, found {values}")
        faults.raise_if_any("the interpreter is not linked again by this command")
        return cls(target=found["-target"][0], arguments=tuple(arguments))

    def command(self, compiler: Iterable[str], output: str) -> list[str]:
        """The command that makes the file `output`; `compiler` is its start, with the target."""
        return [*compiler, *self.arguments, "-o", output]


def _outside(word: str) -> bool:
    return ".." in word.removeprefix("-L").split("/")
