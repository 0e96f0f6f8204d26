"""The folder of a job on its way into a container and back.

Invariant: what comes back is foreign input. It passes our own reader of archives with its limits, and nothing is
written outside the folder it is meant for.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from pydist.archive.extract import extract
from pydist.archive.source import DEFAULT_LIMITS, ArchiveDamaged
from pydist.build.job import PROGRAMS, Job

__all__ = ["USER", "pack_job", "unpack_results"]

USER = 1000
"""The user, and the group, that jobs run as in a container, and that owns what is carried in."""

# Of a tar in all: the limits of what may be in it, and its headers, of which those allow fewer than this.
_MOST = DEFAULT_LIMITS.total + (1 << 30)


def pack_job(job: Job, file: BinaryIO, programs: str) -> None:
    """Write everything that `job` needs to `file` as a tar, times included: make compares them.

    `programs` is the folder in the container that `$PATH` stands for.
    """
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(job.work.iterdir()):
            if path != job.log and path.name != PROGRAMS:
                tar.add(path, path.name, filter=_owned)
        for name in ("tmp", "zig"):
            info = _owned(tarfile.TarInfo(name))
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(info)
        link = _owned(tarfile.TarInfo(PROGRAMS))
        link.type, link.linkname = tarfile.SYMTYPE, programs
        tar.addfile(link)


def unpack_results(chunks: Iterable[bytes], job: Job) -> None:
    """Put the results, a tar of the folder `out` in pieces, into the job's empty folder `out`.

    Raises `ArchiveDamaged` for what is no such tar or too large, and what `extract` raises.
    """
    archive, carried = job.work / "out.tar", job.work / "carried"
    with archive.open("wb") as file:
        for chunk in _limited(chunks):
            file.write(chunk)
    extract(archive, carried)
    archive.unlink()
    result = carried / "out"
    if result.is_symlink() or not result.is_dir() or len(list(carried.iterdir())) != 1:
        raise ArchiveDamaged(f"{job.work}: the container handed out no folder of results")
    (job.work / "out").rmdir()
    result.rename(job.work / "out")
    carried.rmdir()


def _owned(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = USER
    info.uname = info.gname = ""
    return info


def _limited(chunks: Iterable[bytes]) -> Iterator[bytes]:
    left = _MOST
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise ArchiveDamaged(f"the container hands out more than {_MOST:,} bytes of results")
        yield chunk
