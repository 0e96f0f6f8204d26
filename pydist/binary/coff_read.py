"""Structures that COFF objects and PE files share: the file header and the section table.

Invariant: a table is checked as a whole before its first entry is made.
Source: Microsoft's PE format specification, sections "COFF File Header" and "Section Table".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pydist.binary.span import Span

__all__ = ["COFF_HEADER", "section_rows"]

COFF_HEADER = struct.Struct("<HHIIIHH")
"""Machine, number of sections, time stamp, symbol table, number of symbols, optional header, characteristics."""
_SECTION = struct.Struct("<8sIIIIIIHHI")


def section_rows(span: Span, offset: int, count: int) -> Iterator[tuple[bytes, int, int, int, int, int]]:
    """Name, size in memory, address, size in the file, offset in the file, characteristics."""
    for name, memory, address, size, place, _, _, _, _, flags in span.rows(_SECTION, offset, count, "the sections"):
        yield name, memory, address, size, place, flags
