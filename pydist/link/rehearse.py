"""The rehearsal: what an application imports when it starts is imported once when it is linked, and what was compiled
meanwhile (patterns, generated code) goes into the image.

Packages are imported, never called, in an application of their own with an empty environment; the author's own modules
are not, because they are what changes. The result is kept in the store: another link of the same packages runs nothing.

Invariant: a row is only used for exactly its text (`pydist/runtime/rehearsal.c`), so a rehearsal that fails or sees
less costs time at start and nothing else.
"""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydist.link.assemble import Parts, image_spec
from pydist.link.collect import collect
from pydist.link.compile import worker_digest
from pydist.link.dist import Distribution
from pydist.link.entry import Entry
from pydist.link.finish import finish
from pydist.link.image import RehearsalKind, RehearsalRow
from pydist.link.own_code import code_digests
from pydist.link.part import TreeFile, make_part
from pydist.link.stub import Stub
from pydist.progress import Reporter
from pydist.store import Key, Store, digest_file

__all__ = ["Rehearsal", "Rehearsed", "rehearse"]

PATIENCE = 60.0
"""Seconds that imports may take."""

_HERE = Path(__file__)
_SCRIPT, _WORKER = _HERE.with_name("rehearsal_script.py"), _HERE.with_name("rehearsal_worker.py")
_NUMBERS = struct.Struct("<III")
_SIZE = struct.Struct("<I")
_ROWS = "rows"
_LARGEST = 1 << 20  # bytes of a key; what is longer is no generated code


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What is rehearsed: the `modules` that are imported, from `parts` without the author's own. `made_of` identifies
    the parts; `optimize` is the level of `compile()`."""

    parts: Parts
    modules: tuple[str, ...]
    made_of: Mapping[str, Any]
    optimize: int

    def key(self, stub: Stub) -> Key:
        code = code_digests("assemble", "collect", "finish", "image", "image_write", "rehearse")
        scripts = [digest_file(_SCRIPT), digest_file(_WORKER), worker_digest()]
        paths = [file.path for part in self.parts.all if part is not self.parts.own for file in part.files]
        return Key.of("rehearsal", {
            "stub": stub.content, "modules": list(self.modules), "optimize": self.optimize, "code": [*code, *scripts],
            "paths": Key.of("paths", {"paths": paths}).digest, **self.made_of,
        })  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """The rows for the image; or why there are none, in words."""

    rows: tuple[RehearsalRow, ...] = ()
    note: str = ""


def rehearse(
    rehearsal: Rehearsal, distribution: Distribution, stub: Stub, store: Store, reporter: Reporter
) -> Rehearsed:
    """What came out, from the store when the same was rehearsed before."""
    if not rehearsal.modules:
        return Rehearsed()

    def make(folder: Path) -> None:
        reporter.step("rehearse", "what the packages compile when they are imported")
        work = folder.parent / "scratch"
        work.mkdir()
        rows = tuple(_rows(rehearsal, distribution, stub, work))
        (folder / _ROWS).write_bytes(b"".join(_framed(row) + _SIZE.pack(len(row.value)) + row.value for row in rows))
        reporter.finish("rehearse", f"{len(rows)} patterns and generated texts")

    try:
        folder = store.produce(rehearsal.key(stub), "rehearsal", make)
    except _Failed as error:
        return Rehearsed(note=f"patterns and generated code will be compiled at each start: {error}")
    return Rehearsed(rows=tuple(_kept((folder / _ROWS).read_bytes())))


class _Failed(Exception):
    """The rehearsal could not be held, in words; nothing is kept."""


def _rows(rehearsal: Rehearsal, distribution: Distribution, stub: Stub, work: Path) -> Iterator[RehearsalRow]:
    program = _program(rehearsal, distribution, stub, work)
    texts = dict.fromkeys(_texts(_run([program, *rehearsal.modules], work), program))
    rows = [RehearsalRow(kind=kind, flags=flags, key=key, value=b"") for kind, flags, key in sorted(texts)]
    command: list[str | Path] = [distribution.interpreter, "-s", "-S", "-P", "-B", _WORKER, str(rehearsal.optimize)]
    values = _run(command, work, b"".join(map(_framed, rows)), PYTHONHASHSEED="0")
    at = 0
    for row in rows:
        if at + _SIZE.size > len(values):
            raise _Failed("what the interpreter said of them was cut short")
        (size,) = _SIZE.unpack_from(values, at)
        at += _SIZE.size + size
        if size:
            yield replace(row, value=values[at - size : at])


def _program(rehearsal: Rehearsal, distribution: Distribution, stub: Stub, work: Path) -> Path:
    """An application that is nothing but the script, with the packages."""
    path = f"{distribution.site_packages}/_pydist_rehearsal.py"
    script = TreeFile(path=path, data=_SCRIPT.read_bytes())
    parts = replace(rehearsal.parts, own=make_part("rehearsal", (script,), distribution.interpreter))
    tree = collect(distribution, parts.all)
    entry = Entry(kind="script", name="rehearsal", shown="rehearsal", path=path)
    spec = image_spec(distribution, (entry,), parts, tree=tree, meta=b"{}", optimize=rehearsal.optimize)
    spec = replace(spec, config=(*spec.config, ("rehearsal", "1")))
    return finish(stub.program, spec, work / "rehearsal").path


def _run(command: Sequence[str | Path], work: Path, text: bytes = b"", **variables: str) -> bytes:
    """What the program says. Raises `_Failed` when it cannot be run, fails or hangs."""
    home = work / "home"
    home.mkdir(exist_ok=True)
    variables |= {"HOME": str(home), "TMPDIR": str(home), "PATH": os.defpath}
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, check=True, cwd=home, env=variables, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise _Failed(f"importing the packages took longer than {PATIENCE:.0f} s") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _Failed(f"importing the packages ended with {error.returncode}: {said[-1] if said else ''}") from None
    except OSError as error:
        raise _Failed(f"the application does not run on this machine: {error.strerror}") from None
    return done.stdout


def _texts(answer: bytes, program: Path) -> Iterator[tuple[RehearsalKind, int, bytes]]:
    """What the script lists, but for texts that name the place where it ran."""
    at, place = 0, str(program.parent).encode()
    while at + _NUMBERS.size <= len(answer):
        kind, flags, size = _NUMBERS.unpack_from(answer, at)
        at += _NUMBERS.size + size
        key = answer[at - size : at]
        if at <= len(answer) and size <= _LARGEST and place not in key and kind in list(RehearsalKind):
            yield RehearsalKind(kind), flags, key


def _framed(row: RehearsalRow) -> bytes:
    return _NUMBERS.pack(row.kind, row.flags, len(row.key)) + row.key


def _kept(data: bytes) -> Iterator[RehearsalRow]:
    at = 0
    while at < len(data):
        kind, flags, size = _NUMBERS.unpack_from(data, at)
        at += _NUMBERS.size + size
        (value_size,) = _SIZE.unpack_from(data, at)
        key, value = data[at - size : at], data[at + _SIZE.size : at + _SIZE.size + value_size]
        at += _SIZE.size + value_size
        yield RehearsalRow(kind=RehearsalKind(kind), flags=flags, key=key, value=value)
