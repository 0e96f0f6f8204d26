"""The bytes of Mach-O structures, for both sizes and both byte orders; `pydist.binary.macho` gives them meaning.

Invariant: nothing outside the slice is touched, load commands do not overlap, and no table is larger than the slice.
Source: <mach-o/loader.h>, <mach-o/nlist.h>.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pydist.binary.fat import MachOInvalid
from pydist.binary.span import Budget, Span

__all__ = ["Command", "Header", "Reader"]

_MAGICS = {
    b"\xcf\xfa\xed\xfe": (64, True),
    b"\xce\xfa\xed\xfe": (32, True),
    b"\xfe\xed\xfa\xcf": (64, False),
    b"\xfe\xed\xfa\xce": (32, False),
}
_COMMANDS = 1 << 16  # load commands; real files have some dozens
_COMMAND_BYTES = 16 << 20  # bytes of all of them; a file with a section per function stays below one MiB


@dataclass(frozen=True, slots=True)
class Header:
    """The file header."""

    cpu_type: int
    cpu_subtype: int
    type: int
    commands: int
    commands_size: int
    flags: int


@dataclass(frozen=True, slots=True)
class Command:
    """One load command; `body` begins with its number and its size, as offsets in it are counted from there."""

    number: int
    body: Span


@dataclass(frozen=True, slots=True)
class Reader:
    """Bounds-checked access to the structures of one slice."""

    span: Span
    bits: int
    little: bool

    @classmethod
    def open(cls, data: bytes | memoryview) -> Reader:
        span = Span.of(data, MachOInvalid)
        known = _MAGICS.get(bytes(span.view[:4]))
        if known is None:
            raise MachOInvalid("not a Mach-O file: it begins with none of its four magic numbers")
        return cls(span, *known)

    def form(self, narrow: str, wide: str | None = None) -> struct.Struct:
        """A structure in this file's byte order; `wide` where 64-bit files have another one."""
        return struct.Struct(("<" if self.little else ">") + (wide if wide and self.bits == 64 else narrow))

    @property
    def header_size(self) -> int:
        return 32 if self.bits == 64 else 28

    def header(self) -> Header:
        return Header(*self.span.unpack(self.form("IIIIII"), 4, "the header"))

    def commands(self, header: Header) -> Iterator[Command]:
        """The load commands in order."""
        if header.commands > _COMMANDS or header.commands_size > _COMMAND_BYTES:
            raise MachOInvalid(f"{header.commands:,} load commands of {header.commands_size:,} bytes are too many")
        table = self.span.part(self.header_size, header.commands_size, "the load commands")
        form, position = self.form("II"), 0
        for index in range(header.commands):
            number, size = table.unpack(form, position, f"load command {index}")
            if size < form.size:
                raise MachOInvalid(f"load command {index} has {size} bytes, expected at least {form.size}")
            yield Command(number, table.part(position, size, f"load command {index} ({number:#x})"))
            position += size

    def numbers(self, command: Command, narrow: str, wide: str | None = None) -> tuple[int, ...]:
        """The fields of `command` behind its number and its size."""
        return command.body.unpack(self.form(narrow, wide), 8, command.body.what)

    def text(self, command: Command, offset: int, budget: Budget) -> str:
        """The text at `offset` of `command`."""
        return command.body.text(offset, budget, command.body.what)
