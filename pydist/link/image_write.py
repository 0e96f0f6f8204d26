"""Write an image: lay out rows, strings and bytes, hash the content, write it once from front to back.

Invariant: the same `ImageSpec` gives the same bytes, whatever the order of its modules and files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import BinaryIO

from pydist.errors import FaultCollector
from pydist.link.image import (
    ENTRY,
    FORMAT,
    FROZEN,
    HEADER,
    HEADER_SIZE,
    MAGIC,
    MODULE,
    NAME_ROOM,
    NEED,
    NONE,
    PAGE,
    REHEARSAL,
    ROW_NUMBER,
    SECTION,
    SETTING,
    TRAILER,
    Buffer,
    EntryFlag,
    FileRow,
    ImageLayout,
    ImageSpec,
    ModuleFlag,
    ModuleRow,
    RehearsalRow,
    Section,
    aligned,
    checksum,
    hash_name,
    hash_slots,
    hash_text,
    path_fault,
)
from pydist.link.image_tree import Tree

__all__ = ["write"]

_BYTES = (Section.META, Section.CODE, Section.REHEARSED, Section.SOURCE, Section.DATA)


def write(spec: ImageSpec, destination: BinaryIO) -> ImageLayout:
    """Write the image of `spec` to `destination` at its position.

    Raises `InputError` listing every name or path that is wrong, duplicated, or missing where another row needs it.
    """
    tree = Tree.of(file.path for file in spec.files)
    _check(spec, tree)
    modules = sorted(spec.modules, key=lambda row: row.name)
    number_of = {row.name: number for number, row in enumerate(modules)}
    sources = {row.path for row in modules if not row.flags & ModuleFlag.EXTENSION}
    owners: dict[str, int] = {}
    for number, row in enumerate(modules):
        owners.setdefault(row.path, number)

    strings = _Strings()
    columns = {section: _Column() for section in _BYTES}
    columns[Section.META].add(spec.meta)
    names = [strings.add(row.name) for row in modules]
    paths = [strings.add(path) for path in tree.paths]
    codes = [columns[Section.CODE].add(row.code) for row in modules]
    texts = sorted(spec.rehearsals, key=lambda row: (row.kind, row.flags, bytes(row.key)))
    rehearsed = [(row, *_rehearsed(row, columns[Section.REHEARSED])) for row in texts]
    files = {file.path: file for file in spec.files}
    contents: list[tuple[Section, int, int]] = []
    for path in tree.paths:
        section = Section.SOURCE if path in sources else Section.DATA
        file = files.get(path)
        contents.append((section, *(columns[section].add(file.data, file.in_place) if file else (0, 0))))

    tables: dict[Section, bytes] = {
        Section.MODULE_HASH: _hash_table([name[2] for name in names]),
        Section.ENTRY_HASH: _hash_table([path[2] for path in paths]),
        Section.FROZEN: b"".join(FROZEN.pack(*strings.ref(row.name), number_of[row.module]) for row in spec.frozen),
        Section.CONFIG: b"".join(SETTING.pack(*strings.ref(key), *strings.ref(value)) for key, value in spec.config),
        Section.NEEDS: b"".join(
            NEED.pack(tree.number[row.path], tree.number[path], row.names.get(path, 0))
            for row in sorted(spec.needs, key=lambda row: tree.number[row.path])
            for path in row.needed
        ),
    }
    module_paths = [strings.ref(row.path) for row in modules]
    tables[Section.STRINGS] = b"".join(strings.parts)
    sizes = {section: len(table) for section, table in tables.items()}
    sizes |= {section: column.size for section, column in columns.items()}
    sizes[Section.MODULES] = MODULE.size * len(modules)
    sizes[Section.REHEARSALS] = REHEARSAL.size * len(rehearsed)
    sizes[Section.ENTRIES] = ENTRY.size * len(tree.paths)
    offsets, end = _place(sizes)
    image_size = end + TRAILER.size

    tables[Section.MODULES] = b"".join(
        MODULE.pack(*name[:2], *path, offset + offsets[Section.CODE] if size else 0, size,
                    tree.number.get(row.path, NONE), row.flags, name[2])
        for row, name, path, (offset, size) in zip(modules, names, module_paths, codes, strict=True)
    )  # fmt: skip
    tables[Section.ENTRIES] = b"".join(
        ENTRY.pack(*text[:2], offset + offsets[section] if path in files else 0, size,
                   _flags(files.get(path)), *tree.family(path),
                   owners.get(path, NONE), text[2])
        for path, text, (section, offset, size) in zip(tree.paths, paths, contents, strict=True)
    )  # fmt: skip
    tables[Section.REHEARSALS] = b"".join(
        REHEARSAL.pack(number, offset + offsets[Section.REHEARSED], len(row.key), len(row.value), row.kind, row.flags)
        for row, number, offset in sorted(rehearsed, key=lambda item: (item[1], item[2]))
    )

    body = b"".join(_padded(tables[section], sizes[section]) for section in Section if section < Section.META)
    chunks: list[Buffer] = [body]
    ends = [*list(offsets.values())[Section.META + 1 :], end]
    for (section, column), following in zip(columns.items(), ends, strict=True):
        chunks += [*column.parts, bytes(following - offsets[section] - sizes[section])]
    chunks.append(TRAILER.pack(image_size, MAGIC))
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    sections = b"".join(_section(section, offsets[section], sizes[section]) for section in Section)

    def header(tables_checksum: int) -> bytes:
        fixed = HEADER.pack(
            MAGIC, FORMAT, HEADER_SIZE, image_size, HEADER_SIZE + len(body), tables_checksum, digest.digest(),
            spec.python_hex, spec.pyc_magic, spec.abi_tag.encode("ascii"),
        )  # fmt: skip
        return fixed + sections

    destination.write(header(checksum(memoryview(header(0) + body).cast("Q"))))
    destination.writelines(chunks)
    return ImageLayout(size=image_size, sections=sizes, sha256=digest.hexdigest())


def _rehearsed(row: RehearsalRow, column: _Column) -> tuple[int, int]:
    """The hash of the row's key, and its offset within the column: there the key is, and behind it the value."""
    offset, _ = column.add(row.key)
    column.add(row.value)
    return hash_text(row.key), offset


