"""Tar headers that lie are refused with their position; dialects that are right are read."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable

import pytest

from pydist.archive import tar
from pydist.archive.tar import TarBroken, TarHeader, read_headers

END = bytes(1024)


def block(name: str = "name", kind: bytes = b"0", size: bytes = b"%011o\0" % 0, content: bytes = b"") -> bytes:
    """One member with a right checksum; `size` is the raw field."""
    header = bytearray(tarfile.TarInfo(name).tobuf(tarfile.USTAR_FORMAT))
    header[124:136] = size.ljust(12, b"\0")
    header[156:157] = kind
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + content + bytes(-len(content) % 512)


def sized(name: str, content: bytes, kind: bytes = b"0") -> bytes:
    return block(name, kind, b"%011o\0" % len(content), content)


def record(key: str, value: str) -> bytes:
    text = f" {key}={value}\n".encode()
    length = len(text) + 1
    while length != len(str(length)) + len(text):
        length = len(str(length)) + len(text)
    return str(length).encode() + text


def read(data: bytes) -> list[TarHeader]:
    stream = io.BytesIO(data)
    members = []
    for header in read_headers(stream.read):
        members.append(header)
        stream.seek(-(-header.content // 512) * 512, io.SEEK_CUR)
    return members


def test_pax_names_links_and_sizes_override_the_header() -> None:
    extended = sized("x", record("path", "long é") + record("size", "3") + record("mtime", "1.5"), b"x")
    (member,) = read(extended + block(content=b"abc") + END)
    assert (member.entry.path, member.content) == ("long é", 3)
    linked = sized("x", record("linkpath", "elsewhere"), b"x")
    assert read(linked + block(kind=b"2") + END)[0].entry.link == "elsewhere"


def test_a_global_pax_header_holds_for_all_members_and_a_local_one_for_the_next() -> None:
    every, one = sized("g", record("path", "all"), b"g"), sized("x", record("path", "one"), b"x")
    assert [member.entry.path for member in read(every + one + block() + block() + END)] == ["one", "all"]


def test_gnu_numbers_in_base_256_are_read() -> None:
    large = b"\x80" + (9 << 30).to_bytes(11, "big")
    assert next(read_headers(io.BytesIO(block(size=large)).read)).content == 9 << 30


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (sized("x", record("path", "a"), b"x") + END, "ends after an extension header"),
        (block(size=b"\xff" + (-5).to_bytes(11, "big", signed=True)) + END, "size of -5"),
        (block(size=b"12x") + END, "octal"),
        (block(size=b"-1") + END, "octal"),
        (block(size=b"1_0") + END, "octal"),
        (block(kind=b"S") + END, "sparse"),
        (block(kind=b"V") + END, "unknown"),
        (sized("x", record("GNU.sparse.major", "1"), b"x") + block() + END, "sparse"),
        (sized("x", record("size", "-1"), b"x") + block() + END, "decimal"),
        (sized("x", record("size", "9" * 30), b"x") + block() + END, "decimal"),
        (sized("x", b"99 path=a\n", b"x") + END, "length"),
        (sized("x", b"path=a\n", b"x") + END, "length"),
        (sized("x", b"3 \n", b"x") + END, "length"),
        (sized("x", b"9 novalue", b"x") + END, "key=value"),
        (block() + b"rubbish!" * 64, "no tar header at block 1"),
        (block(), "truncated at block 1"),
    ],
)
def test_headers_that_lie_are_broken(data: bytes, words: str) -> None:
    with pytest.raises(TarBroken, match=words):
        read(data)


@pytest.mark.parametrize(
    "make", [lambda: sized("x", b"a" * 900, b"L"), lambda: sized("x", record("path", "a" * 900), b"x")]
)
def test_all_extension_headers_together_are_bounded(make: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "_EXTENSIONS_TOTAL", 5000)
    with pytest.raises(TarBroken, match="all extension headers"):
        read((make() + block()) * 10 + END)


def test_a_million_small_pax_records_take_no_time() -> None:
    extended = sized("x", record("a", "b") * 150_000, b"x")
    assert len(read(extended + block() + END)) == 1
