"""What linkers add to a PE file beside its code: debug directory, load configuration, certificates.

Invariant: nothing is followed out of the file; a certificate is found, not judged.
Source: Microsoft's PE format specification, sections "Debug Directory", "Load Configuration" and "Attribute
Certificate Table"; "RSDS" and "NB10" as in the documentation of CodeView.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass

from pydist.binary.pe_facts import Certificate, GuardFlag, Pdb
from pydist.binary.pe_read import Layout, OptionalHeader, PeInvalid
from pydist.binary.span import Span

__all__ = ["Debug", "LoadConfig", "read_certificates", "read_debug", "read_load_config"]

_CERTIFICATES, _DEBUG, _LOAD_CONFIG = 4, 6, 10
_ENTRY = struct.Struct("<IIHHIIII")
_CODEVIEW, _REPRODUCIBLE, _EXTENDED = 2, 16, 20
_SHADOW_STACK = 1
_ENTRIES = 256  # of the debug directory; real files have at most about six
_PLACES = {32: (54, 60, 64, 84, 88, "I"), 64: (78, 88, 96, 136, 144, "Q")}
"""Of DependentLoadFlags, SecurityCookie, SEHandlerTable, GuardCFFunctionCount, GuardFlags; form of an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debug:
    """What the debug directory says. `reproducible`: time stamps are digests of the content.

    `shadow_stack`: it works with a processor that checks return addresses (CET).
    """

    pdb: Pdb | None = None
    reproducible: bool = False
    shadow_stack: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadConfig:
    """The load configuration. `guarded_functions` is the number of allowed targets of indirect calls.

    `load_flags` narrows down the folders that libraries are looked for in; `security_cookie` tells whether overflows
    of buffers on the stack are noticed, `safe_handlers` whether 32-bit code lists its exception handlers.
    """

    guard_flags: GuardFlag
    guarded_functions: int
    security_cookie: bool
    safe_handlers: bool
    load_flags: int


def read_debug(layout: Layout, optional: OptionalHeader) -> Debug:
    """The debug directory; an empty one where there is none. Raises `PeInvalid`."""
    address, size = optional.directory(_DEBUG)
    if not (address and size):
        return Debug()
    count = size // _ENTRY.size
    if count > _ENTRIES:
        raise PeInvalid(f"a debug directory of {count:,} entries, more than {_ENTRIES}")
    what = "the debug directory"
    pdb, reproducible, shadow_stack = None, False, False
    for _, _, _, _, kind, length, _, place in layout.mapped(address, what).rows(_ENTRY, 0, count, what):
        if kind == _CODEVIEW and pdb is None:
            pdb = _codeview(layout.span.part(place, length, "the name of the PDB"), layout)
        elif kind == _EXTENDED and length >= 4:
            shadow_stack = bool(layout.span.bytes_at(place, 4, what)[0] & _SHADOW_STACK)
        reproducible |= kind == _REPRODUCIBLE
    return Debug(pdb=pdb, reproducible=reproducible, shadow_stack=shadow_stack)


def _codeview(span: Span, layout: Layout) -> Pdb | None:
    magic, what = bytes(span.view[:4]), "the name of the PDB"
    if magic == b"RSDS":
        guid, age = span.unpack(struct.Struct("<16sI"), 4, what)
        return Pdb(path=span.text(24, layout.budget, what), guid=str(uuid.UUID(bytes_le=guid)), age=age)
    if magic == b"NB10":  # before 2002: a time stamp instead of a GUID
        _, stamp, age = span.unpack(struct.Struct("<III"), 4, what)
        return Pdb(path=span.text(16, layout.budget, what), guid=f"{stamp:08x}", age=age)
    return None


def read_load_config(layout: Layout, optional: OptionalHeader) -> LoadConfig | None:
    """The load configuration, which grew over the years: what an old one lacks is not set. Raises `PeInvalid`."""
    address, size = optional.directory(_LOAD_CONFIG)
    if not (address and size):
        return None
    what = "the load configuration"
    span = layout.mapped(address, what)
    # The size in the directory was 64 for all 32-bit files once, so the structure's own counts.
    (size,) = span.unpack(struct.Struct("<I"), 0, what)
    table = span.part(0, size, what)
    load_flags, cookie, handlers, count, flags, form = _PLACES[optional.bits]

    def value(place: int, form: str) -> int:
        number = struct.Struct("<" + form)
        return 0 if place + number.size > len(table) else int(table.unpack(number, place, what)[0])

    return LoadConfig(
        guard_flags=GuardFlag(value(flags, "I")),
        guarded_functions=value(count, form),
        security_cookie=value(cookie, form) != 0,
        safe_handlers=optional.bits == 32 and value(handlers, form) != 0,
        load_flags=value(load_flags, "H"),
    )


def read_certificates(span: Span, optional: OptionalHeader) -> tuple[Certificate, ...]:
    """The entries of the certificate table, which is addressed by its place in the file. Raises `PeInvalid`."""
    place, size = optional.directory(_CERTIFICATES)
    if not (place and size):
        return ()
    what = "the certificate table"
    table, position = span.part(place, size, what), 0
    found: list[Certificate] = []
    while position + 8 <= size:
        length, revision, kind = table.unpack(struct.Struct("<IHH"), position, what)
        if length == 0 and found:
            break  # padding
        if length < 8 or position + length > size or len(found) >= _ENTRIES:
            raise PeInvalid(f"{what}: an entry of {length:,} bytes at {position:,} of {size:,}")
        found.append(Certificate(revision=revision, type=kind, size=length))
        position += -(-length // 8) * 8
    return tuple(found)
