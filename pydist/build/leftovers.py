"""Containers that outlived the builder that started them.

A builder killed with SIGKILL cannot remove its containers; they go on until their job is done and then stay. Each says
in its labels which store it works for, in which folder, and for which process. Whoever takes the folder over holds its
lock, so whatever container has it is a leftover; and when a box is opened, those whose process is gone are removed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import APIError, NotFound

__all__ = ["BUILDER", "is_orphan", "labels", "remove", "remove_of_dead_builders", "remove_of_folder"]

_STORE, _WORK, BUILDER = "pydist.store", "pydist.work", "pydist.builder"
_REMOVAL_RUNS = 409  # "removal of container … is already in progress"


def labels(store: Path, work: Path) -> dict[str, str]:
    """What a container of this process says about itself."""
    return {_STORE: str(store), _WORK: str(work), BUILDER: f"{_machine()} {os.getpid()} {_started(os.getpid())}"}


def remove(client: APIClient, container: str) -> None:
    """Remove a container with its volumes, whatever it does; that it is gone already is no error."""
    try:
        client.remove_container(container, force=True, v=True)
    except NotFound:
        return
    except APIError as error:
        if error.status_code != _REMOVAL_RUNS:
            raise


def remove_of_folder(client: APIClient, work: Path) -> None:
    """Remove what works in `work`, whose lock the caller holds."""
    for found in _with(client, f"{_WORK}={work}"):
        remove(client, found["Id"])


def remove_of_dead_builders(client: APIClient, store: Path) -> None:
    """Remove what works for `store` and for a process of this machine that is gone."""
    for found in _with(client, f"{_STORE}={store}"):
        if is_orphan(found["Labels"], running=found["State"] == "running"):
            remove(client, found["Id"])


def _with(client: APIClient, label: str) -> Iterable[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = client.containers(all=True, filters={"label": label})
    return found


def is_orphan(said: Mapping[str, str], *, running: bool) -> bool:
    """Whether a container with the labels `said` has no builder any more."""
    machine, _, process = said.get(BUILDER, "").rpartition(" ")[0].rpartition(" ")
    if machine != _machine():
        # Of another machine with the same engine, or from before a reboot, which no container survives running.
        return not running
    started = said[BUILDER].rpartition(" ")[2]
    return not process.isdigit() or _started(int(process)) != started


def _machine() -> str:
    """What process numbers are counted by: a boot of a kernel, and a namespace of it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = Path("/proc/self/ns/pid").stat().st_ino
        return f"{boot} {namespace}"
    except OSError:
        return "unknown unknown"


def _started(process: int) -> str:
    """When a process began, in the kernel's ticks: with its number, a name that is used once. Empty when it is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except OSError:
        return ""
