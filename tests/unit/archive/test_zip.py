"""Zip archives are read as one thing only: wherever two readers could see two things, there is damage."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.archive.entry import Kind
from pydist.archive.extract import extract
from pydist.archive.paths import UnsafeName
from pydist.archive.source import ArchiveDamaged, Limits, open_source
from tests.support.zips import Member, archive, deflated

GOOD = Member(name=b"python/a.txt", data=b"abc" * 1000)


def read(path: Path, data: bytes, limits: Limits | None = None) -> list[tuple[str, Kind, str | None, bytes]]:
    path.write_bytes(data)
    with open_source(path, limits or Limits()) as source:
        return [(m.entry.path, m.entry.kind, m.entry.link, m.read()) for m in source.members()]


def test_what_the_standard_library_writes_is_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr(zipfile.ZipInfo("python/"), b"")
        made.writestr("python/é.txt", b"x" * 100_000, zipfile.ZIP_DEFLATED)
        with made.open("python/streamed", "w", force_zip64=True) as stream:
            stream.write(b"y" * 10)
    path = tmp_path / "whatever.bin"
    assert read(path, buffer.getvalue()) == [
        ("python", Kind.DIRECTORY, None, b""),
        ("python/é.txt", Kind.FILE, None, b"x" * 100_000),
        ("python/streamed", Kind.FILE, None, b"y" * 10),
    ]


@pytest.mark.parametrize("wide", [False, True], ids=["narrow", "zip64"])
@pytest.mark.parametrize("method", [0, 8], ids=["stored", "deflated"])
@pytest.mark.parametrize("flags", [0, 8], ids=["sizes first", "sizes behind"])
def test_every_form_of_a_member_is_read(tmp_path: Path, wide: bool, method: int, flags: int) -> None:
    member = Member(name=b"a", data=b"abc" * 50, wide=wide, method=method, flags=flags)
    assert read(tmp_path / "x", archive(member, GOOD, wide_end=wide)) == [
        ("a", Kind.FILE, None, b"abc" * 50), ("python/a.txt", Kind.FILE, None, b"abc" * 1000)
    ]  # fmt: skip


def test_a_descriptor_may_lack_its_signature(tmp_path: Path) -> None:
    plain = struct.pack("<LLL", zlib.crc32(b"abc"), 3, 3)
    member = Member(name=b"a", data=b"abc", method=0, flags=8, descriptor=plain)
    assert read(tmp_path / "x", archive(member)) == [("a", Kind.FILE, None, b"abc")]


def test_names_are_of_the_old_code_page_unless_they_say_otherwise(tmp_path: Path) -> None:
    unicode = b"\1" + struct.pack("<L", zlib.crc32(b"?")) + "ю".encode()
    members = [
        Member(name=b"\x82"),
        Member(name="é".encode(), flags=1 << 11),
        Member(name=b"?", extra=struct.pack("<HH", 0x7075, len(unicode)) + unicode),
        Member(name=b"\xff", flags=1 << 11),
    ]
    assert [name for name, *_ in read(tmp_path / "x", archive(*members))] == ["é", "é", "ю", "\udcff"]


def test_attributes_say_what_a_member_is(tmp_path: Path) -> None:
    members = [
        Member(name=b"link", data=b"python/a.txt", mode=0o120777),
        Member(name=b"folder/", mode=0o40755, method=0),
        Member(name=b"dos", attributes=0x10, made_by=0, method=0),
        Member(name=b"pipe", mode=0o10644, method=0),
        Member(name=b"program", mode=0o100755, method=0),
        Member(name=b"nothing said/", mode=0o177777, method=0),
    ]
    path = tmp_path / "x"
    path.write_bytes(archive(*members))
    with open_source(path) as source:
        entries = [member.entry for member in source.members()]
    kinds = [Kind.SYMLINK, Kind.DIRECTORY, Kind.DIRECTORY, Kind.OTHER, Kind.FILE, Kind.DIRECTORY]
    assert [entry.kind for entry in entries] == kinds
    assert entries[0].link == "python/a.txt" and entries[4].executable and not entries[3].executable


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("encrypted", archive(Member(name=b"a", flags=1))),
        ("encrypted", archive(Member(name=b"a", flags=1 << 13))),
        ("compression method 14", archive(Member(name=b"a", method=14))),
        ("another one in its local header", archive(Member(name=b"a", local_name=b"b"))),
        ("other sizes or another checksum", archive(Member(name=b"a", data=b"x", local_crc=7))),
        ("another size or checksum", archive(Member(name=b"a", data=b"x", crc=7))),
        ("another size or checksum", archive(Member(name=b"a", data=b"xyz", size=9))),
        ("longer than the directory says", archive(Member(name=b"a", data=b"xyz" * 99, size=3))),
        ("longer than the room", archive(Member(name=b"a", data=b"xyz", method=0, size=2))),
        ("behind its compressed data", archive(Member(name=b"a", data=b"x", packed=deflated(b"x") + b"more"))),
        ("inside its compressed data", archive(Member(name=b"a", data=b"x" * 99, packed=deflated(b"x" * 99)[:-2]))),
        ("invalid", archive(Member(name=b"a", data=b"x", packed=b"\xff\xff\xff"))),
        ("data descriptor", archive(Member(name=b"a", data=b"x", flags=8, descriptor=bytes(16)))),
        ("at the same place", archive(Member(name=b"a"), Member(name=b"a", offset=0))),
        ("longer than the room", archive(Member(name=b"a"), Member(name=b"b", offset=3))),
        ("several files", archive(Member(name=b"a", disk=1))),
        ("behind something else", archive(GOOD, before=b"PK\3\4 in front")),
        ("does not end at the end record", b"PK\3\4" + archive(GOOD)),
        ("does not end at the end record", archive(GOOD, behind_directory=b"more")),
        ("is damaged", archive(GOOD, count=2, before=b"")),
        ("behind the last entry", archive(GOOD, Member(name=b"b"), count=1)),
        ("no end record", archive(GOOD)[:-1]),
        ("no end record", archive(GOOD) + b"!"),
        ("a folder by its name", archive(Member(name=b"a/", data=b"x"))),
        ("a folder by its name", archive(Member(name=b"a/", mode=0o120777))),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_damage(tmp_path: Path, reason: str, data: bytes) -> None:
    with pytest.raises(ArchiveDamaged, match=reason):
        read(tmp_path / "x", data)


def test_members_that_share_bytes_are_damage(tmp_path: Path) -> None:
    inner = archive(Member(name=b"b", data=b"hidden", method=0))
    first = Member(name=b"a", data=inner, method=0)
    with pytest.raises(ArchiveDamaged, match="longer than the room"):
        read(tmp_path / "x", archive(first, Member(name=b"b", data=b"hidden", method=0, offset=31)))


def test_bombs_are_refused_before_they_are_read(tmp_path: Path) -> None:
    bomb = Member(name=b"a", data=b"", packed=deflated(bytes(1 << 20)), size=3 << 30)
    with pytest.raises(ArchiveDamaged, match="no reasonable size"):
        read(tmp_path / "x", archive(bomb))
    with pytest.raises(ArchiveDamaged, match="more than 2 entries"):
        read(tmp_path / "x", archive(GOOD, GOOD, GOOD), Limits(entries=2))
    with pytest.raises(ArchiveDamaged, match="a member of"):
        read(tmp_path / "x", archive(GOOD), Limits(member=100))


def test_members_have_no_more_bytes_than_the_archive(tmp_path: Path) -> None:
    """By what it says of itself one member could give room to the others that are bombs."""
    data = bytearray(archive(Member(name=b"a", packed=deflated(bytes(1 << 20)), size=1 << 30), GOOD))
    struct.pack_into("<L", data, data.rindex(b"PK\1\2") + 20, 100 << 20)
    with pytest.raises(ArchiveDamaged, match="for them"):
        read(tmp_path / "x", bytes(data))


def test_a_damaged_member_that_nobody_reads_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(archive(Member(name=b"a", data=b"x", crc=7)))
    with open_source(path) as source, pytest.raises(ArchiveDamaged):
        list(source.members())


def test_an_archive_is_unpacked_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "x"
    program = Member(name=b"bin/python", data=b"#!", mode=0o100755)
    path.write_bytes(archive(program, Member(name=b"bin/link", data=b"python", mode=0o120777)))
    extract(path, tmp_path / "out")
    assert (tmp_path / "out" / "bin" / "link").read_bytes() == b"#!"
    path.write_bytes(archive(Member(name=b"link", data=b"../../etc/passwd", mode=0o120777)))
    with pytest.raises(UnsafeName):
        extract(path, tmp_path / "out")


@settings(max_examples=300)
@given(st.integers(0, 400), st.binary(max_size=8))
def test_no_damage_is_anything_but_damage(tmp_path_factory: pytest.TempPathFactory, place: int, junk: bytes) -> None:
    data = archive(GOOD, Member(name=b"b", data=b"1", flags=8, wide=True), wide_end=True)
    path = tmp_path_factory.getbasetemp() / "fuzzed.zip"
    with contextlib.suppress(ArchiveDamaged):
        read(path, data[:place] + junk + data[place + len(junk) :])
