"""The effects of `.pth` files of packages, which Python's `site` module reads at its start and an application does not.

Lines that name a folder become entries of `sys.path`; code runs only where the table `pth.toml` says what it is.
Invariant: what is not done is noted.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from pydist.errors import FaultCollector
from pydist.policy.table import Row, read_toml

__all__ = ["NOTHING", "Start", "effects_of"]

_TABLE = Path(__file__).with_name("pth.toml")
_CODE = re.compile(r"import[ \t]")
_CALL = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What happens before the application runs: further entries of `sys.path`, as paths below the virtual root, and
    functions that are called (`module:function`)."""

    paths: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


NOTHING = Start()
"""Nothing happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    file: str
    reason: str
    call: str


def effects_of(
    files: Mapping[str, bytes], owner: Mapping[str, str], folders: frozenset[str], site: str
) -> tuple[Start, tuple[str, ...]]:
    """What the `.pth` files (name to content) in the folder `site` do, and notes about what they do not. `owner` says
    which wheel a name is of, `folders` are those of the tree."""
    paths: dict[str, None] = {}
    calls: dict[str, None] = {}
    notes = []
    for name, data in sorted(files.items()):
        for line in _lines(data):
            if not _CODE.match(line):
                place = posixpath.normpath(posixpath.join(site, line))
                if place in folders:
                    paths[place] = None
                else:
                    notes.append(f"{name} of {owner[name]} names {line}, which is no folder of the application")
                continue
            known = next((row for row in _table() if fnmatchcase(name, row.file)), None)
            if known is None:
                notes.append(f"{name} of {owner[name]} has code for each start of a Python: it is not run")
            elif known.call:
                calls[known.call] = None
    return Start(paths=tuple(paths), calls=tuple(calls)), tuple(dict.fromkeys(notes))


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8-sig", "replace")
    return [line.rstrip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


@cache
def _table(path: Path = _TABLE) -> tuple[_Known, ...]:
    faults = FaultCollector(str(path))
    tables = read_toml(path).get("pth", [])
    known = []
    for number, table in enumerate(tables):
        with faults.at(f"pth.[{number}]"):
            row = Row(table, faults)
            known.append(_Known(file=row.text("file"), reason=row.text("reason"), call=row.text("call", "")))
            if not _CALL.fullmatch(known[-1].call):
                faults.add("call", f"expected module:function, found {known[-1].call!r}")
            row.done()
    faults.raise_if_any("the table of .pth files is not right")
    return tuple(known)
