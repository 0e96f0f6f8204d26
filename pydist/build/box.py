"""The host box: where a build script runs when there is no container. A clean environment and private folders.

Invariant: a script sees the variables and programs listed here and nothing else of the caller or the machine. The
contract with the scripts is documented in docs/reference/recipes.md.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydist.archive.write import DEFAULT_MTIME
from pydist.build.jobserver import JobServer
from pydist.errors import EnvironmentLacking, StepFailed
from pydist.policy import resources
from pydist.policy.targets import TargetRow
from pydist.policy.toolchain import Toolchain

__all__ = ["EPOCH", "PATH", "HostBox", "Processes"]

EPOCH = DEFAULT_MTIME  # SOURCE_DATE_EPOCH of every build is the date the archives carry
PATH = "/usr/bin:/bin"
"""Where the machine's own programs are taken from."""

_TAIL = 25
_GRACE = 5.0  # seconds between asking a process to end and ending it
_COMPILER = ("clang", "clang++", "cc", "gcc", "c++", "g++")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostBox:
    """Runs scripts on this machine with one toolchain for one target. `cache` is for the compiler's own use."""

    toolchain: Toolchain
    target: TargetRow
    cache: Path
    jobserver: JobServer
    processes: Processes

    @property
    def fixed(self) -> dict[str, str]:
        """The variables that are the same for every script of a target: part of every key."""
        return {
            "LC_ALL": "C",
            "TZ": "UTC",
            "SOURCE_DATE_EPOCH": str(EPOCH),
            "CC": "clang",
            "CXX": "clang++",
            "AR": "ar",
            "RANLIB": "ranlib",
            "PKG_CONFIG": "false",
            "ARCH": self.target.target.arch.value,
            "TRIPLE": self.target.target.triple,
            "CONFIGURE_HOST": self.target.configure,
            "PYDIST_ZIG_TARGET": self.target.zig,
            "PYDIST_MULTIARCH": self.target.multiarch,
            "PYDIST_CFLAGS": " ".join(self.target.cflags),
        }

    def run(
        self, step: str, command: Sequence[str], *, work: Path, cwd: Path, variables: Mapping[str, str], log: Path
    ) -> None:
        """Run `command` in `cwd`, everything it says going to `log`. Raises `StepFailed` that names `step`."""
        environment = {
            **self.fixed,
            "PATH": str(self._tools(work)),
            "HOME": str(work),
            "TMPDIR": str(_made(work / "tmp")),
            "PYDIST_WORK": str(work),
            "PYDIST_ZIG": str(self.toolchain.path),
            "PYDIST_ZIG_LIB": str(self.toolchain.folder / "lib"),
            "ZIG_GLOBAL_CACHE_DIR": str(_made(self.cache)),
            "ZIG_LOCAL_CACHE_DIR": str(_made(work / "zig")),
            "MAKEFLAGS": self.jobserver.makeflags,
            **variables,
        }
        with log.open("ab") as output, self.jobserver.token():
            code = self.processes.run(command, cwd, environment, output.fileno(), self.jobserver.descriptors)
        if code != 0:
            raise StepFailed(step, command, code, str(log), _last_lines(log))

    def _tools(self, work: Path) -> Path:
        """A folder with our compiler under all its names, and with links to the programs that scripts may use."""
        tools = work / "tools"
        if tools.is_dir():
            return tools
        tools.mkdir()
        source = resources.builders() / "box"
        for name, script in {**dict.fromkeys(_COMPILER, "clang"), "ar": "ar", "ranlib": "ranlib", "ld": "ld"}.items():
            shutil.copyfile(source / script, tools / name)
            (tools / name).chmod(0o755)
        missing = []
        # All that scripts may use of the machine. configure takes whatever else it finds (llvm-profdata, tclsh, nm,
        # readelf …) for an invitation, and the result would depend on the machine.
        for name in (source / "programs.txt").read_text(encoding="utf-8").split():
            if found := shutil.which(name, path=PATH):
                (tools / name).symlink_to(found)
            else:
                missing.append(name)
        if missing:
            raise EnvironmentLacking(f"this machine lacks {', '.join(missing)} in {PATH}; see `pydist doctor`")
        return tools


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
    ) -> int:
        """Run to the end and return the exit code; after `stop`, run nothing and return that of SIGTERM."""
        with self._lock:
            if self._stopped:
                return -signal.SIGTERM
            process = subprocess.Popen(
                command, cwd=cwd, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                pass_fds=descriptors, start_new_session=True,
            )  # fmt: skip
            self._groups.add(process.pid)
        try:
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


def _signal(groups: Sequence[int], number: signal.Signals) -> None:
    for group in groups:
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            continue


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _last_lines(log: Path) -> list[str]:
    with log.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n")[:300] for line in deque(file, maxlen=_TAIL)]
