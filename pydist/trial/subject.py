"""What is tried out, and how its programs are started here.

Invariant: trials write below `work` only. A Python that stands where its user has it (`installed`) is started with
`-B`, so that it leaves no bytecode behind.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from pydist.errors import InputError
from pydist.target import Target
from pydist.trial.running import Ended, run

__all__ = ["Subject", "checked_series"]

_SLOWER = 8  # an emulator against the machine itself, measured with the standard library's import
_SERIES = re.compile(r"3\.\d{1,2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One Python. `python` is its interpreter, `prefix` what that calls `sys.prefix`, `work` a private folder.

    `linking` is `static` for programs that can load nothing, else `dynamic`. `left_out` maps extension modules that are
    not there to the reason. `emulator` is what starts its programs; `registered` says that the kernel starts them by
    itself, also those that they start. `seconds` is the deadline of one program, `until` that of all together
    (`time.monotonic`). `largest` is how many bytes a file may have that they
    write. `watch` is called twice a second while a program runs; what it raises ends the program. `untouched` is a copy
    of the tree in which nothing was ever started.
    """

    work: Path
    python: Path
    prefix: Path
    series: str
    options: tuple[str, ...]
    linking: str
    target: Target
    emulator: tuple[str, ...] = ()
    registered: bool = True
    extensions: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    installed: bool = False
    seconds: float = 120
    until: float = float("inf")
    largest: int = 4 << 30
    watch: Callable[[], None] | None = None
    untouched: Path | None = None

    def environment(self, **more: str) -> dict[str, str]:
        """Variables for a program of the distribution: nothing of the caller's."""
        home = self.work / "home"
        home.mkdir(exist_ok=True)
        return {"PATH": os.defpath, "HOME": str(home), "TMPDIR": str(self.work), "LC_ALL": "C.UTF-8", **more}

    def start(
        self,
        *arguments: str | os.PathLike[str],
        program: Path | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        given: str = "",
        user: int | None = None,
    ) -> Ended:
        """Run the interpreter (or `program`, for the same target) with `arguments`."""
        return self.run(self.command(*arguments, program=program), cwd, env, given=given, user=user)

    def command(self, *arguments: str | os.PathLike[str], program: Path | None = None) -> list[str | os.PathLike[str]]:
        """What starts the interpreter (or `program`) here."""
        return [*self.emulator, program or self.python, *(["-B"] if self.installed else []), *arguments]

    def run(
        self,
        command: Sequence[str | os.PathLike[str]],
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        *,
        given: str = "",
        executable: Path | None = None,
        user: int | None = None,
    ) -> Ended:
        """Run any program, with the environment and the deadline of those of the distribution."""
        return run(
            command,
            cwd=cwd or self.work,
            env=self.environment() if env is None else env,
            seconds=self.patience(self.seconds),
            given=given,
            executable=executable,
            user=user,
            largest=self.largest,
            each=self.watch,
        )

    def patience(self, seconds: float) -> float:
        """A deadline for this machine: an emulator needs longer, and nothing runs longer than all may together."""
        return max(0.0, min(seconds * (_SLOWER if self.emulator else 1), self.until - time.monotonic()))

    def within(self, work: Path, seconds: float | None = None) -> Self:
        """The same distribution with another folder to write into, and another deadline."""
        return replace(self, work=work, seconds=self.seconds if seconds is None else seconds)

    def copy(self, place: Path) -> Path:
        """The installed tree once more, below `place`, as links to the same files; the interpreter in it."""
        shutil.copytree(self.untouched or self.prefix, place, symlinks=True, copy_function=os.link)
        return place / self.python.relative_to(self.prefix)

    def copied_first(self) -> Self:
        """The same with a copy of the tree that others are made from while programs run in the tree itself: those write
        bytecode into it under names that are gone when `copytree` comes to them."""
        place = self.work / "untouched"
        self.copy(place)
        return replace(self, untouched=place)


def checked_series(text: object) -> str:
    """`text` when it is a series of Python (`3.14`), of which names of folders are made. Raises `InputError`."""
    if not isinstance(text, str) or not _SERIES.fullmatch(text):
        raise InputError(f"python_major_minor_version: expected a version like 3.14, found {str(text)[:80]!r}")
    return text
