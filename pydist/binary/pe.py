"""Facts about a PE file (a program or a DLL of Windows), read from bytes that may be hostile.

Invariant: `Pe.parse` returns facts or raises `PeInvalid`; every offset and address is checked against the bytes there
are, and the number of functions and the size of all names are bounded.
Source: Microsoft's PE format specification.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydist.binary.pe_extras import Debug, LoadConfig, read_certificates, read_debug, read_load_config
from pydist.binary.pe_facts import (
    Certificate,
    Characteristic,
    DllCharacteristic,
    Export,
    Function,
    GuardFlag,
    Import,
    Machine,
    Pdb,
    Section,
    Subsystem,
)
from pydist.binary.pe_read import PeInvalid, open_pe
from pydist.binary.pe_resources import read_manifest
from pydist.binary.pe_tables import read_exports, read_imports
from pydist.binary.span import Span

__all__ = [
    "Certificate",
    "Characteristic",
    "Debug",
    "DllCharacteristic",
    "Export",
    "Function",
    "GuardFlag",
    "Import",
    "LoadConfig",
    "Machine",
    "Pdb",
    "Pe",
    "PeInvalid",
    "Section",
    "Subsystem",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pe:
    """What the headers and tables of a file say.

    `machine` and `subsystem` are members of the enumerations or numbers that are none; `bits` is 32 (PE32) or
    64 (PE32+); versions are major and minor; `name` is what a DLL was linked as, `manifest` the text of the application
    manifest; `timestamp` is seconds since 1970 unless `debug.reproducible`. `sections` are sorted by address.
    """

    machine: int
    bits: int
    timestamp: int
    characteristics: Characteristic
    linker_version: tuple[int, int]
    os_version: tuple[int, int]
    image_version: tuple[int, int]
    subsystem: int
    subsystem_version: tuple[int, int]
    dll_characteristics: DllCharacteristic
    entry: int
    image_base: int
    image_size: int
    checksum: int
    sections: tuple[Section, ...]
    name: str | None
    imports: tuple[Import, ...]
    exports: tuple[Export, ...]
    certificates: tuple[Certificate, ...]
    debug: Debug
    load_config: LoadConfig | None
    manifest: str | None

    @classmethod
    def parse(cls, data: bytes | memoryview) -> Pe:
        """Read the facts. Raises `PeInvalid` on any inconsistency."""
        span = Span.of(data, PeInvalid)
        header, optional, layout = open_pe(span)
        name, exports = read_exports(layout, optional)
        return cls(
            machine=header.machine,
            bits=optional.bits,
            timestamp=header.timestamp,
            characteristics=Characteristic(header.characteristics),
            linker_version=optional.linker_version,
            os_version=optional.os_version,
            image_version=optional.image_version,
            subsystem=optional.subsystem,
            subsystem_version=optional.subsystem_version,
            dll_characteristics=DllCharacteristic(optional.dll_characteristics),
            entry=optional.entry,
            image_base=optional.image_base,
            image_size=optional.image_size,
            checksum=optional.checksum,
            sections=layout.sections,
            name=name,
            imports=read_imports(layout, optional),
            exports=exports,
            certificates=read_certificates(span, optional),
            debug=read_debug(layout, optional),
            load_config=read_load_config(layout, optional),
            manifest=read_manifest(layout, optional),
        )

    @property
    def is_dll(self) -> bool:
        return Characteristic.DLL in self.characteristics

    @property
    def aslr(self) -> bool:
        """Whether it is loaded at an address that is not known before."""
        moves = Characteristic.RELOCS_STRIPPED not in self.characteristics
        return moves and DllCharacteristic.DYNAMIC_BASE in self.dll_characteristics

    @property
    def dep(self) -> bool:
        """Whether data is never executed; Windows enforces it for 64-bit processes anyway."""
        return DllCharacteristic.NX_COMPAT in self.dll_characteristics

    @property
    def control_flow_guard(self) -> bool:
        """Whether indirect calls are checked: asked for, and compiled in."""
        compiled = self.load_config is not None and GuardFlag.CF_INSTRUMENTED in self.load_config.guard_flags
        return compiled and DllCharacteristic.GUARD_CF in self.dll_characteristics

    @property
    def signed(self) -> bool:
        """Whether there is a certificate; not whether it is good."""
        return bool(self.certificates)
