"""Errors that pydist raises on purpose, and the collector that gathers all faults of one input.

Invariant: every `PydistError` carries an exit code and a message that a user can act on. The command line
shows it without a traceback; any other exception is a bug and keeps its traceback (design.md, section 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

__all__ = ["EnvironmentLacking", "Fault", "FaultCollector", "InputError", "PydistError", "StepFailed"]


class PydistError(Exception):
    """Base of all errors a user can do something about. `exit_code` is what the command line returns."""

    exit_code: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input: where it stands and what would be right."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class InputError(PydistError):
    """The input or the way pydist was called is wrong; all known faults are listed, not the first only."""

    exit_code = 2

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {fault}" for fault in self.faults)])


class EnvironmentLacking(PydistError):
    """The machine lacks something (a tool, a package, a network); the message says what to install."""

    exit_code = 3


class StepFailed(PydistError):
    """A step that ran a program failed: shows the command, the last lines of its log and the log's path."""

    exit_code = 3

    def __init__(self, step: str, command: Sequence[str], returncode: int, log: str, tail: Sequence[str]) -> None:
        super().__init__(step)
        self.step, self.command, self.returncode, self.log, self.tail = (
            step,
            tuple(command),
            returncode,
            log,
            tuple(tail),
        )

    def __str__(self) -> str:
        lines = "\n".join(f"    {line}" for line in self.tail) or "    (no output)"
        return (
            f"{self.step} failed with exit code {self.returncode}\n"
            f"  command: {' '.join(self.command)}\n  last lines:\n{lines}\n  whole log: {self.log}"
        )


@dataclass(slots=True)
class FaultCollector:
    """Gathers faults so that a reader can report all of them at once.

    >>> faults = FaultCollector("PYTHON.json")
    >>> faults.add("version", "expected '8', found '9'")
    >>> with faults.at("build_info"):
    ...     faults.add("core", "missing")
    >>> [str(fault) for fault in faults.faults]
    ["PYTHON.json: version: expected '8', found '9'", 'PYTHON.json: build_info.core: missing']
    """

    source: str
    faults: list[Fault] = field(default_factory=list)
    _path: list[str] = field(default_factory=list)

    def add(self, where: str, message: str) -> None:
        path = ".".join([*self._path, where] if where else self._path).replace(".[", "[")
        self.faults.append(Fault(f"{self.source}: {path}" if path else self.source, message))

    @contextmanager
    def at(self, where: str) -> Iterator[None]:
        """Faults added inside stand below `where`; list positions are written `[3]`."""
        self._path.append(where)
        try:
            yield
        finally:
            self._path.pop()

    def raise_if_any(self, message: str) -> None:
        """Raise one `InputError` that lists every fault gathered so far."""
        if self.faults:
            raise InputError(message, self.faults)
