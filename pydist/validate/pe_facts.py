"""What judging needs to know of one PE file, and of the import libraries that others are linked with.

Invariant: what is kept is small whatever the size of the file; every name that is kept is paid for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pydist.binary.pe import Characteristic, DllCharacteristic, GuardFlag, LoadConfig, Pdb, Pe
from pydist.binary.pe_sums import PeSums

__all__ = ["ImportedNames", "Needed", "PeFacts", "examine_pe"]

_LONG_PATHS = re.compile(r"<(?:\w+:)?longPathAware\b[^>]*>\s*true\s*<", re.IGNORECASE)
_WINDOWS_10 = "{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"  # and newer, which have no number of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """A library and the functions that are used of it, `#7` for the one with the number 7."""

    library: str
    functions: frozenset[str]
    delayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedNames:
    """What an import library offers of one library, by name, for one machine; `member` is where it says so."""

    member: str
    machine: int
    library: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeFacts:
    """One program or DLL.

    `exports` are names and, for what has none, numbers such as `#7`; `forwarded` those that are passed on, each with
    where they are: `LIBRARY.name`. `system` is the oldest Windows that it runs on, `writable_code` names of sections.
    `checksum` is what the header says, 0 for nothing, `summed` what it should say. `certified` tells whether a
    certificate was made for these bytes; None without one. `long_paths` and `windows_10` are what its manifest says
    that it works with.
    """

    machine: int
    bits: int
    characteristics: Characteristic
    dll_characteristics: DllCharacteristic
    subsystem: int
    system: tuple[int, int]
    code: bool
    name: str | None
    writable_code: tuple[str, ...]
    needed: tuple[Needed, ...]
    exports: frozenset[str]
    forwarded: tuple[tuple[str, str], ...]
    pdb: Pdb | None
    load_config: LoadConfig | None
    checksum: int
    summed: int
    certified: bool | None
    long_paths: bool = False
    windows_10: bool = False

    @property
    def guarded(self) -> bool:
        """Whether targets of indirect calls are checked: asked for, compiled in, and listed."""
        wanted = GuardFlag.CF_INSTRUMENTED | GuardFlag.CF_FUNCTION_TABLE_PRESENT
        flags = self.load_config.guard_flags if self.load_config is not None else GuardFlag(0)
        return DllCharacteristic.GUARD_CF in self.dll_characteristics and wanted in flags

    @property
    def is_dll(self) -> bool:
        return Characteristic.DLL in self.characteristics


def examine_pe(data: bytes, take: Callable[[str], str]) -> PeFacts:
    """The facts of a file. `take` pays for a name that is kept. Raises `PeInvalid`."""
    pe, sums = Pe.parse(data), PeSums.of(data)
    return PeFacts(
        machine=pe.machine,
        bits=pe.bits,
        characteristics=pe.characteristics,
        dll_characteristics=pe.dll_characteristics,
        subsystem=pe.subsystem,
        system=pe.subsystem_version,
        code=pe.entry != 0,
        name=pe.name,
        writable_code=tuple(section.name for section in pe.sections if section.writable_and_executable),
        needed=tuple(
            Needed(
                library=item.library,
                functions=frozenset(take(function.name or f"#{function.ordinal}") for function in item.functions),
                delayed=item.delayed,
            )
            for item in pe.imports
        ),
        # A name says more than a number, and all that have a name can be had by number, too.
        exports=frozenset(
            take(name)
            for item in pe.exports
            for name in ((item.name, f"#{item.ordinal}") if item.name else (f"#{item.ordinal}",))
        ),
        forwarded=tuple(
            (take(item.name or f"#{item.ordinal}"), take(item.forwarder)) for item in pe.exports if item.forwarder
        ),
        pdb=pe.debug.pdb,
        load_config=pe.load_config,
        checksum=pe.checksum,
        summed=sums.checksum() if pe.checksum else 0,
        certified=sums.certified() if pe.certificates else None,
        long_paths=_LONG_PATHS.search(pe.manifest or "") is not None,
        windows_10=_WINDOWS_10 in (pe.manifest or "").lower(),
    )
