"""The image that a linked application carries: its rows as Python values, and its layout in bytes.

Twin of `pydist/runtime/image.h`; the format is described in `docs/reference/image.md`. Invariant: the structs here
have the sizes, offsets and section order of the C header, which a test compiles and compares. Writing is in
`image_write`, reading (of bytes that may be hostile) in `image_read`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from pydist.errors import InputError

__all__ = [
    "START",
    "EntryFlag",
    "FileRow",
    "FrozenRow",
    "ImageInvalid",
    "ImageLayout",
    "ImageSpec",
    "ModuleFlag",
    "ModuleRow",
    "NeedRow",
    "RehearsalKind",
    "RehearsalRow",
    "Section",
    "checksum",
    "hash_name",
    "hash_text",
    "path_fault",
]

Buffer = bytes | memoryview

MAGIC = b"pydist\x1a\n"
FORMAT = 4
NONE = 0xFFFFFFFF
NAME_ROOM = 128  # bytes of a name that the run time writes into a shared object
ALIGNMENT = 16
PAGE = 4096
"""What a file that is `in_place` begins at a multiple of, in the image and in the application."""

# Field order and widths of the C structs, "<" because the format has no padding that struct would add.
HEADER = struct.Struct("<8sIIQQQ32sII16s")
SECTION = struct.Struct("<QQII")
MODULE = struct.Struct("<IIIIQIIII")
ENTRY = struct.Struct("<IIQQIIIIII")
TRAILER = struct.Struct("<Q8s")
ROW_NUMBER = struct.Struct("<I")
FROZEN = struct.Struct("<III")
SETTING = struct.Struct("<IIII")
NEED = struct.Struct("<IIQ")
REHEARSAL = struct.Struct("<QQIIII")


class Section(IntEnum):
    """The sections, in the order of the header's table and of their bytes."""

    MODULES = 0
    MODULE_HASH = 1
    ENTRIES = 2
    ENTRY_HASH = 3
    FROZEN = 4
    CONFIG = 5
    NEEDS = 6
    REHEARSALS = 7
    STRINGS = 8
    META = 9
    CODE = 10
    REHEARSED = 11
    SOURCE = 12
    DATA = 13

    @property
    def row_size(self) -> int:
        """Bytes per row, or 0 for a section of plain bytes."""
        return _ROW_SIZES.get(self, 0)


_ROW_SIZES = {
    Section.MODULES: MODULE.size,
    Section.MODULE_HASH: ROW_NUMBER.size,
    Section.ENTRIES: ENTRY.size,
    Section.ENTRY_HASH: ROW_NUMBER.size,
    Section.FROZEN: FROZEN.size,
    Section.CONFIG: SETTING.size,
    Section.NEEDS: NEED.size,
    Section.REHEARSALS: REHEARSAL.size,
}
HEADER_SIZE = HEADER.size + len(Section) * SECTION.size


class ModuleFlag(IntFlag):
    """`PACKAGE` and `NAMESPACE` together: a folder without `__init__`, whose path is the folder itself. `EXTENSION`:
    the path is that of a shared object; with `BUILTIN`, of an empty file, and the module is one of the executable's."""

    NONE = 0
    PACKAGE = 1
    NAMESPACE = 2
    STDLIB = 4
    EXTENSION = 8
    BUILTIN = 16


class RehearsalKind(IntEnum):
    """What compiles a text: `exec`, `eval` and `compile`, or `re.compile` of a string or of bytes."""

    EXEC = 1
    EVAL = 2
    COMPILE = 3
    PATTERN = 4
    BYTE_PATTERN = 5


class EntryFlag(IntFlag):
    NONE = 0
    FOLDER = 1
    EXECUTABLE = 2
    IN_PLACE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleRow:
    """One importable module: `path` below the virtual root (`lib/python3.14/json/__init__.py`); `code` is its
    marshalled code object without a .pyc header, or empty when the source is to be compiled at import."""

    name: str
    path: str
    code: Buffer = b""
    flags: ModuleFlag = ModuleFlag.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One file of the virtual tree. Sources of modules are files too: a module finds its own by its path.

    `in_place`: it is a shared object that can be loaded where it is, and begins at a multiple of `PAGE`."""

    path: str
    data: Buffer
    executable: bool = False
    in_place: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRow:
    """The shared objects in the tree that have to be loaded before the one at `path`, each after those it needs.

    `names`: where in its file those are named that it asks for by what the run time writes there, by their path."""

    path: str
    needed: tuple[str, ...]
    names: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenRow:
    """When the interpreter imports `name` before any importer of ours exists, it gets the code of `module`."""

    name: str
    module: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalRow:
    """A text (`key`) that was compiled when the application was linked, the `flags` that held for it, and what came
    out, marshalled (`value`). The format says what each is for every kind."""

    kind: RehearsalKind
    flags: int
    key: Buffer
    value: Buffer


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec:
    """All that an image says. `frozen` is `START` in every application; `config` is an ordered list of settings
    (docs/reference/image.md), whose keys may repeat; `meta` is JSON."""

    python_hex: int
    pyc_magic: int
    abi_tag: str
    modules: tuple[ModuleRow, ...]
    files: tuple[FileRow, ...] = ()
    frozen: tuple[FrozenRow, ...] = ()
    needs: tuple[NeedRow, ...] = ()
    rehearsals: tuple[RehearsalRow, ...] = ()
    config: tuple[tuple[str, str], ...] = ()
    meta: Buffer = b"{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLayout:
    """Where things went: the image's size and that of each section in bytes, and the digest of its content (hex)."""

    size: int
    sections: dict[Section, int]
    sha256: str


START = (FrozenRow(name="encodings", module="_pydist.start"),)
"""`encodings` is the first thing any interpreter imports: in its place runs the module that installs the importer."""


class ImageInvalid(InputError):
    """Bytes that are not an image of this format, or an image that has been damaged."""


def hash_name(data: bytes) -> int:
    """The hash of names and paths (`image_hash` in C)."""
    return zlib.crc32(data)


def checksum(words: Iterable[int]) -> int:
    """The checksum of the tables (`image_checksum` in C), from 64-bit words."""
    value = 0
    for word in words:
        value ^= word
        value = (value << 29 | value >> 35) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    return value


def hash_text(data: Buffer) -> int:
    """The hash of a text that was compiled (`image_text_hash` in C)."""
    padded = bytes(data) + bytes(-len(data) % 8)
    return checksum((*memoryview(padded).cast("Q"), len(data)))


def aligned(size: int) -> int:
    """`size` rounded up to the alignment of sections."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def hash_slots(rows: int) -> int:
    """How many slots the hash table for `rows` rows has: a power of two, at most half full."""
    return 1 << max(rows * 2 - 1, 1).bit_length()


def path_fault(path: str) -> str | None:
    """What is wrong with a virtual path, or None. Paths are relative, in normal form, with `/` between the parts."""
    if not path:
        return "is empty"
    if not path.isascii() and any("\ud800" <= letter <= "\udfff" for letter in path):
        return "is not text that UTF-8 can hold"
    if "\0" in path or "\\" in path:
        return "contains NUL or a backslash"
    if any(part in {"", ".", ".."} for part in path.split("/")):
        return "is not a relative path in normal form"
    return None
