"""Archives and folders are read in one pass, and damage is always `ArchiveDamaged`."""

from __future__ import annotations

import contextlib
import gzip
import io
import lzma
import os
import tarfile
import zlib
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.archive.entry import Kind
from pydist.archive.source import ArchiveDamaged, Limits, open_source
from pydist.errors import InputError

COMPRESS = {
    "tar": lambda data: data,
    "gz": lambda data: gzip.compress(data, mtime=0),
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}


def make_tar(form: int = tarfile.GNU_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for name, data in [("python/PYTHON.json", b"{}"), ("python/" + "long/" * 40 + "é.txt", b"x" * 1000)]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mode = 0o755
            tar.addfile(info, io.BytesIO(data))
        for name, kind, link in [
            ("python/dir", tarfile.DIRTYPE, ""),
            ("python/sym", tarfile.SYMTYPE, "t" * 150),
            ("python/hard", tarfile.LNKTYPE, "python/PYTHON.json"),
            ("python/dev", tarfile.CHRTYPE, ""),
        ]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            tar.addfile(info)
    return buffer.getvalue()


def read_all(path: Path, limits: Limits | None = None) -> list[tuple[str, str, str | None, bytes]]:
    with open_source(path, limits or Limits()) as source:
        return [(m.entry.path, str(m.entry.kind), m.entry.link, m.read()) for m in source.members()]


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["gnu", "pax"])
def test_every_compression_and_dialect_gives_the_same_members(tmp_path: Path, compression: str, form: int) -> None:
    path = tmp_path / "whatever.bin"
    path.write_bytes(COMPRESS[compression](make_tar(form)))
    assert read_all(path) == [
        ("python/PYTHON.json", "file", None, b"{}"),
        ("python/" + "long/" * 40 + "é.txt", "file", None, b"x" * 1000),
        ("python/dir", "directory", None, b""),
        ("python/sym", "symlink", "t" * 150, b""),
        ("python/hard", "hardlink", "python/PYTHON.json", b""),
        ("python/dev", "other", None, b""),
    ]


def test_a_folder_is_read_like_an_archive_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "file").write_bytes(b"data")
    (tmp_path / "b" / "file").chmod(0o755)
    (tmp_path / "a").symlink_to("b")
    os.mkfifo(tmp_path / "pipe")
    with open_source(tmp_path) as source:
        members = [(m.entry.path, m.entry.kind, m.entry.link, m.entry.executable, m.read()) for m in source.members()]
    assert members == [
        ("a", Kind.SYMLINK, "b", True, b""),
        ("b", Kind.DIRECTORY, None, True, b""),
        ("b/file", Kind.FILE, None, True, b"data"),
        ("pipe", Kind.OTHER, None, False, b""),
    ]


def test_a_file_of_a_folder_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"data")
    with open_source(tmp_path) as source:
        (member,) = source.members()
    (tmp_path / "file").unlink()
    with pytest.raises(ArchiveDamaged, match=r"cannot read .*/file: No such file"):
        member.open()


