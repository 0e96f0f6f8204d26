"""Read an image from bytes that nobody vouches for.

Invariant: `Image.parse` returns rows that all lie inside the bytes given, or raises `ImageInvalid`; no input makes it
crash, hang, or allocate more than a small multiple of the input's size.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from pydist.link.image import (
    ALIGNMENT,
    ENTRY,
    FORMAT,
    FROZEN,
    HEADER,
    HEADER_SIZE,
    MAGIC,
    MODULE,
    NEED,
    NONE,
    REHEARSAL,
    ROW_NUMBER,
    SECTION,
    SETTING,
    TRAILER,
    EntryFlag,
    FileRow,
    FrozenRow,
    ImageInvalid,
    ImageLayout,
    ImageSpec,
    ModuleFlag,
    ModuleRow,
    NeedRow,
    RehearsalKind,
    RehearsalRow,
    Section,
    checksum,
    hash_slots,
    hash_text,
    path_fault,
)

__all__ = ["Image"]

_LARGEST_TABLES = 256 << 20  # bytes; those of an application with 1,000 packages are below 20 MiB
_BEFORE_CHECKSUM, _AFTER_CHECKSUM = 32, 40  # where the header has the checksum, which counts as zero in itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A parsed image: `spec` is what it says (code and data as views into the buffer), `layout` where that stands."""

    spec: ImageSpec
    layout: ImageLayout
    _content: memoryview

    @classmethod
    def parse(cls, buffer: bytes | memoryview | mmap.mmap) -> Image:
        """Read the image that `buffer` begins with. Raises `ImageInvalid` that says what is wrong with it."""
        whole = memoryview(buffer).cast("B")
        try:
            return _Reader(whole).image()
        except UnicodeDecodeError as error:
            raise ImageInvalid(f"the image holds a text that is not UTF-8 ({error.reason}); link it again") from None

    def verify(self) -> None:
        """Raise `ImageInvalid` unless the content has the SHA-256 that the header names."""
        found = hashlib.sha256(self._content).hexdigest()
        if found != self.layout.sha256:
            raise ImageInvalid(
                f"the image has been damaged: its content should have SHA-256 {self.layout.sha256}, found {found}; "
                "link it again or copy it again"
            )


