"""How much a job may use before it is ended: what runs away must not fill a disk or hold a builder for days.

Invariant: every limit is far above what any recipe needs; none of them can be seen in a result.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pydist.errors import EnvironmentLacking

__all__ = ["LOG_BYTES", "PROCESSES", "STEP_SECONDS", "Watch", "memory_of"]

LOG_BYTES = 256 << 20
"""Of all that the steps of one job say. The longest log of a recipe, that of a training, has a few megabytes."""
STEP_SECONDS = 6 * 3600
"""For one step, which is a whole build script. The longest are those of CPython, its training and optimised build."""
PROCESSES = 4096
"""At once in one container: many times what `make -j` of the largest machine starts, and no fork bomb."""

_RESERVE_SHARE = 0.15
_RESERVE_BYTES = 512 << 20
_INTERVAL = 1.0  # seconds between two looks; what a step of the host box writes in this time is too much in a log


def memory_of(machine: int) -> int:
    """Bytes that one container may use on a machine with `machine` bytes of memory.

    All but a reserve for the engine and the one who builds: a share of it, on small machines half a gigabyte and never
    more than half. Not divided by the number of containers, since the last link of a build, which runs alone, needs it
    all; when several need more than there is, the kernel ends the largest.
    """
    return machine - min(max(int(machine * _RESERVE_SHARE), _RESERVE_BYTES), machine // 2)


class Watch:
    """Looks at the log and the clock while the `steps` steps of a job run. `said` is the limit that was passed, if any;
    ask for it after `check`."""

    def __init__(self, log: Path, steps: int = 1) -> None:
        self.said = ""
        self.step = 0
        self._steps = steps
        self._log = log
        self._written = 0
        self._began = time.monotonic()
        self._over = threading.Event()

    def reached(self, step: int) -> None:
        """The time that is left begins again when `step` is further on, which is so once for each step: whatever calls
        itself a step, all of them together have no more than their number times that time."""
        if self.step < step < self._steps:
            self.step = step
            self._began = time.monotonic()

    def kept(self, said: bytes) -> bytes:
        """What of `said`, which the caller is about to write, the log may have: nothing once a limit is passed."""
        self._written += len(said)
        if self._written > LOG_BYTES:
            self.said = self.said or _log_passed()
        return b"" if self.said else said

    def check(self) -> None:
        """After the end: between two looks a step may have written what it liked, and ended well."""
        if self._log.stat().st_size > LOG_BYTES:
            self.said = self.said or _log_passed()

    @contextlib.contextmanager
    def over(self, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` (from a thread, and again until it helps) as soon as what runs inside passes a limit."""
        thread = threading.Thread(target=self._look, args=(end,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _look(self, end: Callable[[], None]) -> None:
        while not self._over.wait(_INTERVAL):
            # An engine that fails at this moment, or a log that cannot be looked at, is asked again.
            with contextlib.suppress(EnvironmentLacking, OSError):
                if time.monotonic() - self._began > STEP_SECONDS:
                    self.said = self.said or f"ended: a step may take {STEP_SECONDS:,} seconds"
                if not self.said:
                    self.check()
                if self.said:
                    end()


def _log_passed() -> str:
    return f"ended: the log of a job may have {LOG_BYTES:,} bytes"
