"""Write .xz with several threads, as `xz -T` does: blocks of one size that are compressed by themselves.

Invariant: the bytes do not depend on the number of threads; the file is one stream, because there are readers that stop
behind the first.
Source: The .xz File Format 1.2.1, sections 2.1 (header and footer), 3 (blocks), 4 (index).
"""

from __future__ import annotations

import lzma
import struct
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

__all__ = ["XzWriter"]

_BLOCK = 24 << 20  # bytes; three dictionaries of preset 6, of which a block cannot use more
_ENDS = 12  # bytes of a header, and of a footer


class XzWriter:
    """Compresses what is written to it into `file`, which stays open; up to `threads` blocks are in memory."""

    def __init__(self, file: BinaryIO, preset: int, threads: int = 1, block: int = _BLOCK) -> None:
        self._file, self._preset, self._threads, self._block = file, preset, max(1, threads), block
        self._pool = ThreadPoolExecutor(self._threads)  # liblzma works without Python's lock
        self._begun, self._size = bytearray(), 0
        self._waiting: deque[tuple[int, Future[bytes]]] = deque()
        self._records: list[bytes] = []
        # The header says which check blocks have, and nothing of them.
        self._header = lzma.compress(b"", preset=preset)[:_ENDS]
        file.write(self._header)

    def tell(self) -> int:
        """How much was written."""
        return self._size

    def write(self, data: bytes) -> int:
        """Take more of what is to be compressed."""
        self._begun += data
        self._size += len(data)
        while len(self._begun) >= self._block:
            self._put(bytes(self._begun[: self._block]))
            del self._begun[: self._block]
        return len(data)

    def close(self) -> None:
        """Write what is left, and the index."""
        try:
            if self._begun:
                self._put(bytes(self._begun))
            while self._waiting:
                self._take()
            index = b"\0" + _number(len(self._records)) + b"".join(self._records)
            index += bytes(-len(index) % 4)
            index += struct.pack("<I", zlib.crc32(index))
            end = struct.pack("<I", len(index) // 4 - 1) + self._header[6:8]
            self._file.write(index + struct.pack("<I", zlib.crc32(end)) + end + b"YZ")
        finally:
            self._pool.shutdown(cancel_futures=True)

    def _put(self, data: bytes) -> None:
        if len(self._waiting) == self._threads:
            self._take()
        self._waiting.append((len(data), self._pool.submit(lzma.compress, data, preset=self._preset)))

    def _take(self) -> None:
        size, future = self._waiting.popleft()
        stream = future.result()
        # A stream with one block: what stands between its header and its index is that block.
        (words,) = struct.unpack_from("<I", stream, len(stream) - 8)
        start = len(stream) - _ENDS - (words + 1) * 4
        self._file.write(stream[_ENDS:start])
        end = start + 2
        while stream[end] & 0x80:
            end += 1
        self._records.append(stream[start + 2 : end + 1] + _number(size))


def _number(value: int) -> bytes:
    """Section 1.2: seven bits a byte, the lowest first."""
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])
