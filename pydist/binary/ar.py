"""Members of a static library (`ar`): GNU, BSD and Microsoft naming.

Invariant: a view that `members` yields lies inside the archive; any inconsistency is `ArInvalid`.
Source: System V `ar` as described in the LLVM and GNU binutils manuals; BSD `ar(5)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydist.errors import InputError

__all__ = ["ArInvalid", "has_index", "members"]

_MAGIC = b"!<arch>\n"
_HEADER = 60
_INDEXES = (
    "/",
    "/SYM64/",
    "__.SYMDEF",
    "__.SYMDEF SORTED",
    "__.SYMDEF_64",
    "__.SYMDEF_64 SORTED",
    "/<ECSYMBOLS>/",
    "/<XFGHASHMAP>/",
)


class ArInvalid(InputError):
    """The bytes are not a well-formed static library."""


def members(data: bytes | memoryview) -> Iterator[tuple[str, memoryview]]:
    """Name and content of each member in order, without symbol indexes. Raises `ArInvalid`."""
    view = memoryview(data)
    if bytes(view[:8]) != _MAGIC:
        thin = bytes(view[:8]) == b"!<thin>\n"
        raise ArInvalid("a thin library, its members are elsewhere" if thin else "not a static library: no !<arch>")
    long_names = b""
    position = len(_MAGIC)
    while position < len(view):
        header = bytes(view[position : position + _HEADER])
        if len(header) < _HEADER or header[58:] != b"`\n":
            raise ArInvalid(f"no member header at byte {position} of the static library")
        size = _number(header[48:58], position)
        start, end = position + _HEADER, position + _HEADER + size
        if end > len(view):
            raise ArInvalid(f"the member at byte {position} has {size} bytes, {len(view) - start} are left")
        name = header[:16].decode("latin-1").rstrip(" ")
        position = end + (end & 1)
        if name == "//":
            long_names = bytes(view[start:end])
            continue
        if name.startswith("#1/"):
            length = _number(header[3:16], position)
            if length > size:
                raise ArInvalid(f"a member name of {length} bytes in a member of {size}")
            name = bytes(view[start : start + length]).rstrip(b"\0").decode("utf-8", "replace")
            start += length
        elif name.startswith("/") and name[1:].isascii() and name[1:].isdigit():  # a superscript two is a digit, too
            name = _long_name(long_names, int(name[1:]))
        if name not in _INDEXES:
            yield name if name.startswith("/") else name.rstrip("/"), view[start:end]


def has_index(data: bytes | memoryview) -> bool:
    """Whether it begins with an index of symbols, without which GNU ld takes nothing from it."""
    name = bytes(data[len(_MAGIC) : len(_MAGIC) + _HEADER])[:16].decode("latin-1").rstrip(" ")
    if name.startswith("#1/"):  # BSD: the name stands before the content
        name = bytes(data[len(_MAGIC) + _HEADER :][:20]).rstrip(b"\0").decode("latin-1")
    return name in _INDEXES


def _number(field: bytes, position: int) -> int:
    digits = field.strip(b" ")
    if not digits or digits.strip(b"0123456789"):
        raise ArInvalid(f"{field!r} near byte {position} of the static library is not a decimal number")
    return int(digits)


def _long_name(table: bytes, offset: int) -> str:
    if offset >= len(table):
        raise ArInvalid(f"a member name at {offset} in a table of {len(table)} bytes")
    line = table[offset : offset + 4096].split(b"\n", 1)[0].split(b"\0", 1)[0]
    return line.removesuffix(b"/").decode("utf-8", "replace")
