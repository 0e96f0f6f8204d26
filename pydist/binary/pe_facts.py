"""What is known of parts of a PE file: the words of `pydist.binary.pe`.

Invariant: plain data; numbers that have no name here stay numbers.
Source: Microsoft's PE format specification, sections "COFF File Header" to "Delay-Load Import Tables".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

__all__ = ["Certificate", "Characteristic", "DllCharacteristic", "Export", "Function", "GuardFlag", "Import",
           "Machine", "Pdb", "Section", "Subsystem"]  # fmt: skip


class Machine(IntEnum):
    """Machine of the architectures that targets have; ARM64EC and ARM64X run beside x86-64 code."""

    I386 = 0x14C
    ARMNT = 0x1C4
    AMD64 = 0x8664
    ARM64 = 0xAA64
    ARM64EC = 0xA641
    ARM64X = 0xA64E


class Characteristic(IntFlag):
    """Characteristics of the file header that judging looks at."""

    RELOCS_STRIPPED = 0x1
    EXECUTABLE_IMAGE = 0x2
    LARGE_ADDRESS_AWARE = 0x20
    DLL = 0x2000


class DllCharacteristic(IntFlag):
    """DllCharacteristics: what the loader may do with the image."""

    HIGH_ENTROPY_VA = 0x20
    DYNAMIC_BASE = 0x40
    FORCE_INTEGRITY = 0x80
    NX_COMPAT = 0x100
    NO_ISOLATION = 0x200
    NO_SEH = 0x400
    NO_BIND = 0x800
    APPCONTAINER = 0x1000
    WDM_DRIVER = 0x2000
    GUARD_CF = 0x4000
    TERMINAL_SERVER_AWARE = 0x8000


class Subsystem(IntEnum):
    """Subsystem: what kind of program it is."""

    NATIVE = 1
    WINDOWS_GUI = 2
    WINDOWS_CUI = 3
    EFI_APPLICATION = 10


class GuardFlag(IntFlag):
    """GuardFlags of the load configuration."""

    CF_INSTRUMENTED = 0x100
    CF_FUNCTION_TABLE_PRESENT = 0x400
    EH_CONTINUATION_TABLE_PRESENT = 0x400000


_EXECUTE, _WRITE = 0x20000000, 0x80000000


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section header; addresses are relative to the image base, sizes in bytes."""

    name: str
    address: int
    memory_size: int
    offset: int
    size: int
    characteristics: int

    @property
    def writable_and_executable(self) -> bool:
        """Whether code mapped by it can be changed."""
        return self.characteristics & (_WRITE | _EXECUTE) == _WRITE | _EXECUTE


@dataclass(frozen=True, slots=True)
class Function:
    """A function of an import: its name, or its ordinal where it has none."""

    name: str | None
    ordinal: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A library that is loaded at once, or (`delayed`) with the first call into it."""

    library: str
    functions: tuple[Function, ...]
    delayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What it offers: by name, or by ordinal alone. A forwarder is `LIBRARY.name` of where it really is."""

    name: str | None
    ordinal: int
    address: int
    forwarder: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """An entry of the certificate table; type 2 is PKCS#7 (Authenticode). Not judged, only found."""

    revision: int
    type: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdb:
    """Where the linker left debugging information, and what tells whether a file there belongs to this one."""

    path: str
    guid: str
    age: int
