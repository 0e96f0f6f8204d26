"""What the bytes of one file tell besides its format: first line, bytecode, licences, places of a build machine.

Invariant: a pure function of the name and of bytes that may be hostile, linear in their size; what is kept of a file is
small. Nothing is imported, run or unpacked but wheels, within limits.
"""

from __future__ import annotations

import _imp
import re
import struct
from dataclasses import dataclass

from pydist.binary.kind import Kind
from pydist.validate.licences import TEXT, contained, licences_in
from pydist.validate.series import series_of
from pydist.validate.wheel import module_names, wheel_fault

__all__ = ["DOCUMENT", "Bytecode", "Content", "look"]

DOCUMENT = re.compile(
    r"(.*/)?(_sysconfigdata[\w.-]*\.py|[\w.+-]+\.pc|EXTERNALLY-MANAGED|build-details[\w.-]*\.json"
    r"|[^/]+\.dist-info/(RECORD|entry_points\.txt)|ensurepip/__init__\.py|bin/[^/]+|Scripts/[^/]+|config\.c)"
)
"""Names of files whose whole text the rules look at, when it is text and not large."""

_LINKED = (Kind.ELF, Kind.MACHO, Kind.PE)
_BINARY = (*_LINKED, Kind.AR)
_LONGEST_LINE = 512
_PLACES = 3  # that are kept of one file
_LARGEST_LICENCE = 1 << 20
_SOURCE = re.compile(r"(?:.*/)?lib(?:64)?/python(3\.\d{1,2})t?/.*\.py", re.ASCII)
_STAMP = struct.Struct("<H2sII4s")
# A source file on the machine of whoever built it: compilers write their names into assertions and debug information.
# What a compiler's or a system's own package leaves (/usr, /rustc) is the same everywhere.
_UNIX_SOURCE = re.compile(
    rb"/(?:build|builds|builder|tmp|home|root|Users|private|var|work|workspace|workspaces|mnt|data|github|__w|opt|tools|src"
    rb"|out|nix|Volumes|croot|buildbot|b)/(?:[\w.+@~-]{1,100}/){0,20}[\w.+@~-]{1,100}\.(?:c|cc|cpp|cxx|h|hh|hpp|S|asm|rs)(?![\w.])"
)
# Begins with what is rare and not with the drive, which is the byte before: fifteen times as fast.
_WINDOWS_SOURCE = re.compile(
    rb":\\(?<=[A-Za-z]:\\)(?:[\w.+@~ -]{1,100}\\){1,20}[\w.+@~ -]{1,100}\.(?:c|cc|cpp|cxx|h|hpp|asm|rs)(?![\w.])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytecode:
    """The header of a .pyc file (PEP 552). Either `source_hash`, or `mtime` and `size` of the source, modulo 2**32."""

    magic: int
    source_hash: bytes | None = None
    mtime: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What was seen. `fault` says why a file that has to be read by Python cannot be; `shebang` is the first line of a
    script without `#!`; `source_hash` is what bytecode of a module's own series would say of it; `bundles` are
    libraries inside, `licences` those that a text is the licence of; `modules` are dotted names in an archive of the
    standard library; `places` are names of files on the machine that built it."""

    fault: str | None = None
    shebang: str | None = None
    bytecode: Bytecode | None = None
    source_hash: bytes | None = None
    bundles: frozenset[str] = frozenset()
    licences: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()


_NOTHING = Content()


def look(name: str, kind: Kind, data: bytes) -> Content | None:
    """What `data`, the whole content of the file `name`, tells; None when that is nothing."""
    if kind in _BINARY:
        made = Content(
            bundles=contained(data) if kind in _LINKED else frozenset(),
            places=_places(data),
            shebang=_launched(data) if kind is Kind.PE else None,
        )
    elif name.endswith(".pyc"):
        made = _bytecode(data)
    elif name.endswith(".whl"):
        made = Content(fault=wheel_fault(data))
    elif re.fullmatch(r"(.*/)?python3\d+\.zip", name, re.ASCII):
        made = Content(modules=module_names(data))
    else:
        source = _SOURCE.fullmatch(name)
        made = Content(
            shebang=_text(data[2:_LONGEST_LINE].split(b"\n", 1)[0]) if kind is Kind.SCRIPT else None,
            source_hash=_hash(source[1], data) if source else None,
            licences=licences_in(data) if _is_licence(name, data) else frozenset(),
        )
    return None if made == _NOTHING else made


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").strip()


def _is_licence(name: str, data: bytes) -> bool:
    # What packages bring is about themselves.
    return len(data) <= _LARGEST_LICENCE and "-packages/" not in name and TEXT.match(name) is not None


def _places(data: bytes) -> tuple[str, ...]:
    made: dict[str, None] = {}
    for pattern, drive in ((_UNIX_SOURCE, 0), (_WINDOWS_SOURCE, 1)):
        for match in pattern.finditer(data):
            start = match.start() - drive
            # A path goes on to the left where the expression could begin anywhere: /usr/src/x.c has /src/x.c in it.
            before = data[start - 1 : start] if start else b"\0"
            if not (before.isalnum() or before in b"/._-~+@\\$}"):
                made.setdefault(data[start : match.end()].decode("ascii", "replace"))
            if len(made) == _PLACES:
                return tuple(made)
    return tuple(made)


def _launched(data: bytes) -> str | None:
    """The first line of the script that a launcher of Windows has behind it, in a zip archive."""
    end = data.rfind(b"PK\x03\x04", max(0, len(data) - (1 << 20)))
    start = data.rfind(b"#!", max(0, end - _LONGEST_LINE), end) if end > 0 else -1
    return _text(data[start + 2 : end]) if start >= 0 else None


def _bytecode(data: bytes) -> Content:
    if len(data) <= 16:
        return Content(fault=f"{len(data)} bytes, less than the header of bytecode and something behind it")
    magic, end, flags, first, second = _STAMP.unpack_from(data)
    if end != b"\r\n" or flags & ~3 or flags == 2:
        return Content(fault=f"it begins with {data[:8].hex()}, which is no header of bytecode")
    if flags:
        return Content(bytecode=Bytecode(magic=magic, source_hash=data[8:16]))
    size = int.from_bytes(second, "little")
    return Content(bytecode=Bytecode(magic=magic, mtime=first, size=size))


def _hash(series: str, data: bytes) -> bytes | None:
    """What hash-based bytecode of `series` says of a source. The function is that of 3.11 and later."""
    row = series_of(series)
    if row is None or row.magic is None or row.magic < 3450:
        return None
    # importlib.util.source_hash knows the key of the Python that it is part of only.
    return _imp.source_hash(row.magic | 0x0A0D0000, data)
