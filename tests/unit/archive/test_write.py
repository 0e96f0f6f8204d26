"""Same calls, same bytes; the file is complete or absent."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pydist.archive.paths import UnsafeName
from pydist.archive.source import open_source
from pydist.archive.write import DEFAULT_MTIME, Compression, TarWriter
from pydist.errors import InputError

CHECKOUT = Path(__file__).resolve().parents[3]


def write(path: Path, compression: Compression) -> bytes:
    noise = bytes((i * i >> 3) & 255 for i in range(300_000)) * 20
    extra = path.parent / "extra"
    extra.write_bytes(b"#!/bin/sh\n")
    extra.chmod(0o777)
    with TarWriter(path, compression, level=3) as tar:
        tar.add_bytes("python/PYTHON.json", b"{}")
        tar.add_bytes("python/" + "deep/" * 30 + "noise", noise)
        tar.add_file("python/install/bin/tool", extra)
        tar.add_symlink("python/install/bin/link", "tool")
    return path.read_bytes()


PACK = """
import os, sys
from pathlib import Path
from pydist.archive.entry import Kind
from pydist.archive.source import open_source
from pydist.archive.write import TarWriter

folder, archive, compression, threads, umask = sys.argv[1:]
os.umask(int(umask, 8))
with open_source(Path(folder)) as tree, TarWriter(Path(archive), compression or None, 3, int(threads)) as tar:
    for name, link in [(m.entry.path, m.entry.link) for m in tree.members() if m.entry.kind is not Kind.DIRECTORY]:
        if link:
            tar.add_symlink(name, link)
        else:
            tar.add_file(name, Path(folder, name))
    tar.add_bytes("added", b"bytes")
"""


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """Everything that the same files can be packed under."""

    backwards: bool
    mtime: int
    modes: tuple[int, int]
    owner: int
    umask: str
    threads: int
    cwd: str
    variables: dict[str, str]


USUAL = Circumstances(
    backwards=False, mtime=10**9, modes=(0o644, 0o755), owner=0, umask="022", threads=1, cwd="/",
    variables={"PYTHONHASHSEED": "1", "TZ": "UTC"},
)  # fmt: skip
ODD = Circumstances(
    backwards=True, mtime=1_700_000_001, modes=(0o466, 0o1707), owner=1234, umask="077", threads=4, cwd="/usr",
    variables={"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "5"},
)  # fmt: skip


def packed(folder: Path, compression: str, seen: Circumstances) -> bytes:
    """The archive of one and the same tree, made in `folder` by a process of its own."""
    noise = bytes((i * i >> 3) & 255 for i in range(300_000)) * 20
    contents = {
        f"lib/{name}": noise[: 50 * number] for number, name in enumerate(["b", "A", "\u00e9", "a.b", "a/c", "z"])
    }
    contents |= {"bin/tool": b"#!", "noise": noise}
    tree = folder / "tree"
    for name in sorted(contents, reverse=seen.backwards):
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents[name])
        path.chmod(seen.modes[name.startswith("bin/")])
    (tree / "bin" / "link").symlink_to("tool")
    for path in [*tree.rglob("*"), tree]:
        os.utime(path, (seen.mtime, seen.mtime), follow_symlinks=False)
        if os.geteuid() == 0:
            os.chown(path, seen.owner, seen.owner, follow_symlinks=False)
    archive = folder / f"archive-of-{seen.owner}"
    subprocess.run(
        [sys.executable, "-c", PACK, str(tree), str(archive), compression, str(seen.threads), seen.umask],
        check=True, cwd=seen.cwd, env={"PYTHONPATH": str(CHECKOUT), **seen.variables},
    )  # fmt: skip
    return archive.read_bytes()


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Two folders whose files are listed in the order they were made, where this machine has a place like that."""
    memory = Path("/dev/shm")  # noqa: S108  # the folder below it has a name of its own
    place = memory if os.access(memory, os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(dir=place) as one, tempfile.TemporaryDirectory(dir=place) as two:
        yield Path(one), Path(two)


@pytest.mark.parametrize("compression", ["zst", "gz", "xz", ""])
def test_the_same_files_give_the_same_bytes_whatever_the_circumstances(
    folders: tuple[Path, Path], compression: str
) -> None:
    assert packed(folders[0], compression, USUAL) == packed(folders[1], compression, ODD)


def test_the_number_of_threads_changes_nothing(tmp_path: Path) -> None:
    # More than the compressor gives to one worker, so that several have something to do.
    data = random.Random(1).randbytes(10 << 20).hex().encode()  # noqa: S311
    archives = []
    for threads in (0, 1, 3):
        with TarWriter(tmp_path / f"{threads}", "zst", 1, threads) as tar:
            tar.add_bytes("data", data)
        archives.append((tmp_path / f"{threads}").read_bytes())
    assert len(set(archives)) == 1


def test_the_header_of_gzip_has_no_time_and_no_name(tmp_path: Path) -> None:
    flags, time = struct.unpack_from("<BI", write(tmp_path / "a.gz", "gz"), 3)
    assert (flags, time) == (0, 0)


@pytest.mark.parametrize("compression", ["zst", "gz", "xz", None])
def test_what_was_written_is_read_back(tmp_path: Path, compression: Compression) -> None:
    write(tmp_path / "a", compression)
    with open_source(tmp_path / "a") as source:
        entries = {m.entry.path.split("/")[-1]: m.entry for m in source.members()}
    assert list(entries) == ["PYTHON.json", "noise", "tool", "link"]
    assert {entry.mtime for entry in entries.values()} == {DEFAULT_MTIME}
    assert (entries["tool"].mode, entries["noise"].mode, entries["noise"].size) == (0o755, 0o644, 6_000_000)
    assert entries["link"].link == "tool"


def test_other_programs_read_it_too(tmp_path: Path) -> None:
    write(tmp_path / "a.tar.gz", "gz")
    with tarfile.open(tmp_path / "a.tar.gz") as tar:
        members = tar.getmembers()
    assert [(m.uid, m.gid, m.uname, m.gname) for m in members] == [(0, 0, "root", "root")] * 4


def test_a_failing_body_leaves_nothing_and_keeps_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_text("old")
    with pytest.raises(RuntimeError), TarWriter(tmp_path / "a.tar", None) as tar:
        tar.add_bytes("x", b"x")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]
    assert (tmp_path / "a.tar").read_text() == "old"


def test_unsafe_and_repeated_names_are_refused(tmp_path: Path) -> None:
    with TarWriter(tmp_path / "a.tar", None) as tar:
        tar.add_bytes("x", b"")
        with pytest.raises(InputError, match="twice"):
            tar.add_bytes("x", b"")
        for name in ("../x", "./y", "/z"):
            with pytest.raises(UnsafeName):
                tar.add_bytes(name, b"")
        with pytest.raises(UnsafeName):
            tar.add_symlink("l", "/etc")
