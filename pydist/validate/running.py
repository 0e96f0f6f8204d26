"""Start the judged interpreter and note what it says: facts, gathered like all others before anything is judged.

A program for another machine is run by the emulator of its row in the table of targets, when that is installed.

Invariant: it runs with an empty environment, in a temporary folder, with a deadline for all starts together and a
limit on its output; its process group is gone when this returns. The programs of an archive are run: whoever does
not trust them uses `--no-run`.
"""

from __future__ import annotations

import json
import os
import re
import resource
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydist.archive.extract import extract
from pydist.archive.paths import name_fault
from pydist.errors import InputError
from pydist.policy import targets
from pydist.progress import Reporter
from pydist.validate.facts import Facts
from pydist.validate.inputs import Form

__all__ = ["RunFacts", "run_interpreter"]

_PATIENCE = 10  # how much slower an emulator may be
_DEADLINE = 120.0  # seconds for everything; 110 modules import in less than two
_START_DEADLINE = 60.0
_OUTPUT_LIMIT = 16 << 20
_INSTALLED = {Form.FULL: "python/install/", Form.INSTALL_ONLY: "python/"}
_SHARED_MODULE = re.compile(r"/lib-dynload/(\w{1,80})\.[^/]*so$", re.ASCII)
_MODULES = 500  # of a tree without a manifest; real ones have 80
_STARTS = 40  # each module that takes the interpreter down costs one


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What happened. `skipped` says why nothing was run, `fault` why it did not start; `said` is what it answered.

    `root` is the folder that `python_paths` are relative to; `failed` maps modules to reasons.
    """

    skipped: str | None = None
    fault: str | None = None
    root: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    imported: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)


def run_interpreter(facts: Facts, reporter: Reporter) -> RunFacts:
    """Run the interpreter of `facts`, unpacked to a temporary folder when it is in an archive."""
    program = facts.interpreter
    reason, emulator = _why_not(facts), _emulator(facts)
    if reason is not None or program is None or isinstance(emulator, str):
        return RunFacts(skipped=emulator if isinstance(emulator, str) and reason is None else reason)
    reporter.step("run", program)
    try:
        with tempfile.TemporaryDirectory(prefix="pydist-validate-", ignore_cleanup_errors=True) as folder:
            root = facts.where
            if facts.packed:
                root = Path(folder, "tree", "python")
                extract(facts.where, Path(folder, "tree"), select=lambda name: name.startswith(_INSTALLED[facts.form]))
            work = Path(folder, "work")
            work.mkdir()
            result = _Conversation(root.resolve() / program, _modules(facts), work, emulator, reporter).hold()
            result = replace(result, root=str(root.resolve()))
    except (InputError, OSError) as error:
        result = RunFacts(skipped=f"it could not be unpacked: {error}")
    reporter.finish("run", f"{len(result.imported)} modules imported")
    return result


def _why_not(facts: Facts) -> str | None:
    if facts.damage is not None:
        return "the archive is damaged"
    if facts.manifest is None and facts.form is Form.FULL:
        return "there is no usable manifest"
    # The name is joined to a folder and run: it must not be able to mean a program of this machine.
    program = facts.interpreter
    if program is None or name_fault(program) or facts.resolve(program) not in facts.files:
        return "the interpreter is not in the archive"
    return None


def _modules(facts: Facts) -> list[str]:
    """The extension modules to import: those of the manifest, without one those whose files are there."""
    if facts.manifest is not None:
        return sorted(facts.manifest.build_info.extensions)
    if facts.compact is not None:
        return sorted(facts.compact.extensions)
    found = (_SHARED_MODULE.search(name) for name in facts.files)
    return sorted({match[1] for match in found if match})[:_MODULES]


def _emulator(facts: Facts) -> tuple[str, ...] | str:
    """The start of the command that runs the interpreter here, empty where none is needed; or why none can be."""
    target = facts.target
    if target is not None and target.runs_here:
        return ()
    row = targets.load().get(str(target))
    if row is None or not row.emulator:
        return f"programs for {target or 'an unknown target'} do not run on this machine"
    linkage = row.static if facts.static else row.dynamic
    for name in (row.emulator[0], *row.runner, *(linkage.loader if linkage else ())):
        if not Path(name).exists():
            return f"programs for {target} do not run on this machine, and there is no {name} to run them with"
    return row.emulator


class _Conversation:
    """Starts the interpreter until every module was tried."""

    def __init__(
        self, program: Path, modules: list[str], work: Path, emulator: tuple[str, ...], reporter: Reporter
    ) -> None:
        self._work, self._reporter = work, reporter
        self._program, self._emulator = program, emulator
        self._patience = _PATIENCE if emulator else 1
        self._modules = modules
        self._said: dict[str, Any] = {}
        self._imported: list[str] = []
        self._failed: dict[str, str] = {}
        self._until = time.monotonic() + _DEADLINE * self._patience

    def hold(self) -> RunFacts:
        fault = skipped = None
        for _ in range(_STARTS):
            waiting = [name for name in self._modules if name not in self._imported and name not in self._failed]
            if self._said and not waiting:
                break
            try:
                ended = self._start(waiting)
            except OSError as error:
                # Linux says "no such file" when the loader that the program names is missing.
                text = f"{self._program.name} cannot be started here: {error.strerror}"
                fault, skipped = (None, text) if isinstance(error, FileNotFoundError) else (text, None)
                break
            progress = any(name in self._failed or name in self._imported for name in waiting)
            if not progress and (waiting or not self._said):
                lacking = "GLIBC_" in ended and "not found" in ended
                fault, skipped = (None, f"this system is too old: {ended}") if lacking else (ended, None)
                break
        for name in sorted(set(self._modules) - {*self._imported, *self._failed}) if self._said else ():
            self._failed[name] = "not tried: too many other modules took the interpreter down"
        return RunFacts(
            skipped=skipped,
            fault=fault,
            said=self._said,
            imported=tuple(self._imported),
            failed=self._failed,
        )

    def _start(self, modules: list[str]) -> str:
        """One process: take in what it says, return how it ended."""
        marker = secrets.token_hex(16)
        task = json.dumps({"marker": marker, "modules": modules}).encode()
        probe = Path(__file__).with_name("probe.py").read_text(encoding="utf-8")
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(task)
            given.seek(0)
            command = [*self._emulator, str(self._program), "-I", "-B", "-c", probe]
            code = self._wait(command, given.fileno(), out.fileno(), err.fileno())
            out.seek(0)
            err.seek(0)
            begun = self._take(out.read(_OUTPUT_LIMIT), marker)
            tail = " | ".join(err.read(_OUTPUT_LIMIT)[-600:].decode("utf-8", "replace").splitlines())
        how = "it did not end in time" if code is None else _ending(code)
        ended = f"{how}; its last words: {tail}" if tail else how
        if begun is not None:
            self._failed[begun] = ended
        return ended

    def _wait(self, command: list[str], given: int, out: int, err: int) -> int | None:
        process = subprocess.Popen(
            command, stdin=given, stdout=out, stderr=err, env={}, cwd=self._work, start_new_session=True
        )
        try:
            _limit(process.pid)
            return process.wait(min(_START_DEADLINE * self._patience, max(1.0, self._until - time.monotonic())))
        except subprocess.TimeoutExpired:
            return None
        finally:
            # Also what it left running in the background.
            _quietly(lambda: os.killpg(process.pid, signal.SIGKILL))
            process.wait()

    def _take(self, output: bytes, marker: str) -> str | None:
        """Note what was said; return the module whose import was begun and not ended."""
        begun = None
        for line in output.decode("utf-8", "replace").splitlines():
            if not line.startswith(marker):
                continue
            match _answer(line[len(marker) :]):
                case {"facts": dict(said)}:
                    self._said = said
                case {"begin": str(name)}:
                    begun = name
                case {"imported": str(name)}:
                    self._imported.append(name)
                    begun = None
                case {"failed": str(name), "reason": str(reason)}:
                    self._failed[name] = reason
                    begun = None
        self._reporter.advance("run", len(self._imported), len(self._modules))
        return begun


def _answer(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _limit(pid: int) -> None:
    # From outside, because a function run between fork and exec may not be used where there are threads.
    if hasattr(resource, "prlimit"):
        _quietly(lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (_OUTPUT_LIMIT, _OUTPUT_LIMIT)))
        _quietly(lambda: resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0)))


def _quietly(act: Callable[[], object]) -> None:
    try:
        act()
    except OSError:
        return


def _ending(code: int) -> str:
    if code >= 0:
        return f"it ended with exit code {code}"
    known = {item.value: item.name for item in signal.Signals}
    return f"it was ended by {known.get(-code, f'signal {-code}')}"
