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
"""For one step. The longest, linking CPython with optimisation, takes a quarter of an hour on two cores."""
PROCESSES = 4096
"""At once in one container: many times what `make -j` of the largest machine starts, and no fork bomb."""

_RESERVE_SHARE = 0.15
_RESERVE_BYTES = 512 << 20
_INTERVAL = 1.0  # seconds between two looks; what a step writes in this time is what a log can have too much


def memory_of(machine: int) -> int:
    """Bytes that one container may use on a machine with `machine` bytes of memory.

    All but a reserve for the engine and the one who builds: a share of it, on small machines half a gigabyte and never
    more than half. Not divided by the number of containers, since the last link of a build, which runs alone, needs it
    all; when several need more than there is, the kernel ends the largest.
    """
    return machine - min(max(int(machine * _RESERVE_SHARE), _RESERVE_BYTES), machine // 2)


class Watch:
    """Looks at the log and the clock while a step runs. `said` is the limit that was passed, empty if none was."""

    def __init__(self, log: Path) -> None:
        self.said = ""
        self._log = log
        self._began = time.monotonic()
        self._over = threading.Event()

    def next_step(self) -> None:
        """The time that is left begins again."""
        self._began = time.monotonic()

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
            self.said = self.said or self._passed()
            if self.said:
                # An engine that fails at this moment is asked again.
                with contextlib.suppress(EnvironmentLacking):
                    end()

    def _passed(self) -> str:
        if self._log.stat().st_size > LOG_BYTES:
            return f"ended: the log of a job may have {LOG_BYTES:,} bytes"
        if time.monotonic() - self._began > STEP_SECONDS:
            return f"ended: a step may take {STEP_SECONDS:,} seconds"
        return ""
