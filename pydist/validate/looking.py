"""Looks at members in this process, and in helpers once there is enough to look at.

Invariant: what was seen is handed over in the order in which members were given, whoever looked at them. A helper has
never more than `_WAITING` bytes to look at, and this process one member; what is longer than `_BATCH` is whole in one
of them only.
"""

from __future__ import annotations

import io
import os
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Self

from pydist.validate.line import HelperLost, Line
from pydist.validate.members import Seen, Task, see

__all__ = ["ALONE", "HelperLost", "Helpers", "Looking"]

_BATCH, _TASKS = 1 << 20, 256  # bytes and members of one question: small enough to be ready soon, large enough to pay
_WAITING = 32 << 20  # bytes that wait for one helper, or that it looks at: a quarter of a second of work
_WINDOW = 512  # answers that wait for an earlier one
_MOST = 4  # reading and inflating, which is one process's, takes a quarter of all time


@dataclass(frozen=True, slots=True, kw_only=True)
class Helpers:
    """How many processes help, once more than `after` bytes were looked at without them."""

    count: int
    # A helper takes as long to start as this takes to look at.
    after: int = 16 << 20

    @classmethod
    def of_this_machine(cls) -> Helpers:
        """One for each other processor that this process may run on."""
        able = not getattr(sys, "frozen", False) and sys.executable
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return cls(count=min(processors - 1, _MOST) if able else 0)


ALONE = Helpers(count=0)


class Looking:
    """Gives each member's `Seen` to `take`. A context manager: helpers are gone when it ends.

    All methods raise `HelperLost` when one is gone before.
    """

    def __init__(self, take: Callable[[Seen], None], helpers: Helpers) -> None:
        self._take, self._helpers = take, helpers
        self._alone = 0
        self._batch: list[tuple[Task, bytes]] = []
        self._bytes = 0
        self._window: deque[Future[list[Seen]]] = deque()
        self._lines: list[Line] = []

    def put(self, task: Task, size: int, head: bytes, stream: BinaryIO) -> None:
        """Look at a member of `size` bytes, which begins with `head` and goes on with `stream`; now or later."""
        if size <= _BATCH or not self._lines:
            self.put_whole(task, _whole(head, stream))
            return
        line = self._free(size)
        if line is None:
            self.pass_on(see(task, _whole(head, stream)))
        else:
            self._send()
            self._window.append(line.ask_in_pieces(task, stream, head, size, _BATCH))
            self._hand_over(_WINDOW)

    def put_whole(self, task: Task, data: bytes) -> None:
        """Look at a member that was read already."""
        if not self._lines:
            self._take(see(task, data))
            self._count(len(data))
            return
        self._batch.append((task, data))
        self._bytes += len(data)
        if self._bytes >= _BATCH or len(self._batch) >= _TASKS:
            self._send()

    def pass_on(self, seen: Seen) -> None:
        """A member that was looked at already, in its turn."""
        self._send()
        self._window.append(_done([seen]))
        self._hand_over(_WINDOW)

    def finish(self) -> None:
        """Wait until everything was handed over."""
        self._send()
        self._hand_over(0)

    def _count(self, size: int) -> None:
        self._alone += size
        if self._helpers.count and self._alone > self._helpers.after:
            for _ in range(self._helpers.count):
                self._lines.append(Line())

    def _free(self, size: int) -> Line | None:
        """The line on which least is waiting, when it can take `size` bytes more; else this process has the time."""
        line = min(self._lines, key=lambda line: line.waiting)
        return line if line.waiting + size <= _WAITING else None

    def _send(self) -> None:
        batch, size = self._batch, self._bytes
        self._batch, self._bytes = [], 0
        if not batch:
            return
        line = self._free(size)
        self._window.append(_done([see(*pair) for pair in batch]) if line is None else line.ask(batch, size))
        self._hand_over(_WINDOW)

    def _hand_over(self, most: int) -> None:
        """What is done and in order; wait until no more than `most` answers are missing."""
        while self._window and (len(self._window) > most or self._window[0].done()):
            for seen in self._window.popleft().result():
                self._take(seen)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._lines:
            line.close()


def _whole(head: bytes, stream: BinaryIO) -> bytes:
    """All of a member. Pieces in a list would be in memory twice while they are joined."""
    held = io.BytesIO()
    held.write(head)
    while piece := stream.read(_BATCH):
        held.write(piece)
    return held.getvalue()


def _done(seen: list[Seen]) -> Future[list[Seen]]:
    made: Future[list[Seen]] = Future()
    made.set_result(seen)
    return made
