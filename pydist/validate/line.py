"""The line to a helper: questions go out and answers come in without anybody waiting for the other end.

Invariant: answers are in the order of questions; when the helper is gone, every answer that is missing says so.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import Future
from typing import IO, cast

from pydist.validate.helper import BATCH, END, LARGE, PIECE, VOID, read_frame, write_frame
from pydist.validate.members import Seen, Task

__all__ = ["HelperLost", "Line"]

_START = "import sys; sys.path[:] = sys.argv[1:]; from pydist.validate.helper import main; main()"
Answer = Future[list[Seen]]


class HelperLost(Exception):
    """A helper did not start or is gone. Internal: the one who gathers begins anew without."""


class Line:
    """A helper and the two threads that talk with it. `waiting` are bytes of questions without an answer."""

    def __init__(self) -> None:
        # Not multiprocessing: it would run the main module again, which may be a script that calls pydist unguarded.
        command = [sys.executable, "-I", "-S", "-W", "ignore", "-c", _START, *map(os.path.abspath, sys.path)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the one who asks
            )
        except OSError as error:
            raise HelperLost from error
        self.waiting = 0
        self._frames: queue.SimpleQueue[tuple[bytes, bytes] | None] = queue.SimpleQueue()
        self._answers: deque[tuple[Answer, int]] = deque()
        self._lock, self._lost = threading.Lock(), False
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._write, self._read)]
        for thread in self._threads:
            thread.start()

    def ask(self, batch: list[tuple[Task, bytes]], size: int) -> Answer:
        """What is seen of small members, of `size` bytes together."""
        answer = self._expect(size)
        self._frames.put((BATCH, pickle.dumps(batch, pickle.HIGHEST_PROTOCOL)))
        return answer

    def ask_in_pieces(self, task: Task, stream: IO[bytes], head: bytes, size: int, piece: int) -> Answer:
        """What is seen of a large member that begins with `head` and goes on with `stream`. What `stream` raises is
        raised here, and there is no answer then."""
        self._frames.put((LARGE, pickle.dumps(task, pickle.HIGHEST_PROTOCOL)))
        data = head
        try:
            while data:
                self._frames.put((PIECE, data))
                data = stream.read(piece)
        except BaseException:
            self._frames.put((VOID, b""))
            raise
        answer = self._expect(size)
        self._frames.put((END, b""))
        return answer

    def close(self) -> None:
        """End the helper, whatever it does."""
        self._process.kill()
        self._frames.put(None)
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdin, self._process.stdout):
            # What was still to be written is lost.
            with contextlib.suppress(OSError):
                cast("IO[bytes]", stream).close()
        self._process.wait()

    def _expect(self, size: int) -> Answer:
        answer: Answer = Future()
        with self._lock:
            if self._lost:
                answer.set_exception(HelperLost())
            else:
                self._answers.append((answer, size))
                self.waiting += size
        return answer

    def _write(self) -> None:
        stream = cast("IO[bytes]", self._process.stdin)
        with contextlib.suppress(OSError):
            while (frame := self._frames.get()) is not None:
                write_frame(stream, *frame)
            return
        self._process.kill()

    def _read(self) -> None:
        stream = cast("IO[bytes]", self._process.stdout)
        with contextlib.suppress(EOFError, OSError):
            while True:
                _, data = read_frame(stream)
                seen = pickle.loads(data)  # noqa: S301  # of a process that pydist started
                with self._lock:
                    answer, size = self._answers.popleft()
                    self.waiting -= size
                answer.set_result(seen)
        with self._lock:
            self._lost = True
        for answer, _ in self._answers:
            answer.set_exception(HelperLost())
