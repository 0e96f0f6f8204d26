"""Whether this machine runs programs of a target, and with which emulator."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from pydist.errors import EnvironmentLacking
from pydist.policy import targets
from pydist.target import Arch, Target

__all__ = ["emulator_for", "starts_children"]


def emulator_for(target: Target, *, static: bool, given: Sequence[str] | None = None) -> tuple[str, ...]:
    """The start of the command that runs programs for `target` here, empty where the machine itself does; `given`
    replaces the one that the table of targets has.

    Raises `EnvironmentLacking` that names everything that is missing.
    """
    if given is None and target.runs_here:
        return ()
    row = targets.load().get(target.triple)
    command = tuple(given) if given is not None else (row.emulator if row else ())
    lead = f"programs for {target} do not run on this machine"
    if not command:
        raise EnvironmentLacking(f"{lead}; name one that runs them: --emulator")
    if row is not None and given is None:
        linkage = row.static if static else row.dynamic
        wanted = {command[0]: "qemu-user-static", **row.runner, **(linkage.loader if linkage else {})}
        missing = {path: package for path, package in wanted.items() if not Path(path).exists()}
        if missing:
            packages = " ".join(sorted(set(missing.values())))
            names = ", no ".join(missing)
            raise EnvironmentLacking(f"{lead}, and there is no {names} to run them with; run: apt install {packages}")
    found = shutil.which(command[0])
    if found is None:
        raise EnvironmentLacking(f"{command[0]} is not installed; run: apt install qemu-user-static")
    return (found, *command[1:])


def starts_children(target: Target) -> bool:
    """Whether programs of `target` can start each other here: the machine runs them, or binfmt_misc hands them to an
    emulator (Documentation/admin-guide/binfmt-misc.rst)."""
    if target.runs_here:
        return True
    if target.arch is Arch.X86_64:
        return False
    try:
        about = Path(f"/proc/sys/fs/binfmt_misc/qemu-{target.arch}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "enabled" in about.splitlines()
