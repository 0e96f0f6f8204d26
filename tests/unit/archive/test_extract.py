"""Extraction writes below its destination and nowhere else."""

from __future__ import annotations

import contextlib
import gzip
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.archive.extract import extract
from pydist.archive.paths import UnsafeName
from pydist.archive.source import ArchiveDamaged, Limits
from pydist.errors import InputError

Item = tuple[str, bytes, str]  # name, tar type, link or content


def write_tar(path: Path, items: list[Item]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, kind, text in items:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == tarfile.REGTYPE:
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
            else:
                info.linkname = text
                tar.addfile(info)
    return path


FILE, DIR, SYM, HARD, DEV = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE


def test_files_folders_and_links_arrive(tmp_path: Path) -> None:
    archive = write_tar(
        tmp_path / "a.tar",
        [
            ("./", DIR, ""),
            ("bin/tool", FILE, "run"),
            ("bin/link", SYM, "tool"),
            ("copy", HARD, "bin/tool"),
            ("e", DIR, ""),
        ],
    )
    extract(archive, tmp_path / "out")
    assert (tmp_path / "out" / "bin" / "link").read_text() == "run"
    assert (tmp_path / "out" / "bin" / "link").readlink() == Path("tool")
    assert (tmp_path / "out" / "copy").read_text() == "run"
    assert (tmp_path / "out" / "copy").stat().st_nlink == 1
    assert (tmp_path / "out" / "e").is_dir()


def test_an_archive_that_is_not_there_is_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.tar: cannot be read: No such file"):
        extract(tmp_path / "nothing.tar", tmp_path / "out")


def test_executable_bits_are_kept_and_set_id_bits_are_not(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name, mode in [("run", 0o4755), ("read", 0o666)]:
            info = tarfile.TarInfo(name)
            info.mode = mode
            tar.addfile(info)
    extract(tmp_path / "a.tar", tmp_path / "out")
    assert (tmp_path / "out" / "run").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "out" / "read").stat().st_mode & 0o7777 == 0o644


@pytest.mark.parametrize(
    ("items", "error"),
    [
        ([("../evil", FILE, "x")], UnsafeName),
        ([("/evil", FILE, "x")], UnsafeName),
        ([("a", SYM, "/etc"), ("a/passwd", FILE, "x")], UnsafeName),
        ([("a", SYM, "b"), ("a/passwd", FILE, "x")], ArchiveDamaged),
        ([("a", SYM, "../x")], UnsafeName),
        ([("a", HARD, "../../etc/passwd")], UnsafeName),
        ([("a", HARD, "b")], ArchiveDamaged),
        ([("a", HARD, "a")], ArchiveDamaged),
        ([("a", DEV, "")], ArchiveDamaged),
        ([("a", FILE, "x"), ("a", SYM, "b")], ArchiveDamaged),
        ([("a", FILE, "x"), ("a", FILE, "y")], ArchiveDamaged),
        ([("a", FILE, "x"), ("./a", FILE, "x")], ArchiveDamaged),
        ([("b", FILE, "x"), ("a", FILE, "x"), ("a", HARD, "b")], ArchiveDamaged),
        ([("a", SYM, "b"), ("a", SYM, "c")], ArchiveDamaged),
        ([(".. /a", FILE, "x")], UnsafeName),
        ([("a", SYM, "... /x")], UnsafeName),
        ([("a", FILE, "x"), ("a/b", FILE, "x")], ArchiveDamaged),
        ([("a/b", FILE, "x"), ("a", FILE, "x")], ArchiveDamaged),
    ],
)
def test_what_could_leave_the_destination_is_refused(tmp_path: Path, items: list[Item], error: type[Exception]) -> None:
    archive = write_tar(tmp_path / "a.tar", items)
    with pytest.raises(error):
        extract(archive, tmp_path / "in" / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"a.tar", "in"}


def test_names_that_differ_in_case_only_are_two_files_where_the_file_system_has_two(tmp_path: Path) -> None:
    """As in the data of ncurses, which real distributions have."""
    archive = write_tar(tmp_path / "a.tar", [("e/eterm", FILE, "1"), ("E", DIR, ""), ("e", DIR, ""), ("e", DIR, ""),
                                             ("E/eterm", FILE, "2"), ("E/Eterm", FILE, "3")])  # fmt: skip
    extract(archive, tmp_path / "out")
    assert [(tmp_path / "out" / name).read_text() for name in ("e/eterm", "E/eterm", "E/Eterm")] == ["1", "2", "3"]


@pytest.mark.parametrize("second", [("A", FILE, "2"), ("A", HARD, "a"), ("A", SYM, "b")])
def test_where_it_has_one_the_second_does_not_take_the_place_of_the_first(tmp_path: Path, second: Item) -> None:
    """A file system that takes A for a has what stands at a under both names, as here a moment before A is written."""
    archive = write_tar(tmp_path / "a.tar", [("a", FILE, "1"), ("b", FILE, "3"), second])
    out = tmp_path / "out"

    def fold(name: str) -> bool:
        if name == "A":
            (out / "A").hardlink_to(out / "a")
        return True

    with pytest.raises(InputError, match="A and a are one name"):
        extract(archive, out, select=fold)
    assert (out / "a").read_text() == "1"


def unpacked_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_hard_links_count_in_full_against_the_limit(tmp_path: Path) -> None:
    links: list[Item] = [(f"link{number}", HARD, "file") for number in range(100)]
    archive = write_tar(tmp_path / "a.tar", [("file", FILE, "x" * 1_000_000), *links])
    with pytest.raises(ArchiveDamaged, match="hard links"):
        extract(archive, tmp_path / "out", limits=Limits(total=5_000_000))
    assert unpacked_size(tmp_path / "out") <= 5_000_000
    few = write_tar(tmp_path / "b.tar", [("file", FILE, "x" * 1_000_000), *links[:3]])
    extract(few, tmp_path / "few", limits=Limits(total=5_000_000))
    assert unpacked_size(tmp_path / "few") == 4_000_000


def test_links_to_links_count_too(tmp_path: Path) -> None:
    links: list[Item] = [(f"link{n + 1}", HARD, f"link{n}") for n in range(100)]
    archive = write_tar(tmp_path / "a.tar", [("link0", FILE, "x" * 1_000_000), *links])
    with pytest.raises(ArchiveDamaged, match="hard links"):
        extract(archive, tmp_path / "out", limits=Limits(total=5_000_000))


def test_a_small_archive_does_not_become_gigabytes_of_copies(tmp_path: Path) -> None:
    links: list[Item] = [(f"link{number}", HARD, "file") for number in range(2000)]
    archive = write_tar(tmp_path / "a.tar", [("file", FILE, "\0" * 1_000_000), *links])
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(archive.read_bytes(), 1))
    with pytest.raises(ArchiveDamaged, match="hard links"):
        extract(tmp_path / "a.tar.gz", tmp_path / "out")


