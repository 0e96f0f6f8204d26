"""GNU make's jobserver, shared by all nodes that build at once, so that `--jobs` holds for them together.

A pipe with one byte per job. Every running script holds one token (make's implicit one); the makes below it take
further tokens from the pipe. Protocol: https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html
"""

from __future__ import annotations

import fcntl
import os
import select
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["JobServer"]

# configure scripts use the low descriptors for themselves (5 to 8 in autoconf's).
_FIRST_DESCRIPTOR = 64
_MOST = 4096


class JobServer:
    """`jobs` tokens in a pipe (at most 4096, so that they fit into it), to be closed after use."""

    def __init__(self, jobs: int) -> None:
        read, write = os.pipe()
        self._read = fcntl.fcntl(read, fcntl.F_DUPFD_CLOEXEC, _FIRST_DESCRIPTOR)
        self._write = fcntl.fcntl(write, fcntl.F_DUPFD_CLOEXEC, _FIRST_DESCRIPTOR)
        os.close(read)
        os.close(write)
        os.write(self._write, b"+" * min(jobs, _MOST))

    @property
    def makeflags(self) -> str:
        """What `MAKEFLAGS` has to say."""
        return f" -j --jobserver-auth={self._read},{self._write}"

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What a child process must inherit."""
        return (self._read, self._write)

    @contextmanager
    def token(self) -> Iterator[None]:
        """Hold one job; waits until there is one."""
        token = self._take()
        try:
            yield
        finally:
            os.write(self._write, token)

    def _take(self) -> bytes:
        # make sets O_NONBLOCK on the description that it shares with us, so reading alone does not wait.
        while True:
            select.select([self._read], [], [])
            try:
                return os.read(self._read, 1)
            except BlockingIOError:
                continue

    def close(self) -> None:
        os.close(self._read)
        os.close(self._write)