def test_content_can_be_skipped_or_read_in_part(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.zst"
    path.write_bytes(COMPRESS["zst"](make_tar()))
    with open_source(path) as source:
        names = []
        for member in source.members():
            names.append(member.entry.path)
            with member.open() as stream:
                stream.read(1)
    assert len(names) == 6


@pytest.mark.parametrize("compression", COMPRESS)
def test_every_truncation_is_damage(tmp_path: Path, compression: str) -> None:
    whole = COMPRESS[compression](make_tar())
    path = tmp_path / "cut"
    # A plain tar may lose its padding after the end mark without loss; a compressed one may lose nothing.
    end = len(whole) if compression != "tar" else whole.rindex(b"python/dev") + 512
    for cut in sorted({*range(0, end, max(1, end // 60)), end - 1}):
        path.write_bytes(whole[:cut])
        with pytest.raises(ArchiveDamaged):
            read_all(path)


def test_nothing_but_padding_may_stand_behind_the_end_mark(tmp_path: Path) -> None:
    """tar stops at the first block of zeros; `tar -i` and others go on, and would see other members."""
    path = tmp_path / "x.tar"
    end = make_tar().rindex(b"python/dev") + 512
    for behind in (bytes(512), bytes(100_000)):
        path.write_bytes(make_tar()[:end] + behind)
        assert len(read_all(path)) == 6
    for behind in (bytes(512), bytes(1024), bytes(10_240), bytes(3 << 20)):
        path.write_bytes(make_tar()[:end] + behind + make_tar())
        with pytest.raises(ArchiveDamaged, match="behind the end mark"):
            read_all(path)


def test_frames_that_are_empty_or_to_be_skipped_hold_nothing(tmp_path: Path) -> None:
    path, data = tmp_path / "x", make_tar()
    skipped = b"\x5f\x2a\x4d\x18\4\0\0\0abcd"
    for compression, more in [("zst", skipped), ("zst", COMPRESS["zst"](b"")), ("gz", COMPRESS["gz"](b"")),
                              ("xz", COMPRESS["xz"](b""))]:  # fmt: skip
        half, rest = COMPRESS[compression](data[:700]), COMPRESS[compression](data[700:])
        path.write_bytes(more + half + more * 3 + rest + more)
        assert len(read_all(path)) == 6
        path.write_bytes(more + half + more + rest + more[:-1])
        with pytest.raises(ArchiveDamaged, match="truncated"):
            read_all(path)


@pytest.mark.parametrize(("exponent", "right"), [(26, True), (27, True), (28, False)])
def test_dictionaries_of_xz_and_windows_of_zstd_are_bounded(tmp_path: Path, exponent: int, right: bool) -> None:
    """The sizes are written into the headers: making such archives takes more memory than any test should."""
    xz = bytearray(COMPRESS["xz"](make_tar()))
    end = 12 + (xz[12] + 1) * 4 - 4
    xz[16] = (exponent - 12) * 2  # xz file format 1.2.1, 3.1 and 5.3.1
    xz[end : end + 4] = zlib.crc32(xz[12:end]).to_bytes(4, "little")
    engine = zstandard.ZstdCompressor().compressobj()
    zst = bytearray(engine.compress(make_tar()) + engine.flush())
    zst[5] = (exponent - 10) << 3  # RFC 8878, 3.1.1.1.2
    path = tmp_path / "x"
    for data in (xz, zst):
        path.write_bytes(data)
        if right:
            assert len(read_all(path)) == 6
        else:
            with pytest.raises(ArchiveDamaged, match="more memory than 128 MiB"):
                read_all(path)


def test_garbage_between_members_is_damage_and_not_the_end(tmp_path: Path) -> None:
    data = bytearray(make_tar())
    data[1024:1034] = b"garbage!!!"
    (tmp_path / "x.tar").write_bytes(data)
    with pytest.raises(ArchiveDamaged, match="block 2"):
        read_all(tmp_path / "x.tar")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(COMPRESS)),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_changed_bytes_raise_nothing_but_archive_damaged(
    tmp_path_factory: pytest.TempPathFactory, compression: str, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(COMPRESS[compression](make_tar()))
    for position, value in changes:
        data[position % len(data)] = value
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(data)
    with contextlib.suppress(ArchiveDamaged):
        read_all(path)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3 * 512 - 1), st.binary(min_size=1, max_size=12)), min_size=1, max_size=3))
def test_forged_headers_with_right_checksums_raise_nothing_but_archive_damaged(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, bytes]]
) -> None:
    data = bytearray(make_tar(tarfile.PAX_FORMAT))
    for position, value in changes:
        data[position : position + len(value)] = value
    for start in range(0, len(data), 512):
        block = data[start : start + 512]
        if block[257:262] == b"ustar":
            total = sum(block) - sum(block[148:156]) + 256
            data[start + 148 : start + 156] = b"%06o\0 " % total
    path = tmp_path_factory.getbasetemp() / "forged"
    path.write_bytes(data)
    with contextlib.suppress(ArchiveDamaged):
        read_all(path, Limits(total=1 << 20))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(entries=3), "3 entries"),
        (Limits(member=999), "1,000 bytes"),
        (Limits(total=2000), "2,000 bytes"),
    ],
)
def test_what_exceeds_the_limits_is_damage(tmp_path: Path, limits: Limits, message: str) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(COMPRESS["gz"](make_tar()))
    with pytest.raises(ArchiveDamaged, match=message):
        read_all(path, limits)


@pytest.mark.parametrize("compression", ["gz", "xz", "zst"])
def test_a_bomb_is_stopped_by_its_ratio(tmp_path: Path, compression: str) -> None:
    header = tarfile.TarInfo("bomb")
    header.size = 400 << 20
    path = tmp_path / "bomb"
    path.write_bytes(COMPRESS[compression](header.tobuf() + bytes(400 << 20)))
    with open_source(path) as source, pytest.raises(ArchiveDamaged, match="expands more than"):
        for member in source.members():
            assert member.entry.path == "bomb"


def test_extension_headers_are_bounded(tmp_path: Path) -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 64 << 20
    (tmp_path / "long.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + b"n" * (64 << 20))
    with pytest.raises(ArchiveDamaged, match="at most 1 MiB"):
        read_all(tmp_path / "long.tar")


@pytest.mark.parametrize("data", [b"", b"print(1)\n", b"x" * 2000, b"\x7fELF" + bytes(600)])
def test_what_is_no_archive_is_called_that_and_not_damaged(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.py").write_bytes(data)
    with (
        pytest.raises(ArchiveDamaged, match=r"a\.py is not an archive \(tar, "),
        open_source(tmp_path / "a.py") as source,
    ):
        list(source.members())


def test_what_cannot_be_opened_is_an_input_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("missing", "pipe", "nul\0name"):
        with pytest.raises(InputError, match="cannot"), open_source(tmp_path / name):
            pass
