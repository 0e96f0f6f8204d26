"""A process that looks at members for another one: questions from standard input, what was seen to standard output.

Invariant: one answer for each question, in order; it ends when its input does. Both ends are pydist's own. A question
is a batch of small members, or one member in pieces, which is whole here and nowhere else.
"""

from __future__ import annotations

import io
import pickle
import sys
from typing import IO, Any

from pydist.validate.members import Seen, see

__all__ = ["BATCH", "END", "LARGE", "PIECE", "VOID", "main", "read_frame", "write_frame"]

BATCH, LARGE, PIECE, END, VOID = b"B", b"L", b"P", b"E", b"V"
"""What a frame is: pickled tasks with their data; the task of a member that comes in pieces; a piece; the end of that
member; its end without an answer, because its rest cannot be had."""
_LENGTH = 8


def write_frame(stream: IO[bytes], kind: bytes, data: bytes) -> None:
    """Write one frame."""
    stream.write(kind + len(data).to_bytes(_LENGTH, "little"))
    stream.write(data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[bytes, bytes]:
    """Read one frame. Raises `EOFError` where there is no whole one."""
    head = stream.read(1 + _LENGTH)
    size = int.from_bytes(head[1:], "little")
    data = stream.read(size) if len(head) == 1 + _LENGTH else b""
    if len(head) <= _LENGTH or len(data) != size:
        raise EOFError("the other end is gone")
    return head[:1], data


def main() -> None:
    """Answer until there are no more questions."""
    given, out = sys.stdin.buffer, sys.stdout.buffer
    task: Any = None
    held = io.BytesIO()
    while True:
        try:
            kind, data = read_frame(given)
        except EOFError:
            return
        if kind == PIECE:
            held.write(data)
            continue
        answer: list[Seen] | None = None
        if kind == BATCH:
            answer = [see(one, content) for one, content in _unpacked(data)]
        elif kind == LARGE:
            task = _unpacked(data)
        elif kind == END:
            answer = [see(task, held.getvalue())]
        if kind in (END, VOID):
            held = io.BytesIO()
        if answer is not None:
            write_frame(out, BATCH, pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))


def _unpacked(data: bytes) -> Any:
    return pickle.loads(data)  # noqa: S301  # of the process that started this one
