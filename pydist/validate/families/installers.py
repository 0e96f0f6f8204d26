"""Rules about what installers read of an archive without running anything of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydist.archive.paths import shown
from pydist.validate.facts import Facts
from pydist.validate.report import Finding, found

__all__ = ["judge"]

_TABLE = re.compile(r"(?:install/)?lib/python3\.\d+t?/_sysconfigdata_[^/]*\.py", re.ASCII)
# What uv takes, crates/uv-python/src/sysconfig/parser.rs of 0.13: this first line, then texts, whose only escapes are
# those of quotes and backslashes, and numbers. It writes the file anew with what it found.
_FIRST = "# system configuration generated and used by the sysconfig module\n"
_BEGIN = re.compile(r"build_time_vars[ \t\n]*=[ \t\n]*\{", re.ASCII)
_PARTS = re.compile(r"""(?:[\s,:]|-?\d+|'(?:[^'\\]|\\[\\'"])*+'|"(?:[^"\\]|\\[\\'"])*+")*+""", re.ASCII)


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that they cannot read."""
    for name, text in facts.texts.items():
        if _TABLE.fullmatch(name) and (fault := _fault(text)) is not None:
            yield found("installers.sysconfig", name, fault)


def _fault(text: str) -> str | None:
    text = text.replace("\r\n", "\n")
    if not text.startswith(_FIRST):
        return f"its first line is {shown(text.partition(chr(10))[0])}, expected {_FIRST.strip()!r}"
    begin = _BEGIN.match(text, len(_FIRST))
    if begin is None:
        return "its second line is no assignment of a table to build_time_vars"
    end = _end(text, begin.end())
    if text[end : end + 1] == "}":
        return None
    line = text.count("\n", 0, end) + 1
    return f"line {line}: expected texts without escapes but of quotes and backslashes, and numbers, found " + (
        shown(text[end : end + 20]) if end < len(text) else "the end"
    )


def _end(text: str, start: int) -> int:
    """Where what a table has in it ends."""
    parts = _PARTS.match(text, start)
    return parts.end() if parts is not None else start