class _Strings:
    """The STRINGS section: each text once, NUL-terminated, in the order of first use."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self._known: dict[str, tuple[int, int, int]] = {}

    def add(self, text: str) -> tuple[int, int, int]:
        """Offset, size and hash of `text`."""
        if (known := self._known.get(text)) is not None:
            return known
        data = text.encode()
        known = self._known[text] = (self.size, len(data), hash_name(data))
        self.parts.append(data + b"\0")
        self.size += len(data) + 1
        return known

    def ref(self, text: str) -> tuple[int, int]:
        return self.add(text)[:2]


class _Column:
    """A section of bytes, gathered without copying."""

    def __init__(self) -> None:
        self.parts: list[Buffer] = []
        self.size = 0

    def add(self, data: Buffer, whole_page: bool = False) -> tuple[int, int]:
        """Offset (within the column) and size of `data`."""
        if whole_page:
            self.parts.append(bytes(-self.size % PAGE))
            self.size += -self.size % PAGE
        place = (self.size, len(data))
        self.parts.append(data)
        self.size += len(data)
        return place


def _flags(file: FileRow | None) -> EntryFlag:
    if file is None:
        return EntryFlag.FOLDER
    executable = EntryFlag.EXECUTABLE if file.executable else EntryFlag.NONE
    return executable | (EntryFlag.IN_PLACE if file.in_place else EntryFlag.NONE)


def _hash_table(hashes: Sequence[int]) -> bytes:
    """Row numbers by open addressing: the first free slot from `hash` on."""
    size = hash_slots(len(hashes))
    slots = [NONE] * size
    for row, value in enumerate(hashes):
        at = value & (size - 1)
        while slots[at] != NONE:
            at = (at + 1) & (size - 1)
        slots[at] = row
    return b"".join(map(ROW_NUMBER.pack, slots))


def _place(sizes: dict[Section, int]) -> tuple[dict[Section, int], int]:
    """The offset of each section, and where the last one ends."""
    offsets: dict[Section, int] = {}
    end = HEADER_SIZE
    for section in Section:
        # Of DATA alone it matters where it is in a page (`FileRow.in_place`).
        end += -end % PAGE if section is Section.DATA and sizes[section] >= PAGE else 0
        offsets[section] = end
        end += aligned(sizes[section])
    return offsets, end


def _padded(data: bytes, size: int) -> bytes:
    return data + bytes(aligned(size) - size)


def _section(section: Section, offset: int, size: int) -> bytes:
    row = section.row_size
    return SECTION.pack(offset, size, size // row if row else 0, row)


def _check(spec: ImageSpec, tree: Tree) -> None:
    """Refuse what could not be read back: this is the only judgement of a spec."""
    faults = FaultCollector("image")
    for path, where in [*((row.path, row.name) for row in spec.modules), *((file.path, "") for file in spec.files)]:
        if reason := path_fault(path):
            faults.add(where, f"the path {path!r} {reason}")
    _unique(faults, "module", [row.name for row in spec.modules])
    _unique(faults, "file", [file.path for file in spec.files])
    _unique(faults, "list of needs", [row.path for row in spec.needs])
    _unique(faults, "rehearsed text", [f"{row.kind} {row.flags} {bytes(row.key)!r}" for row in spec.rehearsals])
    for path in sorted({file.path for file in spec.files} & tree.folders):
        faults.add(path, "is a file and a folder at once")
    with_code = {row.name for row in spec.modules if len(row.code)}
    for frozen in spec.frozen:
        if frozen.module not in with_code:
            faults.add(frozen.module, "is needed before the importer runs, but has no code in this image")
    for row in spec.modules:
        if not row.name or "\0" in row.name:
            faults.add(repr(row.name), "is not a module name")
        if not len(row.code) and not _has_content(row, tree):
            faults.add(row.name, f"has neither code nor a source at {row.path!r}")
    _check_needs(spec, tree, faults)
    if len(spec.abi_tag) > 15 or not spec.abi_tag.isascii():
        faults.add("abi_tag", f"{spec.abi_tag!r} is longer than 15 ASCII characters")
    faults.raise_if_any("these rows cannot be written to an image")


def _check_needs(spec: ImageSpec, tree: Tree, faults: FaultCollector) -> None:
    sizes = {file.path: len(file.data) for file in spec.files}
    for need in spec.needs:
        for path in (need.path, *need.needed):
            if path not in tree.number or path in tree.folders:
                faults.add(need.path, f"needs {path!r}, which is no file")
        for path, place in need.names.items():
            if path not in need.needed or not 0 < place <= sizes.get(need.path, 0) - NAME_ROOM:
                faults.add(need.path, f"names {path!r} at {place}, where there is no room for a name that it needs")


def _has_content(row: ModuleRow, tree: Tree) -> bool:
    return bool(row.flags & ModuleFlag.NAMESPACE) or (row.path in tree.number and row.path not in tree.folders)


def _unique(faults: FaultCollector, kind: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            faults.add(name, f"this {kind} is given twice")
        seen.add(name)
