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
_IMPORTS = Path(__file__).with_name("import_worker.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One result: marshalled `code` without a .pyc header, or the `fault` that keeps the source from compiling.
    `imports` is what the module imports in any case, in the form of `import_worker.unguarded_imports`."""

    code: bytes
    fault: str = ""
    imports: str = ""


def worker_digest() -> str:
    """What of pydist the compiled code depends on: part of every key of compiled things."""
    return digest_file(_WORKER) + digest_file(_IMPORTS)


def compile_sources(interpreter: Path, sources: Mapping[str, bytes], optimize: int = 0) -> dict[str, Compiled]:
    """Compile `sources` (virtual path -> bytes) with `interpreter`; `optimize` is the level, as in `compile()`.

    Raises `EnvironmentLacking` when the interpreter does not start on this machine, `StepFailed` when it crashes.
    """
    if not sources:
        return {}
    paths = sorted(sources)
    batch = b"".join(_framed(path.encode(), sources[path]) for path in paths)
    # Not -I: it would ignore PYTHONHASHSEED, and the order of a frozenset's constants with it.
    command = [str(interpreter), "-s", "-S", "-P", "-B", "-W", "ignore", str(_WORKER), str(optimize)]
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
    """The results; fewer than `paths` when the output has been cut short."""
    at = 0

    def take(size: int) -> bytes:
        nonlocal at
        at += size
        return output[at - size : at]

    made = []
    for _ in paths:
        kind = take(1)
        made.append((kind, take(int.from_bytes(take(4), "little"))))
    imports = [take(int.from_bytes(take(4), "little")) for _ in paths]
    if at != len(output):
        return {}
    return {
        path: Compiled(code=data, imports=text.decode()) if kind == b"\0" else Compiled(code=b"", fault=data.decode())
        for path, (kind, data), text in zip(paths, made, imports, strict=True)
    }
