"""Zip archives written byte by byte, so that tests can make any place of them say something else."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

__all__ = ["Member", "archive"]


@dataclass(kw_only=True)
class Member:
    """One member; what is None is what is right. `local_*` are what the local header says instead."""

    name: bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0
    mode: int = 0o100644
    made_by: int = 3
    attributes: int | None = None
    packed: bytes | None = None
    size: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    local_crc: int | None = None
    descriptor: bytes | None = None
    extra: bytes = b""
    wide: bool = False
    offset: int | None = None
    disk: int = 0


def deflated(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


def archive(*members: Member, wide_end: bool = False, count: int | None = None, before: bytes = b"",
            comment: bytes = b"", behind_directory: bytes = b"") -> bytes:  # fmt: skip
    """A zip archive of `members`; `wide_end` writes zip64 end records."""
    out, directory = before, b""
    for item in members:
        made = item.packed if item.packed is not None else deflated(item.data) if item.method == 8 else item.data
        size = len(item.data) if item.size is None else item.size
        crc = zlib.crc32(item.data) if item.crc is None else item.crc
        offset = len(out) if item.offset is None else item.offset
        later = bool(item.flags & 8)
        local = (0, 0, 0) if later else (crc if item.local_crc is None else item.local_crc, len(made), size)
        wide = struct.pack("<HHQQ", 1, 16, size, len(made)) if item.wide else b""
        numbers = (local[0], 0xFFFFFFFF, 0xFFFFFFFF) if item.wide else local
        name = item.name if item.local_name is None else item.local_name
        out += struct.pack("<4s5H3L2H", b"PK\3\4", 45, item.flags, item.method, 0, 33, *numbers, len(name), len(wide))
        out += name + wide + made
        if later:
            form = "<4sLQQ" if item.wide else "<4sLLL"
            out += struct.pack(form, b"PK\7\x08", crc, len(made), size) if item.descriptor is None else item.descriptor
        attributes = item.mode << 16 if item.attributes is None else item.attributes
        wide += item.extra
        sizes = (0xFFFFFFFF, 0xFFFFFFFF) if item.wide else (len(made), size)
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", item.made_by << 8 | 45, 45, item.flags, item.method, 0, 33, crc, *sizes,
            len(item.name), len(wide), 0, item.disk, 0, attributes, offset,
        ) + item.name + wide  # fmt: skip
    place, number = len(out), len(members) if count is None else count
    out += directory + behind_directory
    size = len(directory)
    if wide_end:
        end = len(out)
        out += struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, number, number, size, place)
        out += struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
        number, size, place = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    return out + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, number, number, size, place, len(comment)) + comment