def test_links_already_in_the_destination_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "victim").write_text("kept")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "dir").symlink_to(tmp_path / "outside")
    (tmp_path / "out" / "file").symlink_to(tmp_path / "victim")
    extract(write_tar(tmp_path / "a.tar", [("file", FILE, "new")]), tmp_path / "out")
    assert (tmp_path / "victim").read_text() == "kept"
    with pytest.raises(UnsafeName):
        extract(write_tar(tmp_path / "b.tar", [("dir/x", FILE, "new")]), tmp_path / "out")
    assert not list((tmp_path / "outside").iterdir())


_name = st.lists(st.sampled_from(["a", "b", "..", "c"]), min_size=1, max_size=3).map("/".join)
_item = st.tuples(_name, st.sampled_from([FILE, DIR, SYM, HARD]), _name)


@settings(max_examples=200, deadline=None)
@given(st.lists(_item, max_size=6))
def test_nothing_appears_outside_whatever_the_members(
    tmp_path_factory: pytest.TempPathFactory, items: list[Item]
) -> None:
    base = tmp_path_factory.mktemp("x")
    archive = write_tar(base / "a.tar", items)
    with contextlib.suppress(InputError):
        extract(archive, base / "deep" / "out")
    assert {path.name for path in base.iterdir()} <= {"a.tar", "deep"}
    assert {path.name for path in (base / "deep").iterdir()} == {"out"}
