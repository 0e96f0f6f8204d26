"""Notes that linkers leave in a file: what they promise about its code (GNU properties), and its build-id.

Invariant: an absent or foreign note promises nothing; damaged properties are `ElfInvalid`.
Source: Linux Extensions to gABI, section "Program Property"; x86-64 psABI 1.0, table 5.2; AArch64 ELF ABI, 2024Q3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pydist.binary.elf_read import ElfInvalid

__all__ = ["IBT_AND_SHSTK", "Properties", "read_build_id", "read_properties"]

IBT_AND_SHSTK = 3  # of X86_FEATURE_1_AND: indirect branch tracking, shadow stack
_NT_GNU_BUILD_ID, _NT_GNU_PROPERTY_TYPE_0 = 3, 5
_AARCH64_FEATURE_1_AND, _X86_FEATURE_1_AND, _X86_ISA_1_NEEDED = 0xC0000000, 0xC0000002, 0xC0008002


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """Bits of FEATURE_1_AND of the processor (x86: 1 IBT, 2 SHSTK; AArch64: 1 BTI, 2 PAC) and of X86_ISA_1_NEEDED
    (1 baseline, 2 v2, 4 v3, 8 v4); None where nothing is said."""

    x86_features: int | None = None
    arm_features: int | None = None
    x86_needed: int | None = None

    @property
    def level(self) -> int | None:
        """The x86-64 micro-architecture level that is needed, 1 to 4."""
        return self.x86_needed.bit_length() if self.x86_needed else None


def read_properties(data: bytes, *, bits: int, little: bool) -> Properties:
    """The properties in `data`, the content of a PT_GNU_PROPERTY segment."""
    order, align = "<" if little else ">", bits // 8
    values: dict[int, int] = {}
    position = 0
    while position + 12 <= len(data):
        name_size, size, kind = struct.unpack_from(f"{order}III", data, position)
        name_at = position + 12
        start = _up(name_at + name_size, align)
        end = start + size
        if end > len(data):
            raise ElfInvalid(f"a note of {size} bytes at {position} in a segment of {len(data)} bytes")
        if kind == _NT_GNU_PROPERTY_TYPE_0 and data[name_at : name_at + name_size] == b"GNU\0":
            while start + 8 <= end:
                what, length = struct.unpack_from(f"{order}II", data, start)
                if start + 8 + length > end:
                    raise ElfInvalid(f"a property of {length} bytes exceeds its note of {size} bytes")
                if length == 4:
                    values[what] = struct.unpack_from(f"{order}I", data, start + 8)[0]
                start = _up(start + 8 + length, align)
        position = _up(end, align)
    return Properties(
        x86_features=values.get(_X86_FEATURE_1_AND),
        arm_features=values.get(_AARCH64_FEATURE_1_AND),
        x86_needed=values.get(_X86_ISA_1_NEEDED),
    )


def read_build_id(data: bytes, *, little: bool) -> str | None:
    """The first build-id, in hexadecimal, of `data`: the content of a PT_NOTE segment or a note section.

    Notes of a segment that older linkers aligned in another way than it says end the search; they are no damage.
    """
    form = struct.Struct("<III" if little else ">III")
    position = 0
    while position + form.size <= len(data):
        name_size, size, kind = form.unpack_from(data, position)
        start = position + form.size + _up(name_size, 4)
        if start + size > len(data):
            return None
        if kind == _NT_GNU_BUILD_ID and size and data[position + form.size :][:name_size] == b"GNU\0":
            return data[start : start + size].hex()
        position = start + _up(size, 4)
    return None


def _up(value: int, align: int) -> int:
    return -(-value // align) * align
