"""What processor an ELF file is for: its machine, size and byte order together.

Invariant: a name that `Arch` has means the same processor there.
Source: System V gABI, table of e_machine; Linux, include/uapi/linux/elf-em.h.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Machine", "machine_name", "processor"]


class Machine(IntEnum):
    """e_machine of the processors that Linux distributions are, or were, made for."""

    SPARC = 2
    I386 = 3
    M68K = 4
    MIPS = 8
    PARISC = 15
    PPC = 20
    PPC64 = 21
    S390 = 22
    ARM = 40
    SH = 42
    SPARCV9 = 43
    IA64 = 50
    X86_64 = 62
    AARCH64 = 183
    RISCV = 243
    LOONGARCH = 258


_LITTLE, _BIG = True, False
_PROCESSORS: dict[tuple[int, int, bool], str] = {  # machine, bits, byte order
    (Machine.X86_64, 64, _LITTLE): "x86_64",
    (Machine.X86_64, 32, _LITTLE): "x32",
    (Machine.I386, 32, _LITTLE): "i686",
    (Machine.AARCH64, 64, _LITTLE): "aarch64",
    (Machine.AARCH64, 64, _BIG): "aarch64_be",
    (Machine.ARM, 32, _LITTLE): "armv7",  # older ones look alike
    (Machine.ARM, 32, _BIG): "armeb",
    (Machine.PPC64, 64, _LITTLE): "ppc64le",
    (Machine.PPC64, 64, _BIG): "ppc64",
    (Machine.PPC, 32, _BIG): "ppc",
    (Machine.RISCV, 64, _LITTLE): "riscv64",
    (Machine.RISCV, 32, _LITTLE): "riscv32",
    (Machine.LOONGARCH, 64, _LITTLE): "loongarch64",
    (Machine.LOONGARCH, 32, _LITTLE): "loongarch32",
    (Machine.MIPS, 64, _LITTLE): "mips64el",
    (Machine.MIPS, 64, _BIG): "mips64",
    (Machine.MIPS, 32, _LITTLE): "mipsel",
    (Machine.MIPS, 32, _BIG): "mips",
    (Machine.S390, 64, _BIG): "s390x",
    (Machine.S390, 32, _BIG): "s390",
    (Machine.SPARCV9, 64, _BIG): "sparc64",
    (Machine.SPARC, 32, _BIG): "sparc",
    (Machine.IA64, 64, _LITTLE): "ia64",
    (Machine.M68K, 32, _BIG): "m68k",
    (Machine.PARISC, 32, _BIG): "hppa",
    (Machine.SH, 32, _LITTLE): "sh4",
}


def processor(machine: int, bits: int, little: bool) -> str | None:
    """The processor as triples name it, `ppc64le`; None for one that is not in the table.

    >>> processor(21, 64, True), processor(21, 64, False), processor(9999, 64, True)
    ('ppc64le', 'ppc64', None)
    """
    return _PROCESSORS.get((machine, bits, little))


def machine_name(machine: int, bits: int, little: bool) -> str:
    """The processor in words, whatever it is.

    >>> machine_name(21, 64, False), machine_name(9999, 32, True)
    ('ppc64 (64-bit big-endian machine 21)', '32-bit little-endian machine 9999')
    """
    numbers = f"{bits}-bit {'little' if little else 'big'}-endian machine {machine}"
    name = processor(machine, bits, little)
    return numbers if name is None else f"{name} ({numbers})"
