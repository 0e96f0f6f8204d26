"""Read zip archives strictly: the central directory counts, and all that stands beside it has to agree with it.

Readers of zip disagree about what an archive holds wherever two places in it disagree; here each such place is damage.
Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.6; Info-ZIP's extra fields 0x5455 and 0x7075.

Invariant: every length is checked against the file before anything is read by it; no two members share a byte.
"""

from __future__ import annotations

import calendar
import stat
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pydist.archive.entry import Entry, Kind
from pydist.archive.stream import Limits

__all__ = ["MAGICS", "ZipBroken", "ZipMember", "read_directory"]

MAGICS = (b"PK\3\4", b"PK\5\6")
"""How an archive begins: with a member, or empty."""

_END, _END_64, _LOCATOR_64 = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
_RECORD, _LOCAL = struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s5H3L2H")
_NO_16, _NO_32 = 0xFFFF, 0xFFFFFFFF  # the number stands in the zip64 field
_DIRECTORY = 64 << 20  # bytes of the central directory; 200,000 entries with long names take 30 MiB
_ENCRYPTED, _DESCRIPTOR, _PATCHED, _STRONG, _UTF8, _MASKED = 1, 1 << 3, 1 << 5, 1 << 6, 1 << 11, 1 << 13
_ZIP64_FIELD, _TIME_FIELD, _UNICODE_FIELD = 1, 0x5455, 0x7075
_UNIX = (3, 19)  # made on Unix or macOS: the upper half of the external attributes is st_mode
_DOS_FOLDER = 0x10