class _Reader:
    """Header first, then sections, then rows; each checked before the next one relies on it."""

    def __init__(self, whole: memoryview) -> None:
        if len(whole) < HEADER_SIZE or whole[: len(MAGIC)] != MAGIC:
            raise ImageInvalid("no image here: it should begin with the magic bytes of one")
        (_, version, header_size, size, self.tables_size, expected, digest,
         self.python_hex, self.pyc_magic, abi_tag) = HEADER.unpack_from(whole)  # fmt: skip
        if version != FORMAT or header_size != HEADER_SIZE:
            raise ImageInvalid(f"the image has format {version}; this pydist reads format {FORMAT}")
        if not HEADER_SIZE <= self.tables_size <= size <= len(whole) or self.tables_size % 8:
            raise ImageInvalid(f"the image says that it has {size} bytes ({self.tables_size} of them tables); "
                               f"{len(whole)} are there")  # fmt: skip
        self.bytes = whole[:size]
        if size < HEADER_SIZE + TRAILER.size or self.bytes[-TRAILER.size :] != TRAILER.pack(size, MAGIC):
            raise ImageInvalid("the image is not complete: its last bytes are missing; link it again")
        self.digest: bytes = digest
        self._check_tables_size(whole)
        if _tables_checksum(self.bytes[: self.tables_size]) != expected:
            raise ImageInvalid("the image's tables have been damaged: their checksum is wrong; link it again")
        try:
            self.abi_tag = abi_tag.rstrip(b"\0").decode("ascii")
        except UnicodeDecodeError:
            raise ImageInvalid("the image's ABI tag is not ASCII") from None
        self.offsets: dict[Section, int] = {}
        self.sizes: dict[Section, int] = {}
        end = HEADER_SIZE
        for section in Section:
            offset, length, count, row = SECTION.unpack_from(whole, HEADER.size + section * SECTION.size)
            last = self.tables_size if section < Section.META else size
            if row != section.row_size or (row and count * row != length) or offset % 16 or not end <= offset <= last:
                raise _wrong(section, "its row size, count or offset is wrong")
            if length > last - offset:
                raise _wrong(section, "it reaches beyond its end")
            self.offsets[section], self.sizes[section], end = offset, length, offset + length
        self.strings = bytes(self._section(Section.STRINGS))

    def _check_tables_size(self, whole: memoryview) -> None:
        """Before anything is done that takes time: the tables are what their sections add up to."""
        rows = [SECTION.unpack_from(whole, HEADER.size + section * SECTION.size) for section in Section]
        tables = [row[1] for section, row in zip(Section, rows, strict=True) if section < Section.META]
        most = HEADER_SIZE + sum(tables) + ALIGNMENT * (len(tables) + 1)
        if self.tables_size > min(most, _LARGEST_TABLES):
            raise ImageInvalid(f"the image says that it has {self.tables_size} bytes of tables; expected at most "
                               f"{min(most, _LARGEST_TABLES)}")  # fmt: skip

    def image(self) -> Image:
        paths, files = self._entries()
        names, modules = self._modules(paths)
        spec = ImageSpec(
            python_hex=self.python_hex,
            pyc_magic=self.pyc_magic,
            abi_tag=self.abi_tag,
            modules=modules,
            files=files,
            frozen=tuple(
                FrozenRow(name=self._text(at, size), module=_pick(names, row, Section.FROZEN))
                for at, size, row in self._rows(Section.FROZEN, FROZEN)
            ),
            needs=self._needs(paths),
            rehearsals=tuple(self._rehearsals()),
            config=tuple(
                (self._text(key, key_size), self._text(value, value_size))
                for key, key_size, value, value_size in self._rows(Section.CONFIG, SETTING)
            ),
            meta=self._section(Section.META),
        )
        self._check_hash(Section.MODULE_HASH, len(names))
        self._check_hash(Section.ENTRY_HASH, len(paths))
        layout = ImageLayout(size=len(self.bytes), sections=self.sizes, sha256=self.digest.hex())
        return Image(spec=spec, layout=layout, _content=self.bytes[HEADER_SIZE:])

    def _entries(self) -> tuple[list[str], tuple[FileRow, ...]]:
        """The paths of all rows, and the files among them."""
        paths: list[str] = []
        files: list[FileRow] = []
        for at, size, data, length, flags, parent, _, _, _, _ in self._rows(Section.ENTRIES, ENTRY):
            path = self._text(at, size)
            folder = path.rpartition("/")[0]
            if (path or paths) and (reason := path_fault(path)):
                raise _wrong(Section.ENTRIES, f"the path {path!r} {reason}")
            if paths and (parent >= len(paths) or paths[parent] != folder):
                raise _wrong(Section.ENTRIES, f"{path!r} is not below its parent")
            paths.append(path)
            if not flags & EntryFlag.FOLDER:
                section = Section.SOURCE if data < self.offsets[Section.DATA] else Section.DATA
                view = self._view(section, data, length)
                files.append(
                    FileRow(
                        path=path,
                        data=view,
                        executable=bool(flags & EntryFlag.EXECUTABLE),
                        in_place=bool(flags & EntryFlag.IN_PLACE),
                    )
                )
        if len(set(paths)) != len(paths):
            raise _wrong(Section.ENTRIES, "a path occurs twice")
        return paths, tuple(files)

    def _modules(self, paths: list[str]) -> tuple[list[str], tuple[ModuleRow, ...]]:
        modules: list[ModuleRow] = []
        for at, size, path, path_size, code, length, entry, flags, _ in self._rows(Section.MODULES, MODULE):
            row = ModuleRow(
                name=self._text(at, size),
                path=self._text(path, path_size),
                code=self._view(Section.CODE, code, length) if length else b"",
                flags=ModuleFlag(flags & 31),
            )
            if reason := path_fault(row.path):
                raise _wrong(Section.MODULES, f"the path of {row.name!r} {reason}")
            if entry != NONE and _pick(paths, entry, Section.MODULES) != row.path:
                raise _wrong(Section.MODULES, f"{row.name!r} names the entry of another path")
            modules.append(row)
        names = [row.name for row in modules]
        if sorted(set(names)) != names:
            raise _wrong(Section.MODULES, "the names are not sorted, or one occurs twice")
        return names, tuple(modules)

    def _needs(self, paths: list[str]) -> tuple[NeedRow, ...]:
        needs: dict[str, list[str]] = {}
        names: dict[str, dict[str, int]] = {}
        last = 0
        for entry, needed, place in self._rows(Section.NEEDS, NEED):
            if entry < last:
                raise _wrong(Section.NEEDS, "the rows are not sorted")
            last = entry
            path, other = _pick(paths, entry, Section.NEEDS), _pick(paths, needed, Section.NEEDS)
            needs.setdefault(path, []).append(other)
            if place:
                names.setdefault(path, {})[other] = place
        return tuple(
            NeedRow(path=path, needed=tuple(needed), names=names.get(path, {})) for path, needed in needs.items()
        )

    def _rehearsals(self) -> Iterator[RehearsalRow]:
        rows = list(self._rows(Section.REHEARSALS, REHEARSAL))
        if sum(key_size + value_size for _, _, key_size, value_size, _, _ in rows) > self.sizes[Section.REHEARSED]:
            raise _wrong(Section.REHEARSALS, "the texts are larger than what there is of them")
        last = 0
        for number, offset, key_size, value_size, kind, flags in rows:
            both = self._view(Section.REHEARSED, offset, key_size + value_size)
            row = RehearsalRow(kind=_kind(kind), flags=flags, key=both[:key_size], value=both[key_size:])
            if number < last or number != hash_text(row.key):
                raise _wrong(Section.REHEARSALS, "the rows are not sorted by the hashes of their texts")
            last = number
            yield row

    def _check_hash(self, section: Section, rows: int) -> None:
        slots = [row for (row,) in self._rows(section, ROW_NUMBER)]
        if len(slots) != hash_slots(rows) or sorted(row for row in slots if row != NONE) != list(range(rows)):
            raise _wrong(section, "it does not list every row once")

    def _section(self, section: Section) -> memoryview:
        return self.bytes[self.offsets[section] : self.offsets[section] + self.sizes[section]]

    def _rows(self, section: Section, row: struct.Struct) -> Iterator[tuple[int, ...]]:
        return row.iter_unpack(self._section(section))

    def _text(self, offset: int, size: int) -> str:
        if offset + size >= len(self.strings) or self.strings[offset + size]:
            raise _wrong(Section.STRINGS, f"the text at {offset} reaches beyond its end")
        return self.strings[offset : offset + size].decode()

    def _view(self, section: Section, offset: int, size: int) -> memoryview:
        start = self.offsets[section]
        if size and not (start <= offset and offset + size <= start + self.sizes[section]):
            raise _wrong(section, f"{size} bytes at {offset} are not inside it")
        return self.bytes[offset : offset + size]


def _tables_checksum(tables: memoryview) -> int:
    """The checksum that the header should name, without a copy of the tables."""
    before, after = tables[:_BEFORE_CHECKSUM].cast("Q"), tables[_AFTER_CHECKSUM:].cast("Q")
    return checksum(chain(before, (0,), after))


def _pick(names: list[str], row: int, section: Section) -> str:
    if row >= len(names):
        raise _wrong(section, f"row {row} does not exist")
    return names[row]


def _kind(number: int) -> RehearsalKind:
    try:
        return RehearsalKind(number)
    except ValueError:
        raise _wrong(Section.REHEARSALS, f"there is no kind {number}") from None


def _wrong(section: Section, reason: str) -> ImageInvalid:
    return ImageInvalid(f"the image's section {section.name} is wrong: {reason}; link it again")
