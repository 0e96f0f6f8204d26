"""Makes what the objects of a static library define invisible outside of whatever they are linked into.

A flag cannot do that for all of them: assembler does not know it, and headers of many libraries ask for default
visibility. The linker takes the narrowest visibility of a symbol's definitions and references.

Invariant: one byte per symbol changes and nothing moves, so a library's index stays right.
Source: System V ABI, "Symbol Table" (st_other).
"""

from __future__ import annotations

from pydist.binary.ar import members
from pydist.binary.elf import SHT_SYMTAB, ElfFile, ElfInvalid
from pydist.binary.kind import Kind, kind_of

__all__ = ["hide_symbols"]

_GLOBAL, _WEAK = 1, 2
_DEFAULT, _HIDDEN = 0, 2
_ENTRY = {32: (16, 12), 64: (24, 4)}
"""Size of an entry and place of st_info in it; st_other and st_shndx follow."""


def hide_symbols(library: bytearray) -> int:
    """Change `library`, a static library of ELF objects, in place; the number of symbols that are hidden now.

    Members that are no ELF files stay as they are. Raises `ArInvalid` or `ElfInvalid` for a damaged one.
    """
    return sum(_hide(member) for _, member in members(memoryview(library)) if kind_of(bytes(member[:64])) is Kind.ELF)


def _hide(member: memoryview) -> int:
    elf = ElfFile.parse(member)
    table = next((section for section in elf.sections if section.type == SHT_SYMTAB), None)
    if table is None:
        return 0
    size, info = _ENTRY[elf.bits]
    if table.offset + table.size > len(member) or table.size % size:
        raise ElfInvalid(f"a symbol table of {table.size} bytes at {table.offset} in a file of {len(member)}")
    hidden = 0
    for entry in range(table.offset, table.offset + table.size, size):
        binding, other = member[entry + info] >> 4, member[entry + info + 1]
        defined = member[entry + info + 2] or member[entry + info + 3]
        if binding in (_GLOBAL, _WEAK) and defined and other & 3 == _DEFAULT:
            member[entry + info + 1] = other & ~3 | _HIDDEN
            hidden += 1
    return hidden
