"""Small PE files, COFF objects and members of import libraries made from their facts."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Sequence

AMD64, ARM64, I386 = 0x8664, 0xAA64, 0x14C
DLL, RELOCS_STRIPPED = 0x2000, 0x1
HIGH_ENTROPY, DYNAMIC_BASE, NX, GUARD = 0x20, 0x40, 0x100, 0x4000
EXECUTE, READ, WRITE = 0x20000000, 0x40000000, 0x80000000
GUID = uuid.UUID("12345678-9abc-def0-1234-56789abcdef0")
BIG_CLASS = uuid.UUID("d1baa1c7-baee-4ba9-af20-faf66aa4dcb8")
LTCG_CLASS = uuid.UUID("0cb3fe38-d9a5-4dab-ac9b-d6b6222653c2")
_START, _BASE = 0x1000, 0x400000
_HEADERS = 0x400


class _Image:
    """The content of one section, with addresses known as it grows."""

    def __init__(self) -> None:
        self.data = bytearray()

    def put(self, data: bytes) -> int:
        self.data += bytes(-len(self.data) % 8) + data
        return _START + len(self.data) - len(data)

    def text(self, value: str) -> int:
        return self.put(value.encode() + b"\0")


def make_pe(
    *,
    bits: int = 64,
    machine: int = AMD64,
    characteristics: int = 0x22,
    dll_characteristics: int = HIGH_ENTROPY | DYNAMIC_BASE | NX,
    subsystem: int = 3,
    subsystem_version: tuple[int, int] = (6, 0),
    section: int = EXECUTE | READ,
    imports: Sequence[tuple[str, Sequence[str | int]]] = (),
    delayed: Sequence[tuple[str, Sequence[str | int]]] = (),
    delayed_by_address: bool = False,
    bound: bool = True,
    name: str | None = None,
    exports: Sequence[tuple[str | None, str | None]] = (),
    pdb: str | None = None,
    old_pdb: bool = False,
    reproducible: bool = False,
    shadow_stack: bool = False,
    guard: int | None = None,
    cookie: int = 0,
    handlers: int = 0,
    certificates: Sequence[bytes] = (),
    manifest: bytes | None = None,
    manifest_type: int = 24,
) -> bytes:
    """A PE file of one section.

    `imports` and `delayed` are libraries with names or ordinals; `exports` names (None: by ordinal alone) and
    forwarders, ordinals from 5; without `bound` imports have no table of names; `guard` is the flags of a load
    configuration with `cookie` and `handlers`.
    """
    wide, image = bits == 64, _Image()
    pointer = "Q" if wide else "I"
    directories = [(0, 0)] * 16

    def thunks(functions: Sequence[str | int]) -> int:
        values = [
            image.put(b"\1\0" + item.encode() + b"\0") if isinstance(item, str) else item | 1 << (bits - 1)
            for item in functions
        ]
        return image.put(struct.pack(f"<{len(values) + 1}{pointer}", *values, 0))

    if imports:
        rows = b""
        for library, functions in imports:
            table = thunks(functions)
            rows += struct.pack("<IIIII", table if bound else 0, 0, 0, image.text(library), table)
        directories[1] = (image.put(rows + bytes(20)), len(rows) + 20)
    if delayed:
        rows, base = b"", _BASE if delayed_by_address else 0
        for library, functions in delayed:
            values = (not delayed_by_address, base + image.text(library), 0, 0, base + thunks(functions), 0, 0, 0)
            rows += struct.pack("<8I", *values)
        directories[13] = (image.put(rows + bytes(32)), len(rows) + 32)
    if name is not None:
        directories[0] = _put_exports(image, name, exports)
    entries = []
    if pdb is not None:
        old = struct.pack("<4sIII", b"NB10", 0, 0x5F000000, 3)
        head = old if old_pdb else struct.pack("<4s16sI", b"RSDS", GUID.bytes_le, 3)
        entries.append((2, head + pdb.encode() + b"\0"))
    entries += [(16, b"")] * reproducible + [(20, struct.pack("<I", 1))] * shadow_stack
    if entries:
        rows = b""
        for kind, data in entries:
            place = image.put(data)
            rows += struct.pack("<IIHHIIII", 0, 0, 0, 0, kind, len(data), place, place - _START + _HEADERS)
        directories[6] = (image.put(rows), len(rows))
    if guard is not None:
        size = 148 if wide else 92
        config = bytearray(struct.pack("<I", size).ljust(size, b"\0"))
        struct.pack_into(f"<{pointer}", config, 88 if wide else 60, cookie)
        struct.pack_into(f"<{pointer}", config, 96 if wide else 64, handlers)
        struct.pack_into(f"<{pointer}", config, 136 if wide else 84, 12)
        struct.pack_into("<I", config, 144 if wide else 88, guard)
        directories[10] = (image.put(bytes(config)), 64)
    directories[2] = _put_resource(image, manifest, manifest_type)
    content = bytes(image.data) + bytes(-len(image.data) % 0x200 or 0x200)
    signed = b""
    for data in certificates:
        signed += struct.pack("<IHH", 8 + len(data), 0x200, 2) + data
        signed += bytes(-len(signed) % 8)
    directories[4] = (_HEADERS + len(content), len(signed)) if signed else (0, 0)
    sizes = (0x100000, 0x1000, 0x100000, 0x1000)
    versions = (6, 1, 3, 4, *subsystem_version)
    after = (0, 0x3000, _HEADERS, 0xABCD, subsystem, dll_characteristics, *sizes, 0, len(directories))
    if wide:
        optional = struct.pack("<HBBIIIII", 0x20B, 14, 44, 0, 0, 0, _START, _START)
        optional += struct.pack("<QIIHHHHHHIIIIHHQQQQII", _BASE, 0x1000, 0x200, *versions, *after)
    else:
        optional = struct.pack("<HBBIIIII", 0x10B, 14, 44, 0, 0, 0, _START, _START)
        optional += struct.pack("<IIIIHHHHHHIIIIHHIIIIII", 0, _BASE, 0x1000, 0x200, *versions, *after)
    optional += b"".join(struct.pack("<II", *item) for item in directories)
    header = struct.pack("<HHIIIHH", machine, 1, 0x60000000, 0, 0, len(optional), characteristics)
    row = struct.pack("<8sIIIIIIHHI", b".text", len(content), _START, len(content), _HEADERS, 0, 0, 0, 0, section)
    head = b"MZ".ljust(60, b"\0") + struct.pack("<I", 64) + b"PE\0\0" + header + optional + row
    return head.ljust(_HEADERS, b"\0") + content + signed


def _put_resource(image: _Image, data: bytes | None, kind: int) -> tuple[int, int]:
    """Address and size of tables with one resource; zeros for none."""
    if data is None:
        return 0, 0
    place, tables = image.put(data), b""
    for level, number in enumerate((kind, 1, 0x409)):
        below = 24 * (level + 1)
        tables += struct.pack("<IIIHHII", 0, 0, 0, 0, 1, number, below if level == 2 else 0x80000000 + below)
    return image.put(tables + struct.pack("<IIII", place, len(data), 0, 0)), 88


def _put_exports(image: _Image, name: str, exports: Sequence[tuple[str | None, str | None]]) -> tuple[int, int]:
    """Address and size of the export directory: the table and the texts of forwarders, which have to be inside."""
    own = image.text(name)
    named = [(image.text(item), index) for index, (item, _) in enumerate(exports) if item is not None]
    names_at = image.put(b"".join(struct.pack("<I", place) for place, _ in named))
    ordinals_at = image.put(b"".join(struct.pack("<H", index) for _, index in named))
    start = image.put(b"")
    texts = b"".join(target.encode() + b"\0" for _, target in exports if target is not None)
    place, addresses = start + 40, []
    for _, target in exports:
        addresses.append(_START if target is None else place)
        place += 0 if target is None else len(target) + 1
    column = place + -place % 8
    fields = (0, 0, 0, 0, own, 5, len(exports), len(named), column, names_at, ordinals_at)
    image.put(struct.pack("<IIHHIIIIIII", *fields) + texts)
    image.put(struct.pack(f"<{len(addresses)}I", *addresses))
    return start, 40 + len(texts)


def make_coff(
    *,
    machine: int = AMD64,
    big: bool = False,
    sections: Sequence[tuple[str, bytes]] = ((".text", b"\xc3"),),
    defined: Sequence[str] = (),
    undefined: Sequence[str] = (),
    weak: Sequence[str] = (),
    common: Sequence[str] = (),
    static: Sequence[str] = (),
    sixty_four: bool = False,
) -> bytes:
    """A COFF object; `big` ones have room for more sections, `sixty_four` writes long section names in base 64."""
    strings = bytearray()

    def long(value: str) -> int:
        strings.extend(value.encode() + b"\0")
        return 4 + len(strings) - len(value.encode()) - 1

    symbols, count = b"", 0
    rows = [(name, 0, 1, 2, 0) for name in defined] + [(name, 0, 0, 2, 0) for name in undefined]
    rows += [(name, 0, 0, 105, 1) for name in weak] + [(name, 16, 0, 2, 0) for name in common]
    rows += [(name, 0, 1, 3, 1) for name in static]
    size = 20 if big else 18
    for name, value, section, storage, more in rows:
        field = name.encode() if len(name) <= 8 else struct.pack("<II", 0, long(name))
        symbols += struct.pack("<8sIiHBB" if big else "<8sIhHBB", field, value, section, 0, storage, more)
        symbols += b"\xee" * size * more
        count += 1 + more
    fields = []
    for name, data in sections:
        field = name.encode()
        if len(field) > 8:
            place = long(name)
            field = _base64(place) if sixty_four else b"/%d" % place
        fields.append((field, data))
    start = 56 if big else 20
    body, table = b"", b""
    for field, data in fields:
        place = start + 40 * len(fields) + len(body)
        table += struct.pack("<8sIIIIIIHHI", field, 0, 0, len(data), place, 0, 0, 0, 0, EXECUTE | READ)
        body += data
    symbols_at = start + len(table) + len(body)
    if big:
        rest = (0, 0, 0, 0, len(fields), symbols_at, count)
        head = struct.pack("<4sHHI16s7I", b"\0\0\xff\xff", 2, machine, 0, BIG_CLASS.bytes_le, *rest)
    else:
        head = struct.pack("<HHIIIHH", machine, len(fields), 0, symbols_at, count, 0, 0)
    return head + table + body + symbols + struct.pack("<I", 4 + len(strings)) + bytes(strings)


def make_import(
    symbol: str, library: str, *, machine: int = AMD64, kind: int = 0, by: int = 1, hint: int = 0, other: str = ""
) -> bytes:
    """A member of an import library; `by` is the name type, `other` the name of EXPORTAS."""
    texts = symbol.encode() + b"\0" + library.encode() + b"\0" + (other.encode() + b"\0" if other else b"")
    return struct.pack("<4sHHIIHH", b"\0\0\xff\xff", 0, machine, 0, len(texts), hint, kind | by << 2) + texts


def make_pdb(*, streams: int = 3, first: int = 600, guid: uuid.UUID = GUID, age: int = 3) -> bytes:
    """A PDB of blocks of 512 bytes: the identity stands behind a first stream of `first` bytes."""
    size = 512
    old = 0 if first == 0xFFFFFFFF else -(-first // size)
    sizes = [first, 28, *[0] * (streams - 2)]
    numbers = struct.pack(f"<I{streams}I", streams, *sizes) + struct.pack(f"<{old}I", *range(20, 20 + old))
    # The directory's blocks: 3, 4, ... in the map of block 2; the identity behind them.
    length = len(numbers) + 4
    blocks = -(-length // size)
    numbers += struct.pack("<I", 3 + blocks)
    head = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0" + struct.pack("<IIIIII", size, 1, 9, length, 0, 2)
    table = struct.pack(f"<{blocks}I", *range(3, 3 + blocks))
    identity = struct.pack("<III16s", 20000404, 0x5F000000, age, guid.bytes_le)
    parts = (head.ljust(2 * size, b"\0"), table.ljust(size, b"\0"), numbers.ljust(blocks * size, b"\0"), identity)
    return b"".join(parts).ljust((4 + blocks) * size, b"\0")


def _base64(value: int) -> bytes:
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return b"//" + bytes(letters[value >> 6 * step & 63] for step in range(5, -1, -1))
