"""A million members are answered with one sentence, and within the memory that a real distribution needs."""

from __future__ import annotations

import resource
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import zstandard

_MEMBERS = 1_000_000
_ROOM = 1 << 30  # bytes of address space for each process; 230 MB were measured


def pack(path: Path) -> None:
    """Files of eight bytes, all with names and contents of their own, so that it is no bomb: 6 MB."""
    header = tarfile.TarInfo("python/0000000")
    header.size = 8
    blocks = bytearray(header.tobuf(tarfile.USTAR_FORMAT) + bytes(512))
    blocks[148:156] = b" " * 8  # what the checksum has in its own place
    rest = sum(blocks) - sum(b"0000000")
    compressor = zstandard.ZstdCompressor(level=1)
    with path.open("wb") as file, compressor.stream_writer(file) as tar:
        for number in range(_MEMBERS):
            name = b"%07d" % number
            blocks[7:14] = blocks[512:519] = name
            blocks[148:156] = b"%06o\0 " % (rest + sum(name))
            tar.write(bytes(blocks))


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_ROOM, _ROOM))


@pytest.mark.slow  # a quarter of a minute: a fifth of them is read
def test_a_million_members_are_too_many_and_take_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "million.tar.zst"
    pack(path)
    command = [sys.executable, "-m", "pydist", "validate", "--no-run", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limited)
    assert done.returncode == 1, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if "archive.damaged" in line]
    assert line.endswith("million.tar.zst is damaged or not an archive: more than 200,000 entries")
