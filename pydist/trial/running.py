"""Start a program of the distribution and note how it ended.

Invariant: every program has a deadline and a limit on its output, and its process group is gone when `run` returns:
also what it left in the background.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

__all__ = ["Ended", "run"]

_OUTPUT_LIMIT = 16 << 20
_FILE_LIMIT = 4 << 30
_TAIL = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended: `code` is None after the deadline, negative after a signal, 127 when it cannot start.

    `refused` is then the number of the error, else None.
    """

    code: int | None
    out: str
    err: str
    refused: int | None = None

    @property
    def good(self) -> bool:
        return self.code == 0

    @property
    def how(self) -> str:
        """The end in words, with the last words of the program."""
        if self.code is None:
            text = "it did not end in time"
        elif self.code >= 0:
            text = f"exit code {self.code}"
        else:
            known = {item.value: item.name for item in signal.Signals}
            text = f"ended by {known.get(-self.code, f'signal {-self.code}')}"
        tail = (self.err.strip() or self.out.strip())[-_TAIL:]
        return f"{text}; its last words: {tail}" if tail else text


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path,
    env: Mapping[str, str],
    seconds: float,
    given: str = "",
    executable: Path | None = None,
    user: int | None = None,
    largest: int = _FILE_LIMIT,
    log: Path | None = None,
    each: Callable[[], None] | None = None,
) -> Ended:
    """Run `command` with the text `given` as its input; `user` is the number of another user, for root only.
    `largest` is how many bytes a file that it writes may have, and its output.

    With `log` the output goes into that file instead of a temporary one and is not limited as other output is.
    `each` is called twice a second while the program runs.
    """
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as err, contextlib.ExitStack() as stack:
        out: IO[bytes] = tempfile.TemporaryFile() if log is None else log.open("w+b")  # noqa: SIM115 (closed by stack)
        stack.enter_context(out)
        stdin.write(given.encode())
        stdin.seek(0)
        identity = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        try:
            process = subprocess.Popen(
                [os.fspath(part) for part in command],
                executable=executable,
                stdin=stdin,
                stdout=out,
                stderr=out if log else err,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
                **identity,  # type: ignore[call-overload]
            )
        except OSError as error:
            # Linux says "no such file" when the loader that the program names is missing.
            return Ended(code=127, out="", err=f"{command[0]} cannot be started: {error.strerror}", refused=error.errno)
        if log is None:
            _limit(process.pid, largest)  # a test-suite tests limits
        code = _wait(process, seconds, each)
        out.seek(0)
        err.seek(0)
        said = out.read(_OUTPUT_LIMIT).decode("utf-8", "replace")
        return Ended(code=code, out=said, err=err.read(_OUTPUT_LIMIT).decode("utf-8", "replace"))


def _wait(process: subprocess.Popen[bytes], seconds: float, each: Callable[[], None] | None) -> int | None:
    try:
        if each is None:
            return process.wait(seconds)
        left = seconds
        while left > 0:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(min(0.5, left))
            left -= 0.5
            each()
        return None
    except subprocess.TimeoutExpired:
        return None
    finally:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _limit(pid: int, largest: int) -> None:
    # From outside, because a function run between fork and exec may not be used where there are threads.
    for what, limit in ((resource.RLIMIT_FSIZE, largest), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(pid, what, (limit, limit))
