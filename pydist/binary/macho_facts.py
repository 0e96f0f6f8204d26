"""What is known of parts of a Mach-O file: the words of `pydist.binary.macho`.

Invariant: plain data; numbers that have no name here stay numbers.
Source: <mach-o/loader.h>, <mach/machine.h>.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, IntFlag
from typing import NamedTuple

__all__ = ["Build", "CpuType", "Dylib", "FileType", "HeaderFlag", "Load", "Platform", "Section", "Segment", "Version"]

_WRITE, _EXECUTE = 2, 4


class CpuType(IntEnum):
    """cputype of the architectures that targets have or had."""

    I386 = 7
    ARM = 12
    POWERPC = 18
    X86_64 = 0x01000007
    ARM64 = 0x0100000C
    ARM64_32 = 0x0200000C


class FileType(IntEnum):
    """filetype."""

    OBJECT = 1
    EXECUTE = 2
    CORE = 4
    DYLIB = 6
    DYLINKER = 7
    BUNDLE = 8
    DYLIB_STUB = 9
    DSYM = 10


class HeaderFlag(IntFlag):
    """flags of the header that judging looks at."""

    NOUNDEFS = 0x1
    DYLDLINK = 0x4
    TWOLEVEL = 0x80
    ALLOW_STACK_EXECUTION = 0x20000
    PIE = 0x200000
    NO_HEAP_EXECUTION = 0x1000000


class Platform(IntEnum):
    """platform of LC_BUILD_VERSION."""

    MACOS = 1
    IOS = 2
    TVOS = 3
    WATCHOS = 4
    MACCATALYST = 6
    IOSSIMULATOR = 7


class Load(Enum):
    """How a library is loaded: required, with others' symbols passed on, absent without harm, …"""

    NORMAL = "normal"
    WEAK = "weak"
    REEXPORT = "reexport"
    LAZY = "lazy"
    UPWARD = "upward"


class Version(NamedTuple):
    """xxxx.yy.zz packed into 32 bits; compares as it should."""

    major: int
    minor: int
    patch: int

    @classmethod
    def unpacked(cls, value: int) -> Version:
        return cls(value >> 16, value >> 8 & 0xFF, value & 0xFF)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}" + (f".{self.patch}" if self.patch else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dylib:
    """A library that is loaded (`load`), or the install name and the versions of this one (`load` is None)."""

    name: str
    load: Load | None
    current_version: Version
    compatibility_version: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What it was built for. `platform` is a `Platform` or a number that is none; SDK 0.0 means none is known."""

    platform: int
    minimum_os: Version
    sdk: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section; `type` is the low byte of its flags."""

    name: str
    segment: str
    address: int
    offset: int
    size: int
    type: int
    flags: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A segment; protections are bits: 1 read, 2 write, 4 execute."""

    name: str
    address: int
    memory_size: int
    offset: int
    size: int
    maximum_protection: int
    initial_protection: int
    sections: tuple[Section, ...]

    @property
    def writable_and_executable(self) -> bool:
        """Whether code mapped by it can be changed."""
        return self.initial_protection & (_WRITE | _EXECUTE) == _WRITE | _EXECUTE
