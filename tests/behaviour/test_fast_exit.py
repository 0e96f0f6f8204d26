"""Promises of `--fast-exit`: a process ends as an ordinary one, but nothing is cleared.

Each act of `tests/cases/endings` is run by the distribution's own interpreter and linked; what it wrote and how it
ended are compared.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pydist.link.app import Request
from pydist.link.dist import Distribution
from pydist.link.link import link
from pydist.store import Store

pytestmark = pytest.mark.slow

CASE = Path(__file__).resolve().parent.parent / "cases" / "endings" / "endings.py"
ALONE = [
    "runs_to_its_end", "exits_without_standard_error", "exits_with_a_code_of_its_own", "exits_with_no_code",
    "exits_at_once", "fails", "is_interrupted", "interrupts_itself", "exits_in_its_hook", "fails_in_its_hook",
    "is_interrupted_in_its_hook", "calls_what_is_registered", "registered_functions_see_a_working_python",
    "calls_them_early", "joins_its_threads", "thread_leaves_another", "leaves_daemon_threads",
    "leaves_a_file_that_cannot_be_written", "shadows_standard_output", "wraps_standard_output",
    "closes_standard_output", "has_no_standard_output", "changes_the_collector", "collects_while_it_ends", "forks",
    "has_a_child_that_ends_as_usual",
]  # fmt: skip
CODES = ["0", "3", "-1", "256", "True", "2**80", "None", "'text'", "3.5", "()", "ValueError('x')"]
PRINTED = ("the text of sys.__stdout__", " and of another file for it")
WRITTEN = {
    "text": b"text", "bytes": b"bytes", "both": b"both", "cycle": b"in a cycle", "piped": b"piped",
    **{f"text.{name}": b"compressed text" for name in ("gz", "bz2", "xz")},
    **{f"bytes.{name}": b"compressed bytes" for name in ("gz", "bz2", "xz")},
    "given.gz": b"into a file of ours", "collected": b"collected closed", "collected text": b"collected text closed",
    "collected.gz": b"collected",
}  # fmt: skip
PATIENCE = 300  # seconds, on a machine with other work
Ending = tuple[int, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """How each of two programs is started: an ordinary Python with the script, and the linked file. `cache` is where
    the first keeps its bytecode."""

    python: Sequence[Path | str]
    linked: Sequence[Path | str]
    cache: Path

    def both(self, act: str, *arguments: str, **options: object) -> tuple[Ending, Ending]:
        """How `act` ended in each: the ordinary one first."""
        return self.ordinary(act, *arguments, **options), self.fast(act, *arguments, **options)

    def ordinary(self, *arguments: str, **options: object) -> Ending:
        return ending([*self.python, *arguments], {"PYTHONPYCACHEPREFIX": str(self.cache)}, options)

    def fast(self, *arguments: str, **options: object) -> Ending:
        return ending([*self.linked, *arguments], {}, options)


def ending(command: Sequence[Path | str], variables: dict[str, str], options: dict[str, object]) -> Ending:
    settings: dict[str, object] = {"stdout": subprocess.PIPE, **options}
    done = subprocess.run(  # type: ignore[call-overload]
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", env=variables, timeout=PATIENCE,
        check=False, **settings,
    )  # fmt: skip
    out, err = ((text or b"").decode(errors="replace") for text in (done.stdout, done.stderr))
    # Paths and addresses, which are other ones in each.
    err = re.sub(r'File ".*/([^/"]+)"', r'File "\1"', err)
    return done.returncode, out, re.sub(r"0x[0-9a-f]{6,}", "0x", err)


def programs(distribution: Path, interpreter: Path, folder: Path, store: Store) -> Programs:
    request = Request(app=str(CASE), output=folder / "endings", distribution=str(distribution), fast_exit=True)
    link(request, store=store)
    flags = ("-s", "-X", "frozen_modules=off")
    return Programs(python=(interpreter, *flags, CASE), linked=(folder / "endings",), cache=folder / "cache")


@pytest.fixture(scope="module")
def static(distribution: Distribution, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return programs(distribution.root, distribution.interpreter, tmp_path_factory.mktemp("static"), store)


@pytest.mark.parametrize("act", ALONE)
def test_it_ends_as_an_ordinary_python(static: Programs, act: str) -> None:
    ordinary, fast = static.both(act)
    assert fast == ordinary


@pytest.mark.parametrize("code", CODES)
def test_exit_codes_are_those_of_python(static: Programs, code: str) -> None:
    ordinary, fast = static.both("exits", code)
    assert fast == ordinary


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("act", ["has_processes", "leaves_a_process"])
def test_processes_of_multiprocessing_end_as_usual(static: Programs, act: str, method: str) -> None:
    ordinary, fast = static.both(act, method)
    assert fast == ordinary


def read(path: Path) -> bytes:
    """What was written, through the compressor that the name says; fails when its end is missing."""
    data = path.read_bytes()
    readers: dict[str, Callable[[bytes], bytes]] = {
        ".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress,
    }  # fmt: skip
    return readers.get(path.suffix, bytes)(data.removesuffix(b" closed") if path.suffix else data)


@pytest.mark.parametrize("act", ["leaves_files", "leaves_old_files"])
def test_files_that_nobody_closed_are_written(static: Programs, tmp_path: Path, act: str) -> None:
    """An ordinary Python loses some of these, by the order in which it finds them."""
    code, out, err = static.fast(act, str(tmp_path))
    assert (code, err) == (0, "")
    assert out in {"".join(pair) for pair in (PRINTED, PRINTED[::-1])}
    for _ in range(50):  # the last one is written by a child that reads what we left
        if (tmp_path / "piped").stat().st_size:
            break
        time.sleep(0.1)
    assert {path.name: read(path) for path in tmp_path.iterdir()} == WRITTEN


@pytest.mark.parametrize("act", ["leaves_odd_files", "logs_late"])
def test_odd_files_are_left_as_an_ordinary_python_leaves_them(static: Programs, tmp_path: Path, act: str) -> None:
    found = []
    for name, run in (("ordinary", static.ordinary), ("fast", static.fast)):
        folder = tmp_path / name
        folder.mkdir()
        code, out, err = run(act, str(folder))
        found.append(
            (code, out, err.replace(str(folder), "FOLDER"), {path.name: read(path) for path in folder.iterdir()})
        )
    assert found[1] == found[0]
    assert found[0][3]


def test_a_full_disk_is_told_by_the_exit_code(static: Programs) -> None:
    for act in ("runs_to_its_end", "fails", "is_interrupted", "calls_what_is_registered"):
        with Path("/dev/full").open("wb") as full:
            ordinary, fast = static.both(act, stdout=full)
        assert fast == ordinary, act
    assert ordinary[0] == 120
    with Path("/dev/full").open("wb") as full:
        ordinary, fast = static.both("wraps_standard_output", stdout=full)
    assert fast[0] == ordinary[0] == 120  # which of two objects for one file is named differs


def test_standard_output_that_nobody_reads_is_told_by_the_exit_code(static: Programs) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ordinary, fast = static.both("runs_to_its_end", stdout=writing)
    os.close(writing)
    assert fast == ordinary
    assert ordinary[0] == 120


def test_a_temporary_folder_is_removed(static: Programs) -> None:
    code, name, _ = static.fast("leaves_a_folder")
    assert code == 0
    assert name
    assert not Path(name).exists()


def test_nothing_is_cleared(static: Programs) -> None:
    """What `--fast-exit` changes, and the reason why it has to be asked for."""
    ordinary, fast = static.both("keeps_objects")
    assert {"__del__ of global", "__del__ of cycle", "finally"} <= {*ordinary[1].splitlines()}
    assert ordinary[0] == fast[0] == 0
    left = Path(fast[1].strip())  # all that was written is the name of the file
    assert left.exists()
    left.unlink()


def test_nothing_is_cleared_where_the_collector_is_off(static: Programs) -> None:
    ordinary, fast = static.both("switches_the_collector_off")
    assert fast == (3, "printed", "")
    assert ordinary[0] == 3
