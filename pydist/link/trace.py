"""The trace that an application writes for `PYDIST_TRACE` (docs/reference/trace.md), read and made into facts.

Invariant: any bytes whatever give a `Trace` or an `InputError`; nesting is never followed by recursion, because files
may have any depth of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

from pydist.errors import FaultCollector, InputError
from pydist.link.report import ImportFacts, TraceFacts
from pydist.manifest.convert import Digest, decode, loads

__all__ = ["Import", "Phase", "Trace", "facts", "read_trace"]

_LARGEST = 16 << 20  # bytes, as for all documents; the run time keeps 20,000 events, which are 5 MB
_ROUNDING = 0.0015  # microseconds: times are written with three digits
_FORMAT = "pydist-trace"


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    format: Literal["pydist-trace"]
    version: int
    file: str
    image_sha256: Digest
    python: str
    events_lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arguments:
    step: Literal["run", "create", "exec"]
    bytes: int
    finished: bool
    path: str
    self_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    ph: Literal["X"]
    name: str
    cat: Literal["phase", "import"]
    pid: int
    tid: int
    ts: float
    dur: float
    args: _Arguments | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """The names are those of the format."""

    displayTimeUnit: str
    otherData: _About
    traceEvents: tuple[_Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of the process's life. Times in microseconds from its start."""

    name: str
    begin: float
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """The import of a module, or a part of it. Times in microseconds; `own` is without the imports in it.

    `parent` is the place of the import that it is part of among those of the trace, `depth` how many are around it."""

    name: str
    step: str
    path: str
    bytes: int
    begin: float
    duration: float
    own: float
    thread: int
    parent: int | None
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One run. `imports` are those of one thread after the other, the main thread's first, in the order of time."""

    python: str
    image_sha256: str
    lost: int
    main_thread: int
    phases: tuple[Phase, ...] = ()
    imports: tuple[Import, ...] = ()


def read_trace(path: Path) -> Trace:
    """Read the trace in the file `path`. Raises `InputError` for what is none, with everything that is wrong."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    value = loads(data, str(path))
    about = value.get("otherData") if isinstance(value, dict) else None
    if not isinstance(about, dict) or about.get("format") != _FORMAT:
        raise InputError(
            f"{path} is JSON, but no trace of a linked application: expected what PYDIST_TRACE=FILE writes"
        )
    if about.get("version") != 1:
        raise InputError(f"{path} is a trace of another version; this pydist reads version 1: take a newer pydist")
    document = decode(_Document, value, str(path))
    _check(document.traceEvents, str(path))
    main = document.traceEvents[0].pid if document.traceEvents else 0
    return Trace(
        python=document.otherData.python,
        image_sha256=document.otherData.image_sha256,
        lost=document.otherData.events_lost,
        main_thread=main,
        phases=tuple(
            Phase(name=event.name, begin=event.ts, duration=event.dur)
            for event in document.traceEvents
            if event.cat == "phase"
        ),
        imports=tuple(_imports(document.traceEvents, main)),
    )


def _check(events: Sequence[_Event], source: str) -> None:
    """What the shape alone does not say."""
    faults = FaultCollector(source)
    for number, event in enumerate(events):
        times = (event.ts, event.dur, *((event.args.self_us,) if event.args else ()))
        if not all(math.isfinite(time) and 0 <= time <= 1e15 for time in times):
            faults.add(f"traceEvents[{number}]", "expected times from 0 to 1e15 microseconds")
        if event.pid != events[0].pid:
            faults.add(f"traceEvents[{number}].pid", "expected one process")
        if (event.args is None) != (event.cat == "phase"):
            faults.add(f"traceEvents[{number}].args", "expected them for imports, and for nothing else")
        if len(faults.faults) > 20:
            break
    faults.raise_if_any(f"{source} is no trace that can be used:")


def _imports(events: Sequence[_Event], main: int) -> Iterator[Import]:
    """The imports nested by their times, those of each thread for themselves."""
    chosen = [(event, event.args) for event in events if event.args is not None]
    chosen.sort(key=lambda pair: (pair[0].tid != main, pair[0].tid, pair[0].ts, -pair[0].dur))
    number = 0
    for _, group in groupby(chosen, key=lambda pair: pair[0].tid):
        around: list[tuple[float, int]] = []
        for event, arguments in group:
            end = event.ts + event.dur
            while around and around[-1][0] + _ROUNDING < end:
                around.pop()
            yield Import(
                name=event.name,
                step=arguments.step,
                path=arguments.path,
                bytes=arguments.bytes,
                begin=event.ts,
                duration=event.dur,
                own=arguments.self_us,
                thread=event.tid,
                parent=around[-1][1] if around else None,
                depth=len(around),
            )
            around.append((end, number))
            number += 1


def facts(trace: Trace) -> TraceFacts:
    """What a trace says, the dearest modules first: the steps of one module are put together."""
    rows: dict[str, ImportFacts] = {}
    for item in trace.imports:
        parent = trace.imports[item.parent].name if item.parent is not None else ""
        old = rows.get(item.name)
        whole = 0.0 if parent == item.name else item.duration
        rows[item.name] = ImportFacts(
            name=item.name,
            path=item.path or (old.path if old else ""),
            bytes=max(item.bytes, old.bytes if old else 0),
            own_us=round(item.own + (old.own_us if old else 0), 3),
            total_us=round(whole + (old.total_us if old else 0), 3),
            importer=old.importer if old else parent,
        )
    return TraceFacts(
        phases={phase.name: phase.duration for phase in trace.phases},
        imports_us={phase.name: round(_imports_in(trace, phase), 3) for phase in trace.phases},
        imports=tuple(sorted(rows.values(), key=lambda row: (-row.own_us, row.name))),
        events_lost=trace.lost,
    )


def _imports_in(trace: Trace, phase: Phase) -> float:
    """How much of a phase its own thread imported."""
    return sum(
        item.duration
        for item in trace.imports
        if item.depth == 0 and item.thread == trace.main_thread and 0 <= item.begin - phase.begin <= phase.duration
    )
