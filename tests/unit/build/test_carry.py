"""Facts about what goes into a container and what is accepted of what comes out."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from pydist.archive.paths import UnsafeName
from pydist.archive.source import ArchiveDamaged
from pydist.build.carry import pack_job, unpack_results
from pydist.build.job import Job


@pytest.fixture
def job(tmp_path: Path) -> Job:
    for folder in ("src", "out"):
        (tmp_path / folder).mkdir()
    return Job(work=tmp_path, steps=(), variables={}, paths={}, log=tmp_path / "build.log")


def packed(job: Job) -> dict[str, tarfile.TarInfo]:
    file = io.BytesIO()
    pack_job(job, file, "/opt/programs")
    file.seek(0)
    with tarfile.open(fileobj=file) as tar:
        return {member.name: member for member in tar}


def results(*members: tuple[str, bytes, bytes]) -> list[bytes]:
    """A tar of members (name, type, link or content) as an engine hands it out, in two pieces."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == tarfile.REGTYPE:
                info.size = len(content)
            else:
                info.linkname = content.decode()
            tar.addfile(info, io.BytesIO(content))
    data = file.getvalue()
    return [data[:700], data[700:]]


def test_times_and_executable_bits_go_in_and_owners_do_not(job: Job) -> None:
    script = job.work / "src" / "configure"
    script.write_text("")
    script.chmod(0o755)
    os.utime(script, (1_000_000_000, 1_000_000_000))
    member = packed(job)["src/configure"]
    assert (member.mtime, member.mode & 0o777, member.uid, member.gid, member.uname) == (
        1_000_000_000, 0o755, 1000, 1000, "",
    )  # fmt: skip


def test_the_folder_of_programs_is_that_of_the_container(job: Job) -> None:
    (job.work / "path").mkdir()
    (job.work / "path" / "python3").symlink_to("/usr/bin/python3")
    members = packed(job)
    assert members["path"].linkname == "/opt/programs"
    assert "path/python3" not in members


def test_the_log_stays_outside(job: Job) -> None:
    job.log.write_text("")
    assert set(packed(job)) == {"src", "out", "tmp", "zig", "path"}


def test_results_end_up_in_the_folder_for_them_and_nothing_else_is_left(job: Job) -> None:
    unpack_results(results(("out", tarfile.DIRTYPE, b""), ("out/lib/libz.a", tarfile.REGTYPE, b"!<arch>\n")), job)
    assert (job.work / "out" / "lib" / "libz.a").read_bytes() == b"!<arch>\n"
    assert sorted(path.name for path in job.work.iterdir()) == ["out", "src"]


@pytest.mark.parametrize(
    "member",
    [
        ("out/../../escaped", tarfile.REGTYPE, b"x"),
        ("/escaped", tarfile.REGTYPE, b"x"),
        ("out/link", tarfile.SYMTYPE, b"/etc/passwd"),
        ("out/link", tarfile.SYMTYPE, b"../../.."),
    ],
)
def test_results_that_lead_out_of_their_folder_are_refused(job: Job, member: tuple[str, bytes, bytes]) -> None:
    with pytest.raises(UnsafeName):
        unpack_results(results(("out", tarfile.DIRTYPE, b""), member), job)
    assert not (job.work.parent / "escaped").exists()
    assert list((job.work / "out").iterdir()) == []


@pytest.mark.parametrize(
    "members",
    [
        [("out", tarfile.SYMTYPE, b"src")],
        [("elsewhere/file", tarfile.REGTYPE, b"x")],
        [("out", tarfile.DIRTYPE, b""), ("src/configure", tarfile.REGTYPE, b"x")],
        [("out", tarfile.DIRTYPE, b""), ("out/device", tarfile.CHRTYPE, b"")],
    ],
)
def test_anything_but_a_folder_of_files_is_refused(job: Job, members: list[tuple[str, bytes, bytes]]) -> None:
    with pytest.raises(ArchiveDamaged):
        unpack_results(results(*members), job)


def test_results_without_an_end_are_cut_off(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pydist.build.carry._MOST", 1000)
    with pytest.raises(ArchiveDamaged, match="more than"):
        unpack_results(iter(lambda: b"\0" * 512, b""), job)
