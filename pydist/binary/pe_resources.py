"""The application manifest among the resources of a PE file: what a program says of itself to Windows.

Invariant: three levels are followed, however they lead back, and nothing outside of the file's sections.
Source: Microsoft's PE format specification, section "The .rsrc Section"; "Application Manifests" of the Windows SDK.
"""

from __future__ import annotations

import struct

from pydist.binary.pe_read import Layout, OptionalHeader, PeInvalid
from pydist.binary.span import Span

__all__ = ["read_manifest"]

_RESOURCES, _MANIFEST = 2, 24
_TABLE, _ENTRY, _DATA = struct.Struct("<IIHHHH"), struct.Struct("<II"), struct.Struct("<II")
_BELOW = 1 << 31
_LARGEST = 1 << 20  # bytes; real ones have some thousand


def read_manifest(layout: Layout, optional: OptionalHeader) -> str | None:
    """Its text; None where there is none. Raises `PeInvalid`."""
    address, size = optional.directory(_RESOURCES)
    if not (address and size):
        return None
    span = layout.mapped(address, "the resources")
    place = _entry(span, 0, _MANIFEST)
    for _ in ("name", "language"):
        if place is not None and not place & _BELOW:
            raise PeInvalid("the resources: a manifest without a name or a language")
        place = None if place is None else _entry(span, place & ~_BELOW, None)
    if place is None:
        return None
    start, length = span.unpack(_DATA, place, "the manifest")
    if length > _LARGEST:
        raise PeInvalid(f"a manifest of {length:,} bytes, more than {_LARGEST:,}")
    data = layout.mapped(start, "the manifest").bytes_at(0, length, "the manifest")
    return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")


def _entry(span: Span, place: int, wanted: int | None) -> int | None:
    """Where the entry with the number `wanted` of the table at `place` leads to, or the first one."""
    _, _, _, _, named, numbered = span.unpack(_TABLE, place, "a table of resources")
    rows = span.rows(_ENTRY, place + _TABLE.size, named + numbered, "a table of resources")
    return next((target for number, target in rows if wanted in (None, number)), None)
