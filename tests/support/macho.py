"""Small Mach-O and universal files made from their facts, with every structure a reader looks at."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

X86_64, ARM64 = 0x01000007, 0x0100000C
OBJECT, EXECUTE, DYLIB = 1, 2, 6
TWOLEVEL, PIE = 0x80, 0x200000
LOAD, WEAK, REEXPORT = 0xC, 0x80000018, 0x8000001F
R, W, X = 1, 2, 4
_PAGE = 4096


def version(major: int, minor: int = 0, patch: int = 0) -> int:
    return major << 16 | minor << 8 | patch


def make_macho(
    *,
    bits: int = 64,
    little: bool = True,
    cpu: int = ARM64,
    kind: int = DYLIB,
    flags: int = TWOLEVEL | PIE,
    install_name: str | None = None,
    dylibs: Sequence[tuple[int, str, int, int]] = (),
    rpaths: Sequence[str] = (),
    builds: Sequence[tuple[int, int, int]] = (),
    minimum: tuple[int, int, int] | None = None,
    uuid: bytes | None = None,
    padding: int = 32,
    protection: int = R | X,
    defined: Sequence[str] = (),
    hidden: Sequence[str] = (),
    weak: Sequence[str] = (),
    common: Sequence[str] = (),
    undefined: Sequence[tuple[str, int]] = (),
    exports: Sequence[str] = (),
    forwarded: Sequence[tuple[str, str]] = (),
    old_trie: bool = False,
    signature: int | None = None,
    certificate: bytes | None = None,
    encrypted: int | None = None,
    extra: Sequence[bytes] = (),
) -> bytes:
    """A Mach-O file of one segment.

    `dylibs` are command, name, current and compatibility version; `builds` platform, minimum OS and SDK for
    LC_BUILD_VERSION; `minimum` command, minimum OS and SDK of an LC_VERSION_MIN_*; `undefined` names and numbers of
    libraries; `forwarded` names and those in the other library; `signature` the flags of a signature of this file;
    `extra` further load commands as bytes.
    """
    order, wide = "<" if little else ">", bits == 64

    def pack(form: str, *values: object) -> bytes:
        return struct.pack(order + form, *values)

    def command(number: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 8)
        return pack("II", number, 8 + len(body)) + body

    def text(value: str) -> bytes:
        return value.encode() + b"\0"

    strings = bytearray(b" \0")
    symbols = bytearray()
    rows = [(name, 0x0F, 1, 0, 0x10) for name in defined] + [(name, 0x1F, 1, 0, 0x10) for name in hidden]
    rows += [(name, 0x0F, 1, 0x80, 0x10) for name in weak] + [(name, 0x01, 0, 0, 8) for name in common]
    rows += [(name, 0x01, 0, library << 8, 0) for name, library in undefined] + [("debugging", 0x24, 1, 0, 0)]
    for name, what, section, description, value in rows:
        symbols += pack("IBBHQ" if wide else "IBBHI", len(strings), what, section, description, value)
        strings += text(name)
    trie = _trie({**dict.fromkeys(exports, b"\x00\x10"), **{n: b"\x08\x01" + text(s) for n, s in forwarded}})

    def commands(content: int, size: int) -> list[bytes]:
        """The load commands for content at `content`; `size` is that of the signature."""
        linked = content + 16
        places = [linked, linked + len(symbols), linked + len(symbols) + len(strings)]
        end = places[2] + len(trie)
        if wide:
            section = pack("16s16sQQIIIIIIII", b"__text", b"__TEXT", content, 16, content, 2, 0, 0, 0x80000400, 0, 0, 0)
            segment = pack("16sQQQQiiII", b"__TEXT", 0, end + size, 0, end + size, 7, protection, 1, 0)
        else:
            section = pack("16s16sIIIIIIIII", b"__text", b"__TEXT", content, 16, content, 2, 0, 0, 0x80000400, 0, 0)
            segment = pack("16sIIIIiiII", b"__TEXT", 0, end + size, 0, end + size, 7, protection, 1, 0)
        made = [pack("II", 0x19 if wide else 1, 8 + len(segment + section)) + segment + section]
        if install_name is not None:
            made.append(command(0xD, pack("IIII", 24, 2, version(1, 2, 3), version(1)) + text(install_name)))
        made += [command(number, pack("IIII", 24, 2, now, old) + text(name)) for number, name, now, old in dylibs]
        made += [command(0x8000001C, pack("I", 12) + text(path)) for path in rpaths]
        made += [command(0x32, pack("IIII", *build, 0)) for build in builds]
        if minimum is not None:
            made.append(command(minimum[0], pack("II", *minimum[1:])))
        if uuid is not None:
            made.append(command(0x1B, uuid))
        made.append(command(0x2, pack("IIII", places[0], len(rows), places[1], len(strings))))
        if trie and old_trie:
            made.append(command(0x80000022, pack("10I", *[0] * 8, places[2], len(trie))))
        elif trie:
            made.append(command(0x80000033, pack("II", places[2], len(trie))))
        if encrypted is not None:
            made.append(command(0x2C if wide else 0x21, pack("III", content, 16, encrypted)))
        if signature is not None:
            made.append(command(0x1D, pack("II", end, size)))
        return [*made, *extra]

    def whole(size: int) -> bytes:
        start = 32 if wide else 28
        content = start + sum(map(len, commands(0, 0))) + padding
        made = commands(content, size)
        magic = 0xFEEDFACF if wide else 0xFEEDFACE
        head = pack("IIIIIII", magic, cpu, 0x80000002, kind, len(made), sum(map(len, made)), flags) + bytes(4 * wide)
        return head + b"".join(made) + bytes(padding) + b"\xc3" * 16 + symbols + strings + trie

    if signature is None:
        return whole(0)
    size = len(_signature(whole(0), signature, certificate))
    return whole(size) + _signature(whole(size), signature, certificate)


def make_fat(parts: Sequence[tuple[int, bytes]], *, wide: bool = False) -> bytes:
    """A universal file of CPU types and content."""
    form = struct.Struct(">IIQQII" if wide else ">IIIII")
    table, body = b"", b""
    start = 8 + len(parts) * form.size
    for cpu, data in parts:
        body += bytes(-(start + len(body)) % 16)
        row = (cpu, 0, start + len(body), len(data), 4)
        table += form.pack(*row, 0) if wide else form.pack(*row)
        body += data
    return struct.pack(">II", 0xCAFEBABF if wide else 0xCAFEBABE, len(parts)) + table + body


def _trie(exports: dict[str, bytes]) -> bytes:
    """An export trie of two levels: the first letter, then the rest. Nodes have fixed room, so that places are known
    before anything is written."""
    if not exports:
        return b""
    groups: dict[str, list[str]] = {}
    for name in sorted(exports):
        groups.setdefault(name[0], []).append(name)
    place = 2 + sum(2 + 5 for _ in groups)
    root, nodes = bytes([0, len(groups)]), b""
    for letter, names in groups.items():
        root += letter.encode() + b"\0" + _padded(place + len(nodes))
        size = 2 + sum(len(name) + 5 for name in names)
        leaves, inner = b"", bytes([0, len(names)])
        for name in names:
            inner += name[1:].encode() + b"\0" + _padded(place + len(nodes) + size + len(leaves))
            leaves += bytes([len(exports[name])]) + exports[name] + b"\0"
        nodes += inner + leaves
    return root + nodes


def _padded(value: int) -> bytes:
    """A ULEB128 number of five bytes."""
    return bytes([value >> 7 * number & 0x7F | 0x80 for number in range(4)]) + bytes([value >> 28])


def _signature(data: bytes, flags: int, certificate: bytes | None) -> bytes:
    digests = [hashlib.sha256(data[start : start + _PAGE]).digest() for start in range(0, len(data), _PAGE)]
    names = b"name\0TEAM\0"
    place = 52 + len(names)
    fields = (0x20200, flags, place, 52, 0, len(digests), len(data), 32, 2, 0, 12, 0, 0, 57)
    body = struct.pack(">IIIIIIIBBBBIII", *fields) + names + b"".join(digests)
    parts = [struct.pack(">II", 0xFADE0C02, 8 + len(body)) + body]
    if certificate is not None:
        parts.append(struct.pack(">II", 0xFADE0B01, 8 + len(certificate)) + certificate)
    table, at = b"", 12 + 8 * len(parts)
    for number, part in enumerate(parts):
        table += struct.pack(">II", 0x10000 * number, at)
        at += len(part)
    return struct.pack(">III", 0xFADE0CC0, at, len(parts)) + table + b"".join(parts)
