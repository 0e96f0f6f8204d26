"""The judged interpreter is started in an empty environment and asked what it is, then to import its modules.

Invariant: it is started until every module was tried: one that takes it down costs a start, and is known by its name.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydist.progress import Reporter
from pydist.trial.outcome import printable
from pydist.trial.running import Ended, run

__all__ = ["Answers", "Conversation"]

_PATIENCE = 10  # how much slower an emulator may be
_DEADLINE = 120.0  # seconds for everything; 110 modules import in less than two
_START_DEADLINE = 60.0
_OUTPUT_LIMIT = 16 << 20
_STARTS = 40  # each module that takes the interpreter down costs one


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """`said` is what it answered, empty when it did not; `failed` maps modules to reasons.

    `fault` says why it does not work, `refused` why this machine cannot start it.
    """

    fault: str | None = None
    refused: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict)
    imported: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)


class Conversation:
    """With `program`, started by `emulator` where it needs one, in the folder `work`."""

    def __init__(
        self, program: Path, modules: list[str], work: Path, emulator: tuple[str, ...], reporter: Reporter
    ) -> None:
        self._work, self._reporter = work, reporter
        self._program, self._emulator = program, emulator
        self._patience = _PATIENCE if emulator else 1
        self._modules = modules
        self._said: dict[str, Any] = {}
        self._imported: dict[str, None] = {}  # in order; there may be as many as a manifest has room for
        self._failed: dict[str, str] = {}
        self._until = time.monotonic() + _DEADLINE * self._patience

    def hold(self) -> Answers:
        fault = refused = None
        for _ in range(_STARTS):
            waiting = [name for name in self._modules if name not in self._imported and name not in self._failed]
            if self._said and not waiting:
                break
            ended = self._start(waiting)
            if ended.refused is not None:
                # Linux says "no such file" when the loader that the program names is missing.
                text = f"{self._program.name} cannot be started here: {os.strerror(ended.refused)}"
                fault, refused = (None, text) if ended.refused == errno.ENOENT else (text, None)
                break
            progress = any(name in self._failed or name in self._imported for name in waiting)
            if not progress and (waiting or not self._said):
                lacking = "GLIBC_" in ended.err and "not found" in ended.err
                how = printable(ended.how)
                fault, refused = (None, f"this system is too old: {how}") if lacking else (how, None)
                break
        for name in sorted(set(self._modules) - {*self._imported, *self._failed}) if self._said else ():
            self._failed[name] = "not tried: too many other modules took the interpreter down"
        return Answers(
            fault=fault, refused=refused, said=self._said, imported=tuple(self._imported), failed=self._failed
        )

    def _start(self, modules: list[str]) -> Ended:
        """One process: take in what it says."""
        marker = secrets.token_hex(16)
        ended = run(
            [*self._emulator, self._program, "-I", "-B", "-c", _probe()],
            cwd=self._work,
            env={},
            seconds=min(_START_DEADLINE * self._patience, max(1.0, self._until - time.monotonic())),
            given=json.dumps({"marker": marker, "modules": modules}),
            largest=_OUTPUT_LIMIT,
        )
        begun = self._take(ended.out, marker)
        if begun is not None:
            self._failed[begun] = printable(ended.how)
        return ended

    def _take(self, output: str, marker: str) -> str | None:
        """Note what was said; return the module whose import was begun and not ended."""
        begun = None
        for line in output.splitlines():
            if not line.startswith(marker):
                continue
            match _answer(line[len(marker) :]):
                case {"facts": dict(said)}:
                    self._said = said
                case {"begin": str(name)}:
                    begun = name
                case {"imported": str(name)}:
                    self._imported[name] = None
                    begun = None
                case {"failed": str(name), "reason": str(reason)}:
                    self._failed[name] = reason
                    begun = None
        self._reporter.advance("run", len(self._imported), len(self._modules))
        return begun


def _probe() -> str:
    return Path(__file__).with_name("probe.py").read_text(encoding="utf-8")


def _answer(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
