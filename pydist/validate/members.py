"""What one member of a distribution tells: name and bytes -> facts.

Invariant: `see` is a pure function, so that any process can do it; what it returns is small, but for names of symbols,
which are bounded for each file and, by whoever gathers, for all together.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pydist.binary.kind import Kind
from pydist.validate.binary_facts import Budget, examine, is_examined
from pydist.validate.content import look
from pydist.validate.documents import Said, read_document
from pydist.validate.facts import FileFacts
from pydist.validate.identity import Clue, clue

__all__ = ["Seen", "Task", "see"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A file to look at. `program`: it may be the interpreter; `saying`: it may say what Python this is."""

    name: str
    kind: Kind
    mode: int
    mtime: int
    program: bool = False
    saying: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen; `names` are the bytes that the names of its symbols take."""

    file: FileFacts
    clue: Clue | None = None
    said: Said | None = None
    names: int = 0


def see(task: Task, data: bytes) -> Seen:
    """Look at `data`, the whole content of the file."""
    budget = Budget()
    before = budget.left
    facts = FileFacts(
        mode=task.mode,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        kind=task.kind,
        binary=examine(task.kind, data, budget) if is_examined(task.name, task.kind) else None,
        content=look(task.name, task.kind, data),
        mtime=task.mtime,
    )
    return Seen(
        file=facts,
        clue=clue(task.kind, data) if task.program else None,
        said=read_document(task.name.rpartition("/")[2], data) if task.saying else None,
        names=before - budget.left,
    )
