"""What a machine must have for pydist to work there (`builders/needs.toml`), what it has, and how to get the rest.

Invariant: `look` changes nothing; only `install` does, only through `apt-get`, and only packages the table names.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydist.errors import EnvironmentLacking, FaultCollector, StepFailed
from pydist.policy.resources import builders
from pydist.policy.table import Row, read_toml
from pydist.progress import Reporter, Silent

__all__ = ["Need", "NeedKind", "State", "can_install", "install", "load", "look", "require", "sentence"]

_PROBE_SECONDS = 20
_TAIL = 20


class NeedKind(StrEnum):
    COMMAND = "command"
    MODULE = "module"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One row of the table; the fields are described at its head."""

    kind: NeedKind
    name: str
    package: str
    why: str
    verbs: tuple[str, ...]
    probe: tuple[str, ...] = ()
    optional: bool = False

    @property
    def remedy(self) -> str:
        """The command that provides it."""
        if self.kind is NeedKind.ENGINE:
            return f"apt install {self.package}, and start it"
        if self.kind is NeedKind.MODULE:
            return f'pip install "{self.package}"'
        return f"apt install {self.package}"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A need as found on this machine; `where` is its path, or what went wrong, or empty."""

    need: Need
    present: bool
    where: str


def load(path: Path | None = None) -> tuple[Need, ...]:
    """The table, in its own order. Raises `InputError` with all faults of a table that is not well formed."""
    path = path or builders() / "needs.toml"
    faults = FaultCollector(path.name)
    needs = []
    for index, values in enumerate(read_toml(path).get("need", [])):
        with faults.at(f"need[{index}]"):
            row = Row(values, faults)
            kind = row.text("kind")
            if kind and kind not in set(NeedKind):
                faults.add("kind", f"expected one of {', '.join(NeedKind)}, found {kind!r}")
            needs.append(
                Need(
                    kind=NeedKind(kind) if kind in set(NeedKind) else NeedKind.COMMAND,
                    name=row.text("name"),
                    package=row.text("package"),
                    why=row.text("why"),
                    verbs=row.texts("verbs"),
                    probe=row.texts("probe", []),
                    optional=row.flag("optional"),
                )
            )
            row.done()
    names = [need.name for need in needs]
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(name, "named by more than one row")
    faults.raise_if_any("the table of needs is damaged")
    return tuple(needs)


def look(needs: Iterable[Need], path: str | None = None) -> list[State]:
    """What this machine has of `needs`; commands are looked for in `path` (default: `$PATH`)."""
    return [_look(need, path) for need in needs]


def can_install() -> bool:
    """Whether `install` can work here: run as root on a system with `apt-get`."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(lacking: Sequence[Need], reporter: Reporter | None = None) -> None:
    """Install the Debian packages of `lacking`; rows of other kinds are left to the user.

    Raises `EnvironmentLacking` where apt cannot be used and `StepFailed` where it fails.
    """
    packages = sorted({need.package for need in lacking if need.kind is NeedKind.COMMAND})
    if not packages:
        return
    if not can_install():
        raise EnvironmentLacking(sentence(lacking))
    reporter = reporter or Silent()
    reporter.step("apt-get", " ".join(packages))
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    # A machine that was never updated has no package lists, and one with lists needs no update.
    if _run(command).returncode != 0:
        _run(["apt-get", "update"])
        result = _run(command)
        if result.returncode != 0:
            tail = deque(result.stdout.splitlines(), _TAIL)
            raise StepFailed("installing what the machine lacks", command, result.returncode, "(none)", list(tail))
    reporter.finish("apt-get", " ".join(packages))


def require(verb: str, path: str | None = None) -> None:
    """Raise `EnvironmentLacking` that names, in one line, everything `verb` needs and this machine lacks.

    `path` is where commands are looked for (default: `$PATH`).
    """
    states = look((need for need in load() if verb in need.verbs and not need.optional), path)
    lacking = [state.need for state in states if not state.present]
    if lacking:
        raise EnvironmentLacking(sentence(lacking))


def sentence(lacking: Sequence[Need]) -> str:
    """One line that names all of `lacking` and the commands that provide it."""
    packages = sorted({need.package for need in lacking if need.kind is NeedKind.COMMAND})
    modules = sorted({need.package for need in lacking if need.kind is NeedKind.MODULE})
    remedies = []
    if packages:
        remedies.append(f"apt install {' '.join(packages)}")
    if modules:
        remedies.append("pip install " + " ".join(f'"{name}"' for name in modules))
    return f"this machine lacks {', '.join(need.name for need in lacking)}; run: {' && '.join(remedies)}"


def _look(need: Need, path: str | None) -> State:
    if need.kind is NeedKind.ENGINE:
        # Here, because `pydist link` comes by and must not wait for its import.
        from pydist.policy import engine

        answer = engine.look()
        return State(need=need, present=answer is not None, where=answer or "")
    if need.kind is NeedKind.MODULE:
        spec = importlib.util.find_spec(need.name)
        return State(need=need, present=spec is not None, where=(spec.origin or "") if spec else "")
    found = shutil.which(need.name, path=path)
    if found is None:
        return State(need=need, present=False, where="")
    if need.probe and (complaint := _probe(need.probe)):
        return State(need=need, present=False, where=f"{found}: {complaint}")
    return State(need=need, present=True, where=found)


def _probe(command: Sequence[str]) -> str:
    """What a failing probe says first, or nothing."""
    try:
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if result.returncode == 0 else (result.stderr.strip().splitlines() or ["its probe failed"])[0]


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
        check=False,
    )
