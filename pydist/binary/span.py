"""Bounds-checked access to bytes of strangers, shared by the readers of Mach-O, PE and COFF.

Invariant: nothing outside the given bytes is touched; what is not there is the reader's own error, never another one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydist.errors import InputError

__all__ = ["Budget", "Span"]

_NAME = 16  # bytes that a name takes besides its characters

_NAMES = 64 << 20  # bytes of all names of one file; libLLVM has some 10 MiB


@dataclass(slots=True)
class Budget:
    """Bytes that names may still take. Names may share bytes in the file, so its size does not bound them."""

    fault: type[InputError]
    left: int = _NAMES

    def take(self, size: int) -> None:
        """Pay for a name of `size` bytes; each costs something, even an empty one."""
        self.left -= size + _NAME
        if self.left < 0:
            raise self.fault(f"the names in it take more than {_NAMES:,} bytes")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes, what they are called in messages, and the error that says something is not there."""

    view: memoryview
    fault: type[InputError]
    what: str = "the file"

    @classmethod
    def of(cls, data: bytes | memoryview, fault: type[InputError], what: str = "the file") -> Span:
        return cls(memoryview(data), fault, what)

    def __len__(self) -> int:
        return len(self.view)

    def part(self, offset: int, size: int, what: str) -> Span:
        """`size` bytes at `offset`, called `what` from now on."""
        if offset < 0 or size < 0 or offset + size > len(self.view):
            raise self.fault(
                f"{what}: {size:,} bytes at {offset:,} are expected, {self.what} has {len(self.view):,} bytes"
            )
        return Span(self.view[offset : offset + size], self.fault, what)

    def bytes_at(self, offset: int, size: int, what: str) -> bytes:
        return bytes(self.part(offset, size, what).view)

    def unpack(self, form: struct.Struct, offset: int, what: str) -> tuple[Any, ...]:
        if offset < 0 or offset + form.size > len(self.view):
            raise self.fault(f"{what}: {form.size} bytes at {offset:,} are expected, {self.what} ends before")
        return form.unpack_from(self.view, offset)

    def rows(self, form: struct.Struct, offset: int, count: int, what: str) -> Iterator[tuple[Any, ...]]:
        """`count` entries of a table; checked as a whole before the first one is made."""
        return form.iter_unpack(self.part(offset, count * form.size, what).view)

    def text(self, offset: int, budget: Budget, what: str) -> str:
        """The bytes from `offset` to a NUL or to the end of this span."""
        if not 0 <= offset <= len(self.view):
            raise self.fault(f"{what}: at {offset:,} of {len(self.view):,} bytes")
        size, step = 0, 64  # most names are short: to look for a NUL in the whole rest would copy it
        while True:
            piece = bytes(self.view[offset + size : offset + size + step])
            end = piece.find(b"\0")
            size += len(piece) if end < 0 else end
            if end >= 0 or len(piece) < step:
                break
            budget.take(step)
            step = min(2 * step, 1 << 16)
        budget.take(size)
        return bytes(self.view[offset : offset + size]).decode("utf-8", "replace")
