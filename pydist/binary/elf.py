"""Facts about one ELF file, read from bytes that may be hostile.

Invariant: `ElfFile.parse` returns facts or raises `ElfInvalid`; every offset is checked against the bytes there are,
every chain moves forward, and the work is bounded by the file's size.
Source: Tool Interface Standard ELF 1.2, System V gABI chapters 4 and 5, Linux Standard Base 5.0 (symbol versions).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from pydist.binary.elf_notes import Properties, read_build_id, read_properties
from pydist.binary.elf_read import ElfInvalid, Header, Reader, Strings

__all__ = ["ElfFile", "ElfInvalid", "Section", "Segment", "Symbol", "Type", "VersionNeed"]


class Type(IntEnum):
    """e_type."""

    REL = 1
    EXEC = 2
    DYN = 3
    CORE = 4


PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_GNU_STACK, PT_GNU_RELRO = 1, 2, 3, 4, 0x6474E551, 0x6474E552
PT_GNU_PROPERTY = 0x6474E553
PF_X, PF_W = 1, 2
SHT_SYMTAB, SHT_NOTE, SHT_NOBITS, SHT_DYNSYM, SHT_VERNEED, SHT_VERSYM = 2, 7, 8, 11, 0x6FFFFFFE, 0x6FFFFFFF
SHF_EXECINSTR = 4
_BUILD_ID = ".note.gnu.build-id"
DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_SONAME, DT_RPATH, DT_TEXTREL, DT_BIND_NOW = 1, 5, 10, 14, 15, 22, 24
DT_RUNPATH, DT_FLAGS, DT_FLAGS_1, DT_VERNEED = 29, 30, 0x6FFFFFFB, 0x6FFFFFFE
_NOTES = 16  # segments of notes, and KiB of one, that are looked into; linkers write two of some 100 bytes
DF_TEXTREL, DF_BIND_NOW, DF_STATIC_TLS, DF_1_NOW, DF_1_PIE = 4, 8, 16, 1, 0x08000000


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A program header; sizes and addresses in bytes."""

    type: int
    flags: int
    offset: int
    vaddr: int
    filesz: int
    memsz: int
    align: int

    @property
    def writable_and_executable(self) -> bool:
        """Whether code mapped by it can be changed."""
        return self.type == PT_LOAD and self.flags & (PF_W | PF_X) == PF_W | PF_X


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section header."""

    name: str
    type: int
    flags: int
    addr: int
    offset: int
    size: int
    link: int
    info: int
    entsize: int


class Symbol(NamedTuple):
    """A symbol; `binding` 0 local, 1 global, 2 weak; `visibility` 0 default, 2 hidden; `section` 0 is undefined.

    A distribution has 200,000 of them: a frozen dataclass takes four times as long to make.
    """

    name: str
    binding: int
    kind: int
    visibility: int
    section: int
    value: int
    size: int
    version: str | None = None

    @property
    def defined(self) -> bool:
        return self.section != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionNeed:
    """Symbol versions (`GLIBC_2.17`) that are needed of one library."""

    file: str
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElfFile:
    """What the headers, the dynamic section, the version sections and the notes of a file say.

    `bits` is 32 or 64; `build_id` is hexadecimal.
    """

    bits: int
    little_endian: bool
    machine: int
    type: int
    entry: int
    segments: tuple[Segment, ...]
    sections: tuple[Section, ...]
    interp: str | None
    needed: tuple[str, ...]
    soname: str | None
    rpath: str | None
    runpath: str | None
    version_needs: tuple[VersionNeed, ...]
    bind_now: bool
    textrel: bool
    static_tls: bool
    pie: bool
    properties: Properties
    build_id: str | None

    @classmethod
    def parse(cls, data: bytes | memoryview) -> ElfFile:
        """Read the facts. Raises `ElfInvalid` on any inconsistency."""
        reader = Reader.open(data)
        header = reader.header()
        sections = _sections(reader, header)
        segments = tuple(
            Segment(type=t, flags=f, offset=o, vaddr=v, filesz=s, memsz=m, align=a)
            for t, f, o, v, s, m, a in reader.program_headers(header)
        )
        dynamic = _Dynamic.read(reader, segments)
        interp = next((segment for segment in segments if segment.type == PT_INTERP), None)
        notes = next((segment for segment in segments if segment.type == PT_GNU_PROPERTY), None)
        return cls(
            bits=reader.layout.bits,
            little_endian=reader.layout.little,
            machine=header.machine,
            type=header.type,
            entry=header.entry,
            segments=segments,
            sections=sections,
            interp=None if interp is None else Strings(reader.bytes_at(interp.offset, interp.filesz)).at(0),
            needed=tuple(dynamic.texts(DT_NEEDED)),
            soname=next(dynamic.texts(DT_SONAME), None),
            rpath=next(dynamic.texts(DT_RPATH), None),
            runpath=next(dynamic.texts(DT_RUNPATH), None),
            version_needs=tuple(
                VersionNeed(file=file, versions=tuple(name for _, name in versions))
                for file, versions in (dynamic.version_needs(reader) or _version_needs(reader, sections))
            ),
            bind_now=dynamic.has(DT_BIND_NOW)
            or bool(dynamic.flags(DT_FLAGS) & DF_BIND_NOW)
            or bool(dynamic.flags(DT_FLAGS_1) & DF_1_NOW),
            textrel=dynamic.has(DT_TEXTREL) or bool(dynamic.flags(DT_FLAGS) & DF_TEXTREL),
            static_tls=bool(dynamic.flags(DT_FLAGS) & DF_STATIC_TLS),
            # Linkers before 2015 wrote no DF_1_PIE; a library that names a loader is a program, too.
            pie=header.type == Type.DYN and (interp is not None or bool(dynamic.flags(DT_FLAGS_1) & DF_1_PIE)),
            properties=Properties()
            if notes is None
            else read_properties(
                reader.bytes_at(notes.offset, notes.filesz), bits=reader.layout.bits, little=reader.layout.little
            ),
            build_id=_build_id(reader, sections, segments),
        )

    @property
    def has_executable_stack(self) -> bool:
        """Whether it asks for an executable stack. A linked file without PT_GNU_STACK does, on several systems."""
        if self.type == Type.REL:
            return any(item.name == ".note.GNU-stack" and item.flags & SHF_EXECINSTR for item in self.sections)
        stack = next((item for item in self.segments if item.type == PT_GNU_STACK), None)
        return stack is None or bool(stack.flags & PF_X)

    @property
    def has_relro(self) -> bool:
        return any(segment.type == PT_GNU_RELRO for segment in self.segments)

    @property
    def is_static(self) -> bool:
        """Whether it runs without a dynamic loader."""
        return self.interp is None and not self.needed

    def symbols(self, data: bytes | memoryview) -> Iterator[Symbol]:
        """The symbols of `.symtab` (files without one: `.dynsym`) of `data`, the bytes this was parsed from."""
        kinds = {section.type for section in self.sections}
        return self._symbols(Reader.open(data), SHT_SYMTAB if SHT_SYMTAB in kinds else SHT_DYNSYM)

    def dynamic_symbols(self, data: bytes | memoryview) -> Iterator[Symbol]:
        """The symbols of `.dynsym`, with their versions."""
        return self._symbols(Reader.open(data), SHT_DYNSYM)

    def _symbols(self, reader: Reader, kind: int) -> Iterator[Symbol]:
        table = next((section for section in self.sections if section.type == kind), None)
        if table is None:
            return
        if table.link >= len(self.sections):
            raise ElfInvalid(f"the symbol table names section {table.link} of {len(self.sections)} for its strings")
        strings = self.sections[table.link]
        names = Strings(reader.bytes_at(strings.offset, strings.size))
        versions = _versions_of(reader, self.sections) if kind == SHT_DYNSYM else ()
        for index, (name, info, other, section, value, size) in enumerate(reader.symbols(table.offset, table.size)):
            yield Symbol(
                name=names.at(name),
                binding=info >> 4,
                kind=info & 15,
                visibility=other & 3,
                section=section,
                value=value,
                size=size,
                version=versions[index] if index < len(versions) else None,
            )


@dataclass(frozen=True, slots=True)
class _Dynamic:
    entries: tuple[tuple[int, int], ...]
    strings: Strings
    segments: tuple[Segment, ...]

    @classmethod
    def read(cls, reader: Reader, segments: tuple[Segment, ...]) -> _Dynamic:
        segment = next((item for item in segments if item.type == PT_DYNAMIC), None)
        if segment is None:
            return cls((), Strings(b""), segments)
        entries = tuple(reader.dynamic(segment.offset, segment.filesz))
        values = dict(reversed(entries))
        strings = b""
        if values.get(DT_STRTAB) and values.get(DT_STRSZ):
            strings = reader.bytes_at(_file_offset(segments, values[DT_STRTAB]), values[DT_STRSZ])
        return cls(entries, Strings(strings), segments)

    def texts(self, tag: int) -> Iterator[str]:
        return (self.strings.at(value) for found, value in self.entries if found == tag)

    def has(self, tag: int) -> bool:
        return any(found == tag for found, _ in self.entries)

    def version_needs(self, reader: Reader) -> list[tuple[str, list[tuple[int, str]]]]:
        """As the loader finds them, which looks at no sections: a file can be without, or have others."""
        address = next((value for found, value in self.entries if found == DT_VERNEED), None)
        if address is None:
            return []
        offset = _file_offset(self.segments, address)
        return [
            (self.strings.at(file), [(index, self.strings.at(name)) for index, name in versions])
            for file, versions in reader.version_needs(offset, max(0, len(reader.view) - offset))
        ]

    def flags(self, tag: int) -> int:
        return next((value for found, value in self.entries if found == tag), 0)


def _file_offset(segments: tuple[Segment, ...], address: int) -> int:
    for segment in segments:
        if segment.type == PT_LOAD and segment.vaddr <= address < segment.vaddr + segment.filesz:
            return address - segment.vaddr + segment.offset
    raise ElfInvalid(f"address {address:#x} of the dynamic section is in no loaded segment")


def _sections(reader: Reader, header: Header) -> tuple[Section, ...]:
    rows = list(reader.section_headers(header))
    names = Strings(b"")
    index = rows[0][6] if header.shstrndx == 0xFFFF and rows else header.shstrndx
    if 0 < index < len(rows) and rows[index][1] != SHT_NOBITS:
        names = Strings(reader.bytes_at(rows[index][4], rows[index][5]))
    return tuple(
        Section(name=names.at(n), type=t, flags=f, addr=a, offset=o, size=s, link=k, info=i, entsize=e)
        for n, t, f, a, o, s, k, i, _, e in rows
    )


def _build_id(reader: Reader, sections: tuple[Section, ...], segments: tuple[Segment, ...]) -> str | None:
    places = [(item.offset, item.size) for item in sections if item.type == SHT_NOTE and item.name == _BUILD_ID][:1]
    places += [(item.offset, item.filesz) for item in segments if item.type == PT_NOTE][:_NOTES]
    notes = (reader.bytes_at(offset, size) for offset, size in places if size <= _NOTES << 10)
    found = (read_build_id(data, little=reader.layout.little) for data in notes)
    return next((identity for identity in found if identity is not None), None)


def _version_needs(reader: Reader, sections: tuple[Section, ...]) -> list[tuple[str, list[tuple[int, str]]]]:
    section = next((item for item in sections if item.type == SHT_VERNEED), None)
    if section is None or section.link >= len(sections):
        return []
    strings = sections[section.link]
    names = Strings(reader.bytes_at(strings.offset, strings.size))
    return [
        (names.at(file), [(index, names.at(name)) for index, name in versions])
        for file, versions in reader.version_needs(section.offset, section.size)
    ]


def _versions_of(reader: Reader, sections: tuple[Section, ...]) -> list[str | None]:
    section = next((item for item in sections if item.type == SHT_VERSYM), None)
    if section is None:
        return []
    known = {index: name for _, versions in _version_needs(reader, sections) for index, name in versions}
    return [known.get(index & 0x7FFF) for index in reader.halves(section.offset, section.size)]
