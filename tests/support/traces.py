"""Traces as linked applications write them, made by hand."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["document", "event", "text"]

IMAGE = "ab" * 32


def event(name: str, begin: float, duration: float, **changes: Any) -> dict[str, Any]:
    """A phase; with arguments of an import among `changes`, an import."""
    args = {key: changes.pop(key) for key in ("step", "bytes", "finished", "path", "self_us") if key in changes}
    made = {"ph": "X", "name": name, "cat": "import" if args else "phase", "pid": 7, "tid": 7, "ts": begin}
    whole = {"step": "run", "bytes": 10, "finished": True, "path": "lib/a.py", "self_us": duration}
    return {**made, "dur": duration, **({"args": whole | args} if args else {}), **changes}


def document(*events: dict[str, Any], **about: Any) -> dict[str, Any]:
    other = {"format": "pydist-trace", "version": 1, "file": "/app", "image_sha256": IMAGE, "python": "3.14.7"}
    return {"displayTimeUnit": "ms", "otherData": {**other, "events_lost": 0, **about}, "traceEvents": list(events)}


def text(*events: dict[str, Any], **about: Any) -> bytes:
    return json.dumps(document(*events, **about)).encode()
