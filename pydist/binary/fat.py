"""The slices of a universal ("fat") file: one Mach-O file or static library for each kind of processor.

Invariant: slices lie inside the file and share no byte, so that reading all of them costs no more than the file.
Source: <mach-o/fat.h>.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pydist.binary.span import Span
from pydist.errors import InputError

__all__ = ["FAT_MAGICS", "MOST_SLICES", "MachOInvalid", "Slice", "slices"]

FAT_MAGICS = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
_NARROW, _WIDE = struct.Struct(">IIIII"), struct.Struct(">IIQQII")
MOST_SLICES = 44  # a Java class begins the same way and has its format's version, 45 or more, where the count is


class MachOInvalid(InputError):
    """The bytes are not a well-formed Mach-O or universal file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of a universal file; `offset` and `size` in bytes. Any file is the only slice of itself: without CPU."""

    cpu_type: int | None
    cpu_subtype: int | None
    offset: int
    size: int


def slices(data: bytes | memoryview) -> tuple[Slice, ...]:
    """The slices in the order of the file's table. Raises `MachOInvalid`."""
    span = Span.of(data, MachOInvalid)
    magic = bytes(span.view[:4])
    if magic not in FAT_MAGICS:
        return (Slice(cpu_type=None, cpu_subtype=None, offset=0, size=len(span)),)
    count = int.from_bytes(span.bytes_at(4, 4, "the number of slices"), "big")
    if not 0 < count <= MOST_SLICES:
        raise MachOInvalid(f"a universal file of {count} slices, expected 1 to {MOST_SLICES}")
    form = _NARROW if magic == FAT_MAGICS[0] else _WIDE
    found = []
    for number, (cpu_type, cpu_subtype, offset, size, *_) in enumerate(span.rows(form, 8, count, "the slices' table")):
        span.part(offset, size, f"slice {number}")
        found.append(Slice(cpu_type=cpu_type, cpu_subtype=cpu_subtype, offset=offset, size=size))
    end = 8 + count * form.size
    for item in sorted(found, key=lambda item: item.offset):
        if item.offset < end:
            raise MachOInvalid(f"the slice at {item.offset:,} begins before the one in front of it ends at {end:,}")
        end = item.offset + item.size
    return tuple(found)