class ZipBroken(Exception):
    """The file is not the zip archive it should be. Internal: `pydist.archive.source` adds the file's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipMember:
    """A member as the central directory has it. `entry` lacks the target of a symbolic link, which is its content.

    `start` and `packed` are where its compressed bytes stand, `size` and `crc` belong to what they become.
    """

    entry: Entry
    deflated: bool
    start: int
    packed: int
    size: int
    crc: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    made_by: int
    flags: int
    method: int
    moment: tuple[int, int]
    crc: int
    packed: int
    size: int
    attributes: int
    offset: int
    raw: bytes
    extra: dict[int, bytes]


def read_directory(file: BinaryIO, limits: Limits) -> Iterator[ZipMember]:
    """The members of a zip archive in the order of its directory. Raises `ZipBroken`."""
    place, size, count = _directory(file)
    if count > limits.entries:
        raise ZipBroken(f"more than {limits.entries:,} entries")
    rows = list(_rows(_at(file, place, size, "the central directory"), count))
    total, packed = sum(row.size for row in rows), sum(row.packed for row in rows)
    if packed > place:
        raise ZipBroken(f"members of {packed:,} bytes in an archive that has {place:,} for them")
    if total > limits.unpacked(max(packed, 1)):
        raise ZipBroken(f"{packed:,} bytes that become {total:,}, which is no reasonable size")
    offsets = sorted(row.offset for row in rows)
    if len(set(offsets)) != len(offsets):
        raise ZipBroken("two members stand at the same place")
    if offsets and offsets[0]:
        raise ZipBroken(f"the first member stands at {offsets[0]:,}, behind something else")
    for row in rows:
        if row.size > limits.member:
            raise ZipBroken(f"a member of {row.size:,} bytes, more than {limits.member:,}")
        following = bisect_right(offsets, row.offset)
        yield _member(file, row, offsets[following] if following < len(offsets) else place)


def _directory(file: BinaryIO) -> tuple[int, int, int]:
    """Where the central directory stands, its bytes and its entries."""
    length = file.seek(0, 2)
    tail_at = max(0, length - _END.size - _NO_16)
    tail = _at(file, tail_at, length - tail_at, "the end of the archive")
    found = tail.rfind(b"PK\5\6")
    while found >= 0 and (len(tail) - found < _END.size or found + _END.size + _comment(tail, found) != len(tail)):
        found = tail.rfind(b"PK\5\6", 0, found)
    if found < 0:
        raise ZipBroken("truncated, or no zip archive: there is no end record whose comment ends with the file")
    end = tail_at + found
    _, *numbers, _ = _END.unpack_from(tail, found)
    disk, disk_of, here, count, size, place = numbers
    if end >= _LOCATOR_64.size and (locator := _at(file, end - _LOCATOR_64.size, _LOCATOR_64.size, "the locator"))[:4] \
            == b"PK\6\7":  # fmt: skip
        _, _, end_64, disks = _LOCATOR_64.unpack(locator)
        fields = _END_64.unpack(_at(file, end_64, _END_64.size, "the zip64 end record"))
        if fields[0] != b"PK\6\6" or end_64 + 12 + fields[1] != end - _LOCATOR_64.size or disks > 1:
            raise ZipBroken("the zip64 end record is not where its locator says, or of several files")
        wide = fields[4:]
        for narrow, number, missing in zip(numbers, wide, (_NO_32, _NO_32, *[_NO_16] * 2, _NO_32, _NO_32), strict=True):
            if narrow not in (number, missing, missing & _NO_16):
                raise ZipBroken("the two end records disagree")
        disk, disk_of, here, count, size, place = wide
        end = end_64
    if disk or disk_of or here != count:
        raise ZipBroken("a part of an archive of several files")
    if place + size != end or size < count * _RECORD.size:
        raise ZipBroken(f"the central directory of {count:,} entries, {size:,} bytes at {place:,}, does not end at the "
                        f"end record at {end:,}")  # fmt: skip
    if size > _DIRECTORY:
        raise ZipBroken(f"a central directory of {size:,} bytes, more than {_DIRECTORY:,}")
    return place, size, count


def _comment(tail: bytes, found: int) -> int:
    return int.from_bytes(tail[found + 20 : found + 22], "little")


def _rows(data: bytes, count: int) -> Iterator[_Row]:
    at = 0
    for number in range(count):
        if len(data) - at < _RECORD.size or data[at : at + 4] != b"PK\1\2":
            raise ZipBroken(f"entry {number} of the central directory is damaged")
        _, made, _, flags, method, time, date, crc, packed, size, *lengths = _RECORD.unpack_from(data, at)
        names, extras, comment, disk, _, attributes, offset = lengths
        at += _RECORD.size
        if names + extras + comment > len(data) - at:
            raise ZipBroken(f"entry {number} of the central directory is longer than the directory")
        raw, extra = data[at : at + names], _extra(data[at + names : at + names + extras])
        at += names + extras + comment
        size, packed, offset = _wide(extra, size, packed, offset)
        if disk not in (0, _NO_16):
            raise ZipBroken("a part of an archive of several files")
        yield _Row(made_by=made >> 8, flags=flags, method=method, moment=(date, time), crc=crc, packed=packed,
                   size=size, attributes=attributes, offset=offset, raw=raw, extra=extra)  # fmt: skip
    if at != len(data):
        raise ZipBroken(f"{len(data) - at:,} bytes behind the last entry of the central directory")


def _extra(data: bytes) -> dict[int, bytes]:
    """The extra fields by their numbers; of two with one number the first, and padding at the end is no field."""
    made: dict[int, bytes] = {}
    at = 0
    while len(data) - at >= 4:
        number, size = struct.unpack_from("<2H", data, at)
        if size > len(data) - at - 4:
            break
        made.setdefault(number, data[at + 4 : at + 4 + size])
        at += 4 + size
    return made


def _wide(extra: dict[int, bytes], *numbers: int) -> list[int]:
    """`numbers`, those that do not fit into 32 bits taken from the zip64 field (APPNOTE 4.5.3)."""
    field, at, made = extra.get(_ZIP64_FIELD, b""), 0, []
    for number in numbers:
        if number != _NO_32:
            made.append(number)
            continue
        if len(field) - at < 8:
            raise ZipBroken("a size or an offset of 64 bits is missing")
        made.append(int.from_bytes(field[at : at + 8], "little"))
        at += 8
    return made


def _member(file: BinaryIO, row: _Row, limit: int) -> ZipMember:
    if row.flags & (_ENCRYPTED | _STRONG | _MASKED):
        raise ZipBroken(f"{_shown(row)} is encrypted")
    if row.flags & _PATCHED or row.method not in (0, 8):
        raise ZipBroken(f"{_shown(row)} has compression method {row.method}, expected stored or deflated, 0 or 8")
    local = _at(file, row.offset, _LOCAL.size, "a local header")
    magic, _, flags, method, _, _, crc, packed, size, names, extras = _LOCAL.unpack(local)
    rest = _at(file, row.offset + _LOCAL.size, names + extras, "a local header")
    if magic != b"PK\3\4" or rest[:names] != row.raw or method != row.method:
        raise ZipBroken(f"{_shown(row)} is another one in its local header than in the central directory")
    start = row.offset + _LOCAL.size + len(rest)
    end = start + row.packed
    later = bool(flags & _DESCRIPTOR)
    if later != bool(row.flags & _DESCRIPTOR) or flags & _ENCRYPTED:
        raise ZipBroken(f"{_shown(row)} has other flags in its local header than in the central directory")
    size, packed = _wide(_extra(rest[names:]), size, packed)
    stated, expected = (crc, packed, size), (row.crc, row.packed, row.size)
    if stated != expected and not (later and all(got in (0, want) for got, want in zip(stated, expected, strict=True))):
        raise ZipBroken(f"{_shown(row)} has other sizes or another checksum in its local header")
    if end > limit or (row.method == 0 and row.packed != row.size):
        raise ZipBroken(f"{_shown(row)} is longer than the room it has, or than it says")
    if later:
        _descriptor(file, row, end, limit)
    return ZipMember(entry=_entry(row), deflated=row.method == 8, start=start, packed=row.packed, size=row.size,
                     crc=row.crc)  # fmt: skip


def _descriptor(file: BinaryIO, row: _Row, at: int, limit: int) -> None:
    """Check what stands behind the data: with or without a signature, with sizes of 32 or of 64 bits."""
    data = _at(file, at, min(24, limit - at), "a data descriptor")
    for mark in (b"PK\7\x08", b""):
        for form in ("<LLL", "<LQQ"):
            fields = mark + struct.pack(form, row.crc, row.packed & _NO_32 if form == "<LLL" else row.packed,
                                        row.size & _NO_32 if form == "<LLL" else row.size)  # fmt: skip
            if data.startswith(fields):
                return
    raise ZipBroken(f"the data descriptor of {_shown(row)} is not what the central directory says")


def _entry(row: _Row) -> Entry:
    name = _name(row)
    mode = row.attributes >> 16 if row.made_by in _UNIX else 0
    mode = 0 if mode == _NO_16 else mode  # some writers' way of saying nothing
    folder = name.endswith("/") or (not mode and bool(row.attributes & _DOS_FOLDER))
    kinds = {0: Kind.FILE, stat.S_IFREG: Kind.FILE, stat.S_IFLNK: Kind.SYMLINK, stat.S_IFDIR: Kind.DIRECTORY}
    kind = kinds.get(stat.S_IFMT(mode), Kind.OTHER)
    if folder and (row.size or kind not in (Kind.DIRECTORY, Kind.FILE)):
        raise ZipBroken(f"{_shown(row)} is a folder by its name, and something else by its content")
    kind = Kind.DIRECTORY if folder else kind
    default = 0o755 if kind is Kind.DIRECTORY else 0o644
    return Entry(
        path=name.rstrip("/") or name[:1] if kind is Kind.DIRECTORY else name,
        kind=kind,
        mode=stat.S_IMODE(mode) or default,
        size=row.size if kind is Kind.FILE else 0,
        mtime=_time(row),
    )


def _name(row: _Row) -> str:
    field = row.extra.get(_UNICODE_FIELD, b"")
    if field[:1] == b"\1" and field[1:5] == zlib.crc32(row.raw).to_bytes(4, "little"):
        return field[5:].decode("utf-8", "surrogateescape")
    if row.flags & _UTF8:
        return row.raw.decode("utf-8", "surrogateescape")
    return row.raw.decode("cp437")


def _time(row: _Row) -> int:
    field = row.extra.get(_TIME_FIELD, b"")
    if len(field) >= 5 and field[0] & 1:
        return int.from_bytes(field[1:5], "little", signed=True)
    date, time = row.moment  # in the local time of whoever wrote it; taken for UTC
    month, day = min(max(date >> 5 & 15, 1), 12), max(date & 31, 1)
    return calendar.timegm((1980 + (date >> 9), month, day, time >> 11, time >> 5 & 63, (time & 31) * 2))


def _at(file: BinaryIO, place: int, size: int, what: str) -> bytes:
    """`size` bytes at `place`. Sizes are of 16 bits or were checked against a limit."""
    if place >= 1 << 62:
        raise ZipBroken(f"{what} is said to be behind the end of the file")
    if size > _DIRECTORY:
        raise ZipBroken(f"{what} takes {size:,} bytes, more than {_DIRECTORY:,}")
    file.seek(place)
    data = file.read(size)
    if len(data) < size:
        raise ZipBroken(f"truncated: {what} at {place:,} has {len(data):,} of {size:,} bytes")
    return data


def _shown(row: _Row) -> str:
    return ascii(row.raw[:100].decode("utf-8", "replace"))
