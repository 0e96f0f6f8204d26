"""What a file is, by its first bytes.

Invariant: the answer depends on content alone and never raises; a wrong guess is possible (`OTHER` data can begin like
COFF), so readers still check everything they use.
"""

from __future__ import annotations

from enum import StrEnum

from pydist.binary.fat import FAT_MAGICS, MOST_SLICES
from pydist.binary.pdb import PDB_MAGIC

__all__ = ["HEAD_SIZE", "Kind", "is_portable", "kind_of", "program_words"]

HEAD_SIZE = 512  # bytes that are enough for every kind


class Kind(StrEnum):
    """Formats that distributions contain or come in."""

    ELF = "elf"
    MACHO = "macho"
    PE = "pe"
    COFF = "coff"
    PDB = "pdb"
    BITCODE = "bitcode"
    AR = "ar"
    GZIP = "gzip"
    ZSTD = "zstd"
    XZ = "xz"
    TAR = "tar"
    SCRIPT = "script"
    OTHER = "other"


_MAGICS = (
    (b"\x7fELF", Kind.ELF),
    (b"\xcf\xfa\xed\xfe", Kind.MACHO),
    (b"\xce\xfa\xed\xfe", Kind.MACHO),
    (b"\xfe\xed\xfa\xcf", Kind.MACHO),
    (b"\xfe\xed\xfa\xce", Kind.MACHO),
    (b"BC\xc0\xde", Kind.BITCODE),
    (b"\xde\xc0\x17\x0b", Kind.BITCODE),  # the wrapper that Apple's tools write
    (b"!<arch>\n", Kind.AR),
    (b"!<thin>\n", Kind.AR),
    (b"\x1f\x8b", Kind.GZIP),
    (b"\x28\xb5\x2f\xfd", Kind.ZSTD),
    (b"\xfd7zXZ\x00", Kind.XZ),
    (b"MZ", Kind.PE),
    (b"#!", Kind.SCRIPT),
    (b"\x00\x00\xff\xff", Kind.COFF),  # /bigobj, members of import libraries
    (PDB_MAGIC, Kind.PDB),
)
_PORTABLE = (b"MZqFpD", b"jartsr")  # Actually Portable Executables: Cosmopolitan's programs for all systems
_PROGRAMS = {
    Kind.ELF: "an ELF program or library",
    Kind.PE: "a program for Windows",
    Kind.MACHO: "a program for macOS",
    Kind.SCRIPT: "a script",
}
_COFF_MACHINES = (b"\x64\x86", b"\x4c\x01", b"\x64\xaa", b"\xc4\x01", b"\x41\xa6")
_FEW_SECTIONS = 0x1000  # objects with a section per function have more, with a name of a section behind the header


def kind_of(head: bytes) -> Kind:
    """The kind of a file that begins with `head` (give `HEAD_SIZE` bytes, or all there are)."""
    for magic, kind in _MAGICS:
        if head.startswith(magic):
            return kind
    # Universal Mach-O counts its slices where Java classes, with the same magic, have a version of 45 or more.
    if head[:4] in FAT_MAGICS and 0 < int.from_bytes(head[4:8], "big") <= MOST_SLICES:
        return Kind.MACHO
    if head[257:262] == b"ustar":
        return Kind.TAR
    if _is_object(head):
        return Kind.COFF
    return Kind.OTHER


def is_portable(head: bytes) -> bool:
    """Whether it is a Cosmopolitan program, whose kind is PE or OTHER."""
    return head.startswith(_PORTABLE)


def program_words(head: bytes) -> str | None:
    """What a file that begins with `head` is, in words; None for what is no program."""
    if is_portable(head):
        return "a Cosmopolitan program for all systems at once (APE)"
    return _PROGRAMS.get(kind_of(head))


def _is_object(head: bytes) -> bool:
    """Whether it is a COFF object: a machine, sections, no optional header (PE/COFF specification, section 3.3)."""
    if len(head) < 20 or head[:2] not in _COFF_MACHINES or head[16:18] != b"\0\0":
        return False
    return int.from_bytes(head[2:4], "little") < _FEW_SECTIONS or head[20:21] in (b".", b"/")
