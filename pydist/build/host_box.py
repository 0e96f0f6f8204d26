"""The host box: jobs run in place on this machine, with a clean environment and one folder of programs.

It needs nothing installed but those programs. What a script is not meant to see is out of its way rather than out of
its reach: it runs as the user, and with the network. The container box is the stricter one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pydist.build.box import BoxKind, last_lines, sign
from pydist.build.job import PROGRAMS, UMASK, Job, variables_of
from pydist.build.jobserver import JobServer
from pydist.build.limits import Watch
from pydist.build.surroundings import Surroundings, programs_in
from pydist.build.tools import place_tools, programs
from pydist.errors import EnvironmentLacking, StepFailed
from pydist.policy.toolchain import Toolchain

__all__ = ["PATH", "HostBox", "Processes"]

PATH = "/usr/bin:/bin"
"""Where the machine's own programs are taken from."""

_GRACE = 5.0  # seconds between asking a process to end and ending it


@dataclass(frozen=True, slots=True, kw_only=True)
class HostBox:
    """Runs jobs on this machine. `cache` is for the compiler's own use."""

    toolchain: Toolchain
    cache: Path
    jobserver: JobServer
    processes: Processes

    @property
    def kind(self) -> BoxKind:
        return BoxKind.HOST

    def apart(self) -> HostBox:
        """See `Box.apart`."""
        return replace(self, cache=self.cache.with_name("private"))

    def surroundings(self) -> Surroundings:
        """See `Box.surroundings`."""
        return Surroundings(programs=programs_in(PATH))

    def run(self, job: Job) -> None:
        """See `Box.run`."""
        _programs(job.work / PROGRAMS)
        for folder in (self.cache, job.work / "tmp", job.work / "zig"):
            folder.mkdir(parents=True, exist_ok=True)
        variables = variables_of(job, work=job.work, compiler=self.toolchain.path, cache=self.cache)
        environment = {**variables, "MAKEFLAGS": self.jobserver.makeflags}
        sign(job.log, self.kind)
        for step in job.steps:
            with job.log.open("ab") as output, self.jobserver.token():
                watch = Watch(job.log)
                code = self.processes.run(step.command, job.work / step.folder, environment, output.fileno(),
                                          self.jobserver.descriptors, watch=watch)  # fmt: skip
            watch.check()
            if code != 0 or watch.said:
                tail = [*last_lines(job.log), *([f"({watch.said})"] if watch.said else [])]
                raise StepFailed(step.name, step.command, code, str(job.log), tail)

    def stop(self) -> None:
        """See `Box.stop`."""
        self.processes.stop()

    def close(self) -> None:
        """See `Box.close`."""
        self.jobserver.close()


def _programs(folder: Path) -> None:
    """Fill a folder with our tools and with links to the programs that scripts may use."""
    if folder.is_dir():
        return
    folder.mkdir()
    place_tools(folder)
    missing = []
    for name in programs():
        if found := shutil.which(name, path=PATH):
            (folder / name).symlink_to(found)
        else:
            missing.append(name)
    if missing:
        raise EnvironmentLacking(f"this machine lacks {', '.join(missing)} in {PATH}; see `pydist doctor`")


class Processes:
    """The programs that run at this moment, so that all of them can be ended, with their children, by process group."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(
        self,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        output: int,
        descriptors: tuple[int, ...],
        *,
        watch: Watch,
    ) -> int:
        """Run to the end, or until `watch` finds that it passes a limit, and return the exit code; after `stop`, run
        nothing and return that of SIGTERM."""
        with self._lock:
            if self._stopped:
                return -signal.SIGTERM
            process = subprocess.Popen(
                command, cwd=cwd, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                pass_fds=descriptors, start_new_session=True, umask=UMASK,
            )  # fmt: skip
            self._groups.add(process.pid)
        try:
            with _guarded(process.pid), watch.over(partial(_signal, [process.pid], signal.SIGKILL)):
                return process.wait()
        finally:
            with self._lock:
                self._groups.discard(process.pid)

    def stop(self) -> None:
        """End everything that runs and let nothing new begin; what does not end when asked to is killed."""
        with self._lock:
            self._stopped = True
            groups = sorted(self._groups)
        _signal(groups, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        while self._groups and time.monotonic() < deadline:
            time.sleep(0.05)
        _signal(sorted(self._groups), signal.SIGKILL)


@contextmanager
def _guarded(group: int) -> Iterator[None]:
    """Inside, `group` is killed when this process ends, even by SIGKILL: then the guard is told nothing, and reads the
    end of a pipe. PR_SET_PDEATHSIG would reach the script alone, not the compilers that it started."""
    guard = subprocess.Popen(
        ["/bin/sh", "-c", 'read -r done || kill -s KILL -- "-$1"', "guard", str(group)], env={}, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        guard.communicate(b"\n")


def _signal(groups: Sequence[int], number: signal.Signals) -> None:
    for group in groups:
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):
            # It is gone, or its number is somebody else's by now: the others are to be ended all the same.
            continue
