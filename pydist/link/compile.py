"""Sources compiled by the interpreter that will run them.

Invariant: the same sources in one batch give the same bytes, whatever machine, folder or time: one fresh process
per batch, sorted paths, a fixed hash seed, and file names that stand below the virtual root.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydist.errors import EnvironmentLacking, StepFailed
from pydist.store import digest_file

__all__ = ["Compiled", "compile_sources", "worker_digest"]

_WORKER = Path(__file__).with_name("compile_worker.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One result: marshalled `code` without a .pyc header, or the `fault` that keeps the source from compiling."""

    code: bytes
    fault: str = ""


def worker_digest() -> str:
    """What of pydist the compiled code depends on: part of every key of compiled things."""
    return digest_file(_WORKER)


def compile_sources(interpreter: Path, sources: Mapping[str, bytes]) -> dict[str, Compiled]:
    """Compile `sources` (virtual path -> bytes) with `interpreter`.

    Raises `EnvironmentLacking` when the interpreter does not start on this machine, `StepFailed` when it crashes.
    """
    if not sources:
        return {}
    paths = sorted(sources)
    batch = b"".join(_framed(path.encode(), sources[path]) for path in paths)
    # Not -I: it would ignore PYTHONHASHSEED, and the order of a frozenset's constants with it.
    command = [str(interpreter), "-s", "-S", "-P", "-B", "-W", "ignore", str(_WORKER)]
    try:
        done = subprocess.run(command, input=batch, capture_output=True, check=False, env={"PYTHONHASHSEED": "0"})
    except OSError as error:
        raise EnvironmentLacking(
            f"the distribution's interpreter cannot be started here: {interpreter}: {error.strerror}; "
            "link on a machine of the target's kind"
        ) from None
    results = _parse(done.stdout, paths)
    if done.returncode or len(results) != len(paths):
        tail = done.stderr.decode("utf-8", "replace").splitlines()[-15:]
        raise StepFailed("compiling the sources", command, done.returncode, "none is kept", tail)
    return results


def _framed(path: bytes, source: bytes) -> bytes:
    return len(path).to_bytes(4, "little") + len(source).to_bytes(4, "little") + path + source


def _parse(output: bytes, paths: list[str]) -> dict[str, Compiled]:
    results: dict[str, Compiled] = {}
    at = 0
    for path in paths:
        if at + 5 > len(output):
            break
        size = int.from_bytes(output[at + 1 : at + 5], "little")
        data = output[at + 5 : at + 5 + size]
        results[path] = Compiled(code=data) if output[at] == 0 else Compiled(code=b"", fault=data.decode())
        at += 5 + size
    return results
