"""The container box: each job in a container of its own, with no network, no root and nothing of the machine.

What a job needs is copied in and what it made is copied out; nothing of the machine is mounted, so an engine elsewhere
does as well. The only thing that jobs share is the compiler's own cache (docs/explanation/isolation.md).

Invariant: a container is removed on every way out of `run`; those of a builder that was killed are removed by the next.
"""

from __future__ import annotations

import shlex
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from docker import APIClient
from docker.types import LogConfig, Mount, Ulimit

from pydist.build import leftovers
from pydist.build.box import BoxKind, last_lines, sign
from pydist.build.carry import USER, pack_job, unpack_results
from pydist.build.image import box_image
from pydist.build.job import BUILD, UMASK, Job, variables_of
from pydist.build.limits import PROCESSES, Watch, memory_of
from pydist.build.surroundings import Image, Surroundings
from pydist.errors import StepFailed
from pydist.policy import engine
from pydist.policy.toolchain import Toolchain
from pydist.progress import Reporter
from pydist.store import Store

__all__ = ["ContainerBox", "volumes"]

_COMPILER = PurePosixPath("/opt/pydist/toolchain/zig")
_PROGRAMS = "/opt/pydist/path"
_CACHE = "/cache"
_ENDED = 143  # the exit code of what is ended by SIGTERM
_LONGEST_NUMBER = 9


