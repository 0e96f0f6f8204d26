"""Single facts of Mach-O and PE files that a linker wrote, changed where they stand."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator

LC_ID_DYLIB, LC_LOAD_DYLIB, LC_UUID, LC_BUILD_VERSION, LC_SEGMENT_64, LC_SYMTAB = 0xD, 0xC, 0x1B, 0x32, 0x19, 2
LC_CODE_SIGNATURE, LC_RPATH, NONE = 0x1D, 0x8000001C, 0x7F
_CPU, _SUBTYPE, _TYPE, _SIZE, _FLAGS = 4, 8, 12, 20, 24


def commands(data: bytes) -> Iterator[tuple[int, int]]:
    """Number and place of each load command of a 64-bit file."""
    count, place = struct.unpack_from("<I", data, 16)[0], 32
    for _ in range(count):
        number, size = struct.unpack_from("<II", data, place)
        yield number, place
        place += size


def header(data: bytes, *, cpu: int | None = None, subtype: int | None = None, kind: int | None = None,
           flags: int = 0, without: int = 0) -> bytes:  # fmt: skip
    """Another header: `flags` are set, `without` cleared."""
    made = bytearray(data)
    for place, value in ((_CPU, cpu), (_SUBTYPE, subtype), (_TYPE, kind)):
        if value is not None:
            struct.pack_into("<I", made, place, value)
    (old,) = struct.unpack_from("<I", made, _FLAGS)
    struct.pack_into("<I", made, _FLAGS, (old | flags) & ~without)
    return signed(bytes(made))


def command(data: bytes, number: int, at: int, value: int, *, which: int = 0) -> bytes:
    """Another number at `at` of the load command `number`, the first or the one that `which` counts to."""
    place = [place for found, place in commands(data) if found == number][which]
    made = bytearray(data)
    struct.pack_into("<I", made, place + at, value)
    return signed(bytes(made))


def symbol(data: bytes, name: str, library: int) -> bytes:
    """With the undefined symbol `name` looked up in the library of this number."""
    place = next(place for number, place in commands(data) if number == LC_SYMTAB)
    table, count, names, _ = struct.unpack_from("<IIII", data, place + 8)
    made = bytearray(data)
    for row in range(table, table + 16 * count, 16):
        start = names + struct.unpack_from("<I", data, row)[0]
        if data[start:].startswith(name.encode() + b"\0"):
            struct.pack_into("<H", made, row + 6, library << 8)
    return signed(bytes(made))


def padding(data: bytes, left: int, was: int) -> bytes:
    """`left` bytes behind the load commands, where `was` are: as if there were more of them."""
    made = bytearray(data)
    (size,) = struct.unpack_from("<I", made, _SIZE)
    struct.pack_into("<I", made, _SIZE, size + was - left)
    return signed(bytes(made))


def with_command(data: bytes, number: int, fields: tuple[int, ...], name: str, times: int = 1) -> bytes:
    """With more load commands that end with `name`, in the room behind the others."""
    head = struct.pack(f"<III{len(fields)}I", number, 0, 12 + 4 * len(fields), *fields)
    body = head + name.encode() + b"\0"
    body += bytes(-len(body) % 8)
    body = (body[:4] + struct.pack("<I", len(body)) + body[8:]) * times
    made = bytearray(data)
    count, size = struct.unpack_from("<II", made, 16)
    assert not any(made[32 + size : 32 + size + len(body)])
    made[32 + size : 32 + size + len(body)] = body
    struct.pack_into("<II", made, 16, count + times, size + len(body))
    return signed(bytes(made))


def text(data: bytes, old: str, new: str) -> bytes:
    """`new` instead of `old`, as long as it with zeros behind it."""
    was, now = old.encode() + b"\0", new.encode() + b"\0"
    assert was in data and len(now) <= len(was), (old, new)
    made = data.replace(was, now.ljust(len(was), b"\0"))
    return made if data.startswith((b"MZ", b"!<arch>")) else signed(made)


def signed(data: bytes) -> bytes:
    """With the digests of its pages as they are now, where there is a signature."""
    place = next((place for number, place in commands(data) if number == LC_CODE_SIGNATURE), None)
    if place is None:
        return data
    made = bytearray(data)
    (start,) = struct.unpack_from("<I", data, place + 8)
    (inside,) = struct.unpack_from(">I", data, start + 16)
    start += inside  # the code directory, which stands first
    digests, slots, limit = struct.unpack_from(">I", data, start + 16)[0], *struct.unpack_from(">II", data, start + 28)
    size = 1 << data[start + 39]
    for slot in range(slots):
        page = bytes(made[slot * size : min((slot + 1) * size, limit)])
        struct.pack_into("32s", made, start + digests + 32 * slot, hashlib.sha256(page).digest())
    return bytes(made)


def certified(data: bytes) -> bytes:
    """With a certificate that holds the digest of these bytes, and nothing else."""
    (start,) = struct.unpack_from("<I", data, 60)
    checksum, directory = start + 24 + 64, start + 24 + 112 + 8 * 4
    data += bytes(-len(data) % 8)
    parts = data[:checksum], data[checksum + 4 : directory], data[directory + 8 :]
    certificate = struct.pack("<IHH", 8 + 32, 0x200, 2) + hashlib.sha256(b"".join(parts)).digest()
    return pe(data, "II", directory - start, len(data), len(certificate)) + certificate


def pe(data: bytes, form: str, at: int, *values: int) -> bytes:
    """Other numbers at `at`, counted from PE's mark."""
    (start,) = struct.unpack_from("<I", data, 60)
    made = bytearray(data)
    struct.pack_into("<" + form, made, start + at, *values)
    return bytes(made)


def pe_flags(data: bytes, at: int, *, flags: int = 0, without: int = 0) -> bytes:
    """Flags of 16 bits at `at`, counted from PE's mark, set and cleared."""
    (start,) = struct.unpack_from("<I", data, 60)
    (old,) = struct.unpack_from("<H", data, start + at)
    return pe(data, "H", at, (old | flags) & ~without)
