"""Read tar streams strictly: ustar, GNU long names and pax headers; anything odd is damage, with its position.

The standard library's reader takes a broken header in the middle for the end of the archive and reads extension
headers of any size; here every byte up to the end mark is accounted for and nothing is read unbounded.
Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydist.archive.entry import Entry, Kind

__all__ = ["TarBroken", "TarHeader", "read_headers"]

_BLOCK = 512
_ZERO = bytes(_BLOCK)
_EXTENSION_LIMIT = 1 << 20  # names and pax records; the longest real ones are a few kilobytes
_EXTENSIONS_TOTAL = 256 << 20  # all of one archive: names stay in memory
_KINDS = {
    b"0": Kind.FILE, b"\0": Kind.FILE, b"7": Kind.FILE, b"1": Kind.HARDLINK, b"2": Kind.SYMLINK,
    b"5": Kind.DIRECTORY, b"3": Kind.OTHER, b"4": Kind.OTHER, b"6": Kind.OTHER,
}  # fmt: skip
_EXTENSIONS = b"LKxXg"


class TarBroken(Exception):
    """The stream is not the tar archive it should be. Internal: `pydist.archive.source` adds the file's name."""


@dataclass(frozen=True, slots=True)
class TarHeader:
    """One member: its entry, and how many bytes of content follow in the stream."""

    entry: Entry
    content: int


def read_headers(read: Callable[[int], bytes]) -> Iterator[TarHeader]:
    """The members of a tar stream in order; `read(n)` returns n bytes, fewer only at the end of the stream.

    The caller consumes `content` bytes, padded to 512, before asking for the next member. Raises `TarBroken`.
    """
    pending: dict[str, str] = {}
    every: dict[str, str] = {}
    position = extensions = 0
    while True:
        block = _exactly(read, _BLOCK, position, "a member header or the end mark")
        if block == _ZERO:
            if pending:
                raise TarBroken(f"the archive ends after an extension header, at block {position}")
            return
        kind, size = _check(block, position)
        position += 1
        if kind in _EXTENSIONS:
            if size > _EXTENSION_LIMIT:
                raise TarBroken(f"extension header of {size} bytes at block {position - 1}, expected at most 1 MiB")
            extensions += size
            if extensions > _EXTENSIONS_TOTAL:
                raise TarBroken("all extension headers together take more than 256 MiB")
            data = _exactly(read, _padded(size), position, "an extension header")[:size]
            position += _padded(size) // _BLOCK
            _extend(kind, data, every if kind == b"g" else pending)
            continue
        header = _member(block, kind, size, {**every, **pending}, position - 1)
        pending = {}
        position += _padded(header.content) // _BLOCK
        yield header


def _check(block: bytes, position: int) -> tuple[bytes, int]:
    total = sum(block) - sum(block[148:156]) + 8 * 32
    recorded = block[148:156].split(b"\0", 1)[0].strip(b" ")
    if not recorded or recorded.strip(b"01234567") or int(recorded, 8) != total:
        raise TarBroken(f"no tar header at block {position}: checksum {recorded!r}, expected {total:o}")
    size = _number(block[124:136], position)
    if size < 0:
        raise TarBroken(f"a size of {size} bytes in the header at block {position}")
    return block[156:157], size


def _member(block: bytes, kind: bytes, size: int, extended: dict[str, str], position: int) -> TarHeader:
    if kind not in _KINDS or "sparse" in extended:
        raise TarBroken(f"member of unknown or sparse type {kind!r} at block {position}")
    name = _text(block[0:100])
    if block[257:263] == b"ustar\0" and (prefix := _text(block[345:500])):
        name = f"{prefix}/{name}"
    name = extended.get("path", name)
    what = Kind.DIRECTORY if kind in b"0\0" and name.endswith("/") else _KINDS[kind]
    if what is Kind.DIRECTORY:
        name = name.rstrip("/") or name[:1]
    if "size" in extended:
        size = _decimal(extended["size"], position)
    links = what in (Kind.SYMLINK, Kind.HARDLINK)
    # POSIX lets a hard link carry content (pax) but every writer in use stores none and GNU tar ignores the size.
    content = size if what is Kind.FILE else 0
    entry = Entry(
        path=name,
        kind=what,
        mode=_number(block[100:108], position) & 0o7777,
        size=content,
        link=extended.get("linkpath", _text(block[157:257])) if links else None,
        mtime=_number(block[136:148], position),
        uid=_owner(block[108:116]),
        gid=_owner(block[116:124]),
        user=_text(block[265:297]) if block[257:262] == b"ustar" else "",
        group=_text(block[297:329]) if block[257:262] == b"ustar" else "",
    )
    return TarHeader(entry, content)


def _extend(kind: bytes, data: bytes, into: dict[str, str]) -> None:
    if kind in (b"L", b"K"):
        into["path" if kind == b"L" else "linkpath"] = _text(data)
        return
    at = 0
    while at < len(data):
        length, space, _ = data[at : at + 12].partition(b" ")
        if not space or not length.isdigit() or not len(length) + 2 < int(length) <= len(data) - at:
            raise TarBroken("a pax record has a wrong length")
        end = at + int(length)
        key, equals, value = data[at + len(length) + 1 : end - 1].partition(b"=")
        if not equals or data[end - 1 : end] != b"\n":
            raise TarBroken("a pax record is not of the form 'length key=value'")
        # Only what is used is kept: a stream of global headers must not fill the memory.
        if key in (b"path", b"linkpath", b"size") or key.startswith(b"GNU.sparse."):
            into["sparse" if key.startswith(b"GNU") else _text(key)] = value.decode("utf-8", "surrogateescape")
        at = end


def _number(field: bytes, position: int) -> int:
    if field[0] in (0x80, 0xFF):  # GNU: base 256, two's complement
        return int.from_bytes(field[1:], "big", signed=field[0] == 0xFF)
    digits = field.split(b"\0", 1)[0].strip(b" ")
    if digits.strip(b"01234567"):
        raise TarBroken(f"a number in the header at block {position} is {field!r}, expected octal digits")
    return int(digits or b"0", 8)


def _owner(field: bytes) -> int:
    """The number of a user or a group; -1 where there is none, which stops nobody from reading the archive."""
    if field[0] in (0x80, 0xFF):
        return int.from_bytes(field[1:], "big", signed=field[0] == 0xFF)
    digits = field.split(b"\0", 1)[0].strip(b" ")
    return int(digits or b"0", 8) if not digits.strip(b"01234567") else -1


def _decimal(text: str, position: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise TarBroken(f"pax size {text[:40]!r} at block {position}, expected decimal digits")
    return int(text)


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _exactly(read: Callable[[int], bytes], size: int, position: int, what: str) -> bytes:
    data = read(size)
    if len(data) < size:
        raise TarBroken(f"truncated at block {position}: expected {what}, found {len(data)} of {size} bytes")
    return data
