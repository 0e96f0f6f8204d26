"""A note's program header becomes the segment that maps appended bytes; all else in the file stays as it was."""

from __future__ import annotations

import contextlib
import platform
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydist.binary.elf_edit import ElfUnfit, find_segment, with_segment
from pydist.policy import toolchain

OWNER = b"pydist"
NOTE = struct.pack("<III8s", 7, 0, 1, OWNER)
PT_LOAD, PT_NOTE = 1, 4


def tiny(notes: bytes = NOTE) -> bytes:
    """A static executable with three segments: a note, code, data."""
    table = [
        (PT_NOTE, 4, 232, 0x4000E8, 0x4000E8, len(notes), len(notes), 4),
        (PT_LOAD, 5, 0, 0x400000, 0x400000, 400, 400, 4096),
        (PT_LOAD, 6, 400, 0x401190, 0x401190, 8, 0x2000, 4096),
    ]
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    head = struct.pack("<16sHHIQQQIHHHHHH", ident, 2, 62, 1, 0x400000, 64, 0, 0, 64, 56, 3, 64, 0, 0)
    body = head + b"".join(struct.pack("<IIQQQQQQ", *row) for row in table) + notes
    return body + bytes(408 - len(body))


def table_of(data: bytes) -> list[tuple[int, ...]]:
    (count,) = struct.unpack_from("<H", data, 56)
    return [struct.unpack_from("<IIQQQQQQ", data, 64 + 56 * number) for number in range(count)]


def test_the_spare_header_becomes_a_read_only_segment_above_all_others() -> None:
    edited = with_segment(tiny(), 12345, OWNER)
    rows = table_of(edited.data)
    assert [row[0] for row in rows] == [PT_LOAD, PT_LOAD, PT_LOAD]
    assert rows[2] == (PT_LOAD, 4, 4096, edited.vaddr, edited.vaddr, 12345, 12345, 4096)
    assert edited.vaddr == 16 << 20
    assert [row[3] for row in rows] == sorted(row[3] for row in rows)


def test_only_the_program_headers_change_and_the_file_ends_on_a_page() -> None:
    stub = tiny()
    data = with_segment(stub, 1, OWNER).data
    assert len(data) == 4096
    assert (data[:64], data[232 : len(stub)], data[len(stub) :]) == (stub[:64], stub[232:], bytes(4096 - len(stub)))


def test_the_note_is_found_behind_others_in_the_same_segment() -> None:
    other = struct.pack("<III4s4s", 4, 4, 3, b"GNU\0", b"abcd")
    assert table_of(with_segment(tiny(other + NOTE), 1, OWNER).data)[2][0] == PT_LOAD


def test_the_appended_bytes_are_found_again() -> None:
    data = with_segment(tiny(), 9, OWNER).data + b"pydist-go"
    found = find_segment(data + b"trailing", b"pydist")
    assert found == b"pydist-go"
    assert find_segment(data, b"other") is None


@pytest.mark.parametrize(
    ("stub", "message"),
    [
        (b"", "at least 64 bytes"),
        (b"MZ" + bytes(100), "64-bit little-endian ELF"),
        (tiny(struct.pack("<III4s", 4, 0, 1, b"GNU\0")), "no note of the owner 'pydist'"),
        (tiny()[:200], "beyond the end of the file"),
    ],
)
def test_a_file_that_cannot_take_a_segment_is_refused(stub: bytes, message: str) -> None:
    with pytest.raises(ElfUnfit, match=message):
        with_segment(stub, 1, OWNER)


@given(st.integers(0, 407), st.integers(0, 255))
def test_a_damaged_file_is_edited_or_refused(at: int, value: int) -> None:
    data = bytearray(tiny())
    data[at] = value
    for edit in (lambda: with_segment(bytes(data), 8, OWNER), lambda: find_segment(bytes(data), OWNER)):
        with contextlib.suppress(ElfUnfit):
            edit()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="runs machine code")
def test_the_kernel_maps_the_appended_bytes(tmp_path: Path) -> None:
    source = tmp_path / "stub.c"
    source.write_text(
        """
        __attribute__((section(".note.pydist"), used, aligned(4)))
        static const struct { unsigned sizes[3]; char name[8]; } note = {{7, 0, 1}, "pydist"};
        static long call(long number, long a, long b, long c) {
            long result;
            __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
            return result;
        }
        void _start(void) { call(1, 1, 0x1000000, 5); call(60, 7, 0, 0); }
        """,
        encoding="utf-8",
    )
    cc = shutil.which("cc")
    command = [cc] if cc else [str(toolchain.locate().path), "cc", "-target", "x86_64-linux-musl"]
    flags = ["-static", "-no-pie", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-Wl,--image-base=0x400000"]
    if cc:
        flags[-1] = "-Wl,-Ttext-segment=0x400000"
    subprocess.run([*command, *flags, "stub.c", "-o", "stub"], cwd=tmp_path, check=True)
    edited = with_segment((tmp_path / "stub").read_bytes(), 5, OWNER)
    assert edited.vaddr == 0x1000000
    program = tmp_path / "program"
    program.write_bytes(edited.data + b"hello")
    program.chmod(0o755)
    done = subprocess.run([program], capture_output=True, check=False)
    assert (done.stdout, done.returncode) == (b"hello", 7)