@dataclass(slots=True)
class _Running:
    """The containers that run at this moment."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    containers: set[str] = field(default_factory=set)
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerBox:
    """Runs jobs with at most `jobs` programs at a time in one container.

    `cores`, `memory` (bytes) and `processes` are limits of one container; 0 where the engine cannot set one, as engines
    that do not run as root may be. `lease` is a container that is never started: while it is there, nobody's collection
    removes the image and the volumes between two jobs. With `private` it is `apart`.
    """

    toolchain: Toolchain
    image: str
    store: Path
    jobs: int
    cores: int
    memory: int
    processes: int
    lease: str
    private: bool = False
    _running: _Running = field(default_factory=_Running)

    @classmethod
    def open(cls, toolchain: Toolchain, store: Store, *, jobs: int, reporter: Reporter) -> ContainerBox:
        """A box for `store`; makes its image where the engine lacks it, and removes what killed builders left.

        Raises `EnvironmentLacking` where no engine answers or no image can be had.
        """
        with engine.connected() as client:
            leftovers.remove_of_dead_builders(client, store.root)
            facts = client.info()
            image = box_image(client, toolchain, store, reporter)
            return cls(
                toolchain=toolchain,
                image=image,
                lease=_leased(client, image, toolchain, store.root),
                store=store.root,
                jobs=jobs,
                cores=min(jobs, int(facts["NCPU"])) if facts.get("CpuCfsQuota") else 0,
                memory=memory_of(int(facts["MemTotal"])) if facts.get("MemoryLimit") else 0,
                processes=PROCESSES if facts.get("PidsLimit") else 0,
            )

    @property
    def kind(self) -> BoxKind:
        return BoxKind.CONTAINER

    @property
    def cache(self) -> str:
        """The volume with the compiler's own cache."""
        return volumes(self.toolchain)[self.private]

    def apart(self) -> ContainerBox:
        """See `Box.apart`. What runs in the one is ended by `stop` of the other too."""
        return replace(self, private=True)

    def surroundings(self) -> Surroundings:
        """See `Box.surroundings`."""
        with engine.connected() as client:
            identity = str(client.inspect_image(self.image)["Id"])  # type: ignore[no-untyped-call]
        return Surroundings(image=Image(tag=self.image, sha256=identity.removeprefix("sha256:")))

    def run(self, job: Job) -> None:
        """See `Box.run`."""
        with engine.connected() as client:
            leftovers.remove_of_folder(client, job.work)
            sign(job.log, self.kind)
            container = self._started(client, job)
            try:
                with tempfile.TemporaryFile(dir=job.work) as carried:
                    pack_job(job, carried, _PROGRAMS)
                    carried.seek(0)
                    client.put_archive(container, BUILD, carried)
                self._follow(client, container, job)
                unpack_results(client.get_archive(container, f"{BUILD}/out")[0], job)
            finally:
                leftovers.remove(client, container)
                with self._running.lock:
                    self._running.containers.discard(container)

    def stop(self) -> None:
        """See `Box.stop`."""
        with self._running.lock:
            self._running.stopped = True
            containers = sorted(self._running.containers)
        with engine.connected() as client:
            for container in containers:
                leftovers.remove(client, container)

    def close(self) -> None:
        """See `Box.close`."""
        with engine.connected() as client:
            leftovers.remove(client, self.lease)

    def _started(self, client: APIClient, job: Job) -> str:
        """A new container for `job`, in which nothing runs yet."""
        with self._running.lock:
            if self._running.stopped:
                raise StepFailed(job.steps[0].name, job.steps[0].command, _ENDED, str(job.log), [])
            # The heavy job that runs alone at the end has all the programs; together they have few more than that.
            share = max(1, self.jobs // (len(self._running.containers) + 1))
            created = client.create_container(
                image=self.image,
                command=["/bin/sh", "-c", _script(job)],
                user=f"{USER}:{USER}",
                hostname="pydist",
                working_dir=BUILD,
                environment=_environment(job, share),
                labels=leftovers.labels(self.store, job.work),
                network_disabled=True,
                host_config=client.create_host_config(**self._limits()),
            )
            container = str(created["Id"])
            self._running.containers.add(container)
        return container

    def _limits(self) -> dict[str, Any]:
        limits = {
            "mem_limit": self.memory,
            "memswap_limit": self.memory,
            "nano_cpus": self.cores * 1_000_000_000,
            "pids_limit": self.processes,
        }
        return {
            "network_mode": "none",
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "read_only": True,
            "tmpfs": {"/tmp": "size=256m,mode=1777"},  # noqa: S108  the container's, not ours
            # Without a name: the engine removes it with the container. Not in memory, as a tmpfs would be.
            "mounts": [
                Mount(BUILD, None),
                Mount(_CACHE, self.cache),
            ],
            **{name: limit for name, limit in limits.items() if limit},
            "ulimits": [Ulimit(name="core", soft=0, hard=0)],
            # The log is streamed to the builder; the engine need not keep a second one.
            "log_config": LogConfig(type=LogConfig.types.NONE),
        }

    def _follow(self, client: APIClient, container: str, job: Job) -> None:
        """Run the steps, their output going to the log as it comes."""
        numbers, watch = b"", Watch(job.log, len(job.steps))
        with (
            job.log.open("ab", buffering=0) as log,
            _output(client, container) as stream,
            watch.over(partial(_kill, container)),
        ):
            client.start(container)
            for said, at in stream:
                log.write(watch.kept(said or b""))
                *lines, rest = (numbers + (at or b"")).split(b"\n")
                numbers = rest[: _LONGEST_NUMBER + 1]
                for line in lines:
                    # Foreign input: a job has the user of the shell, and so a way to this stream.
                    if line.isdigit() and len(line) <= _LONGEST_NUMBER:
                        watch.reached(int(line))
        code = int(client.wait(container)["StatusCode"])
        watch.check()
        if code != 0 or watch.said:
            step = job.steps[watch.step]
            tail = last_lines(job.log)
            if client.inspect_container(container)["State"].get("OOMKilled"):
                tail.append(f"(killed: a container may use {self.memory:,} bytes of memory)")
            if watch.said:
                tail.append(f"({watch.said})")
            raise StepFailed(step.name, step.command, code, str(job.log), tail)


@contextmanager
def _output(client: APIClient, container: str) -> Iterator[Iterator[tuple[bytes | None, bytes | None]]]:
    """Pieces of standard output and standard error while they come."""
    stream = client.attach(container, stream=True, demux=True)
    try:
        yield stream
    finally:
        # Its own close() leaves the file on top of the socket open.
        stream._response.close()  # type: ignore[attr-defined]


def volumes(toolchain: Toolchain) -> tuple[str, str]:
    """The names of the volumes with a compiler's cache, for our own sources and for those of others."""
    name = f"pydist-toolchain-{toolchain.digest[:16]}"
    return name, f"{name}-private"


def _leased(client: APIClient, image: str, toolchain: Toolchain, store: Path) -> str:
    """A container that holds `image` and the volumes, and does nothing. It is a leftover when this process is gone."""
    mounts = [Mount(f"{_CACHE}/{number}", name) for number, name in enumerate(volumes(toolchain))]
    created = client.create_container(
        image=image,
        command=["/bin/false"],
        labels=leftovers.labels(store, store / "lease"),
        network_disabled=True,
        host_config=client.create_host_config(network_mode="none", mounts=mounts),
    )
    return str(created["Id"])


def _kill(container: str) -> None:
    """End what runs in a container, over a connection of its own: that of the job is in use by another thread."""
    with engine.connected() as client:
        client.kill(container)


def _script(job: Job) -> str:
    """All steps for one shell, which says on standard error, while theirs goes with their output, which one it is at.

    That keeps mistakes apart, and a step that means to can write there: see `Watch.reached` for what it gains by that.
    """
    lines = ["exec 3>&2 2>&1", f"umask {UMASK:03o}", "unset HOSTNAME"]
    for index, step in enumerate(job.steps):
        folder = shlex.quote(f"{BUILD}/{step.folder}")
        lines += [f"echo {index} >&3", f"(cd {folder} && exec {shlex.join(step.command)}) 3>&- || exit $?"]
    return "\n".join(lines)


def _environment(job: Job, programs: int) -> list[str]:
    place = PurePosixPath(BUILD)
    variables = variables_of(job, work=place, compiler=_COMPILER, cache=PurePosixPath(_CACHE))
    return [f"{name}={value}" for name, value in {**variables, "MAKEFLAGS": f"-j{programs}"}.items()]
