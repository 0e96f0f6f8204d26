"""The one place that writes to the terminal: results on standard output, progress and messages on standard error.

Progress is live on a terminal and plain lines in a pipe; `NO_COLOR` and `--quiet` are honoured.
"""

from __future__ import annotations

import json as json_module
import threading
import time
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

__all__ = ["Terminal", "counted", "plain"]


def plain(text: str) -> str:
    r"""`text` as it may be shown: names come from files of others and could hold commands to the terminal.

    >>> plain("a\x1b[2Jb")
    'a\ufffd[2Jb'
    """
    return "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)


def counted(number: int, one: str, many: str = "") -> str:
    """`number` with its noun: `one`, or `many` of it (default: `one` with an s).

    >>> counted(1, "entry", "entries"), counted(1200, "error")
    ('1 entry', '1,200 errors')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


class _Console(Console):
    """Lets a closed pipe be seen by `main`; rich would end the process with exit code 1, which means something else."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Terminal:
    """A `pydist.progress.Reporter` for people, and the writer of results."""

    def __init__(self, *, quiet: bool = False, json: bool = False) -> None:
        self.out = _Console(highlight=False, soft_wrap=True)
        self.err = _Console(stderr=True, highlight=False, soft_wrap=True)
        self.quiet = quiet
        self.json = json
        self._lock = threading.Lock()
        self._running: dict[str, tuple[float, str]] = {}
        self._live: Live | None = None
        self._started = time.monotonic()

    def step(self, name: str, detail: str = "") -> None:
        with self._lock:
            self._running[name] = (time.monotonic(), detail)
            if self.quiet:
                return
            if self.err.is_terminal:
                if self._live is None:
                    self._live = Live(
                        get_renderable=self._render, console=self.err, refresh_per_second=8, transient=True
                    )
                    self._live.start()
            else:
                self._line("start", name, detail)

    def advance(self, name: str, done: int, total: int | None = None) -> None:
        with self._lock:
            if name in self._running:
                began, _ = self._running[name]
                share = f"{done * 100 // total} %" if total else f"{done:,}"
                self._running[name] = (began, share)

    def finish(self, name: str, detail: str = "", *, cached: bool = False) -> None:
        with self._lock:
            began, _ = self._running.pop(name, (None, ""))
            took = f"{time.monotonic() - began:.1f} s" if began is not None else ""
            if not self.quiet and not (cached and self.err.is_terminal):
                self._line("cached" if cached else "done", name, "  ".join(filter(None, [took, detail])))
            if not self._running:
                self._stop()

    def note(self, message: str) -> None:
        if not self.quiet:
            self.err.print(f"[yellow]note[/]: {escape(plain(message))}")

    def error(self, message: str) -> None:
        self._stop()
        self.err.print(f"[bold red]error[/]: {escape(plain(message))}")

    def result(self, text: str | Table | Text) -> None:
        """Print a result for people; with `--json` only `result_json` speaks."""
        if not self.json:
            self.out.print(text)

    def result_json(self, value: Any) -> None:
        """Print a result for programs: one JSON document on standard output."""
        self.out.print(json_module.dumps(value, indent=2, sort_keys=True), markup=False)

    def close(self) -> None:
        self._stop()

    def _line(self, verb: str, name: str, detail: str) -> None:
        elapsed = time.monotonic() - self._started
        self.err.print(f"[dim]{elapsed:7.1f} s[/] [bold]{verb:>6}[/] {escape(name)}  [dim]{escape(detail)}[/]")

    def _render(self) -> Table:
        now = time.monotonic()
        table = Table.grid(padding=(0, 2))
        for name, (began, detail) in sorted(self._running.copy().items()):
            table.add_row(
                f"{now - self._started:7.1f} s", f"[bold]{escape(name)}[/]", f"{now - began:.0f} s", escape(detail)
            )
        return table

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
