"""An .xz is one stream that every reader takes, the same for any number of threads."""

from __future__ import annotations

import hashlib
import io
import lzma
import shutil
import subprocess

import pytest

from pydist.archive.xz_write import XzWriter

DATA = hashlib.shake_128(b"").digest(150_000) + bytes(150_000)


def written(data: bytes, threads: int, block: int, piece: int = 7_000) -> bytes:
    file = io.BytesIO()
    writer = XzWriter(file, 1, threads, block)
    for start in range(0, len(data), piece):
        writer.write(data[start : start + piece])
    writer.close()
    return file.getvalue()


@pytest.mark.parametrize("size", [0, 1, 99_999, 100_000, 100_001, 300_000])
@pytest.mark.parametrize("threads", [1, 3])
def test_it_is_one_stream_with_all_that_was_written(size: int, threads: int) -> None:
    reader = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    assert reader.decompress(written(DATA[:size], threads, 100_000)) == DATA[:size]
    assert reader.eof and reader.unused_data == b""


def test_threads_and_pieces_do_not_change_it() -> None:
    assert written(DATA, 1, 50_000) == written(DATA, 4, 50_000, 120_000)
    assert written(DATA, 1, 50_000) != written(DATA, 1, 100_000)


@pytest.mark.skipif(shutil.which("xz") is None, reason="there is no xz")
def test_xz_finds_all_blocks_through_the_index() -> None:
    packed = written(DATA, 2, 50_000)
    assert subprocess.run(["xz", "-dc"], input=packed, capture_output=True, check=True).stdout == DATA
    assert packed[-2:] == b"YZ"
