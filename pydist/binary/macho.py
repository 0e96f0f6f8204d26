"""Facts about a Mach-O file or each slice of a universal one, read from bytes that may be hostile.

Invariant: `MachO.parse` returns facts or raises `MachOInvalid`; every offset is checked against the bytes there are,
and the work is bounded by the file's size.
Source: <mach-o/loader.h>, <mach/machine.h>, <mach-o/fat.h>.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydist.binary.fat import MachOInvalid, slices
from pydist.binary.macho_facts import (
    Build,
    CpuType,
    Dylib,
    FileType,
    HeaderFlag,
    Load,
    Platform,
    Section,
    Segment,
    Version,
)
from pydist.binary.macho_read import Command, Header, Reader
from pydist.binary.macho_signature import Signature, read_signature, signature_matches
from pydist.binary.macho_symbols import Export, Symbol, read_exports, read_symbols
from pydist.binary.span import Budget, Span

__all__ = ["Build", "CpuType", "Dylib", "FileType", "HeaderFlag", "Load", "MachO", "MachOInvalid", "Platform",
           "Section", "Segment", "Version"]  # fmt: skip


LC_SYMTAB, LC_SEGMENT, LC_SEGMENT_64, LC_UUID, LC_CODE_SIGNATURE, LC_MAIN = 0x2, 0x1, 0x19, 0x1B, 0x1D, 0x80000028
LC_ID_DYLIB, LC_LOAD_DYLINKER, LC_RPATH, LC_BUILD_VERSION = 0xD, 0xE, 0x8000001C, 0x32
LC_ENCRYPTION_INFO, LC_ENCRYPTION_INFO_64 = 0x21, 0x2C
LC_DYLD_INFO, LC_DYLD_INFO_ONLY, LC_DYLD_EXPORTS_TRIE = 0x22, 0x80000022, 0x80000033
_LOADS = {
    0xC: Load.NORMAL,
    0x80000018: Load.WEAK,
    0x8000001F: Load.REEXPORT,
    0x20: Load.LAZY,
    0x80000023: Load.UPWARD,
}
_VERSION_MIN = {0x24: Platform.MACOS, 0x25: Platform.IOS, 0x2F: Platform.TVOS, 0x30: Platform.WATCHOS}
_ZEROFILL = (0x1, 0xC, 0x12)  # section types without bytes in the file


@dataclass(frozen=True, slots=True, kw_only=True)
class MachO:
    """What the load commands of one slice say; `offset` and `size` are those of the slice in the file.

    `padding` is the bytes between the load commands and the first content, which is what changing install names and
    signing have room in; None for objects and where there is no content. `symbol_table` and `export_trie` are offsets
    and sizes in the slice.
    """

    offset: int
    size: int
    bits: int
    little_endian: bool
    cpu_type: int
    cpu_subtype: int
    type: int
    flags: HeaderFlag
    segments: tuple[Segment, ...]
    install_name: Dylib | None
    dylibs: tuple[Dylib, ...]
    rpaths: tuple[str, ...]
    dylinker: str | None
    builds: tuple[Build, ...]
    uuid: str | None
    padding: int | None
    signature: Signature | None
    encrypted: bool
    has_entry: bool
    symbol_table: tuple[int, int, int, int] | None
    export_trie: tuple[int, int] | None

    @classmethod
    def parse(cls, data: bytes | memoryview) -> tuple[MachO, ...]:
        """The facts of each slice; a file that is not universal has one. Raises `MachOInvalid`.

        A universal static library has slices that are no Mach-O files: see `pydist.binary.fat`.
        """
        view = memoryview(data)
        found = []
        for item in slices(view):
            macho = _Commands(Reader.open(view[item.offset : item.offset + item.size])).facts(item.offset)
            if item.cpu_type not in (None, macho.cpu_type):
                raise MachOInvalid(f"a slice for CPU type {item.cpu_type:#x} holds code for {macho.cpu_type:#x}")
            found.append(macho)
        return tuple(found)

    @property
    def two_level_namespace(self) -> bool:
        """Whether each symbol is looked up in one library, not in all that are loaded."""
        return HeaderFlag.TWOLEVEL in self.flags

    @property
    def pie(self) -> bool:
        return HeaderFlag.PIE in self.flags

    @property
    def build(self) -> Build | None:
        """The first of what it was built for; files for macOS and Catalyst at once have two."""
        return self.builds[0] if self.builds else None

    def symbols(self, data: bytes | memoryview) -> Iterator[Symbol]:
        """The symbols, without debugging ones, of `data`: all the bytes this was parsed from."""
        return read_symbols(self._reader(data), self.symbol_table)

    def exports(self, data: bytes | memoryview) -> Iterator[Export]:
        """What it offers to others, from the export trie of `data`. Objects and old files have none."""
        return read_exports(self._reader(data), self.export_trie)

    def signature_matches(self, data: bytes | memoryview) -> bool:
        """Whether the signed pages of `data` have the digests in the signature; False without a signature.

        A changed page ends a program when it is used: arm64 refuses to start it.
        """
        return self.signature is not None and signature_matches(self._reader(data).span, self.signature)

    def _reader(self, data: bytes | memoryview) -> Reader:
        return Reader.open(Span.of(data, MachOInvalid).part(self.offset, self.size, "the slice").view)


class _Commands:
    """Collects what one load command after the other says."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.budget = reader, Budget(MachOInvalid)
        self.segments: list[Segment] = []
        self.dylibs: list[Dylib] = []
        self.rpaths: list[str] = []
        self.builds: list[Build] = []
        self.install_name: Dylib | None = None
        self.dylinker: str | None = None
        self.uuid: str | None = None
        self.signature: Signature | None = None
        self.encrypted = self.has_entry = False
        self.symbol_table: tuple[int, int, int, int] | None = None
        self.export_trie: tuple[int, int] | None = None

    def facts(self, offset: int) -> MachO:
        header = self.reader.header()
        for command in self.reader.commands(header):
            self.take(command)
        return MachO(
            offset=offset,
            size=len(self.reader.span),
            bits=self.reader.bits,
            little_endian=self.reader.little,
            cpu_type=header.cpu_type,
            cpu_subtype=header.cpu_subtype & 0xFFFFFF,  # the highest byte tells abilities
            type=header.type,
            flags=HeaderFlag(header.flags),
            segments=tuple(self.segments),
            install_name=self.install_name,
            dylibs=tuple(self.dylibs),
            rpaths=tuple(self.rpaths),
            dylinker=self.dylinker,
            builds=tuple(self.builds),
            uuid=self.uuid,
            padding=self.padding(header),
            signature=self.signature,
            encrypted=self.encrypted,
            has_entry=self.has_entry,
            symbol_table=self.symbol_table,
            export_trie=self.export_trie,
        )

    def take(self, command: Command) -> None:
        number = command.number
        if number in _LOADS or number == LC_ID_DYLIB:
            self.take_dylib(command)
        elif number in _VERSION_MIN:
            self.builds.append(_build(_VERSION_MIN[number], *self.reader.numbers(command, "II")))
        elif number in _TAKERS:
            _TAKERS[number](self, command)

    def take_dylib(self, command: Command) -> None:
        name, _, current, compatibility = self.reader.numbers(command, "IIII")
        dylib = Dylib(
            name=self.reader.text(command, name, self.budget),
            load=_LOADS.get(command.number),
            current_version=Version.unpacked(current),
            compatibility_version=Version.unpacked(compatibility),
        )
        if dylib.load is None:
            self.install_name = dylib
        else:
            self.dylibs.append(dylib)

    def take_rpath(self, command: Command) -> None:
        self.rpaths.append(self.reader.text(command, self.reader.numbers(command, "I")[0], self.budget))

    def take_dylinker(self, command: Command) -> None:
        self.dylinker = self.reader.text(command, self.reader.numbers(command, "I")[0], self.budget)

    def take_build(self, command: Command) -> None:
        self.builds.append(_build(*self.reader.numbers(command, "III")))

    def take_uuid(self, command: Command) -> None:
        self.uuid = command.body.bytes_at(8, 16, command.body.what).hex()

    def take_signature(self, command: Command) -> None:
        offset, size = self.reader.numbers(command, "II")
        self.signature = read_signature(self.reader.span, offset, size, self.budget)

    def take_encryption(self, command: Command) -> None:
        self.encrypted |= self.reader.numbers(command, "III")[2] != 0

    def take_symbols(self, command: Command) -> None:
        symbols, count, strings, size = self.reader.numbers(command, "IIII")
        self.symbol_table = (symbols, count, strings, size)

    def take_info(self, command: Command) -> None:
        *_, offset, size = self.reader.numbers(command, "10I")
        self.export_trie = (offset, size)

    def take_trie(self, command: Command) -> None:
        offset, size = self.reader.numbers(command, "II")
        self.export_trie = (offset, size)

    def take_entry(self, _command: Command) -> None:
        self.has_entry = True

    def take_segment(self, command: Command) -> None:
        self.segments.append(self.segment(command))

    def segment(self, command: Command) -> Segment:
        form = self.reader.form("16sIIIIiiII", "16sQQQQiiII")
        body = command.body
        name, address, memory, offset, size, maximum, initial, count, _ = body.unpack(form, 8, body.what)
        rows = body.rows(
            self.reader.form("16s16sIIIIIIIII", "16s16sQQIIIIIIII"), 8 + form.size, count, f"sections of {body.what}"
        )
        return Segment(
            name=_name(name),
            address=address,
            memory_size=memory,
            offset=offset,
            size=size,
            maximum_protection=maximum & 7,
            initial_protection=initial & 7,
            sections=tuple(
                Section(
                    name=_name(row[0]),
                    segment=_name(row[1]),
                    address=row[2],
                    size=row[3],
                    offset=row[4],
                    type=row[8] & 0xFF,
                    flags=row[8],
                )
                for row in rows
            ),
        )

    def padding(self, header: Header) -> int | None:
        if header.type == FileType.OBJECT:
            return None
        end = self.reader.header_size + header.commands_size
        starts = [
            section.offset
            for segment in self.segments
            for section in segment.sections
            if section.offset and section.size and section.type not in _ZEROFILL
        ]
        starts += [segment.offset for segment in self.segments if segment.offset and segment.size]
        return max(0, min(starts) - end) if starts else None


_TAKERS: dict[int, Callable[[_Commands, Command], None]] = {
    LC_SEGMENT: _Commands.take_segment,
    LC_SEGMENT_64: _Commands.take_segment,
    LC_SYMTAB: _Commands.take_symbols,
    LC_UUID: _Commands.take_uuid,
    LC_RPATH: _Commands.take_rpath,
    LC_LOAD_DYLINKER: _Commands.take_dylinker,
    LC_BUILD_VERSION: _Commands.take_build,
    LC_CODE_SIGNATURE: _Commands.take_signature,
    LC_ENCRYPTION_INFO: _Commands.take_encryption,
    LC_ENCRYPTION_INFO_64: _Commands.take_encryption,
    LC_DYLD_INFO: _Commands.take_info,
    LC_DYLD_INFO_ONLY: _Commands.take_info,
    LC_DYLD_EXPORTS_TRIE: _Commands.take_trie,
    LC_MAIN: _Commands.take_entry,
}


def _build(platform: int, minimum: int, sdk: int) -> Build:
    return Build(platform=platform, minimum_os=Version.unpacked(minimum), sdk=Version.unpacked(sdk))


def _name(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "replace")
