"""Readers of binaries answer good inputs, those that fuzzing came to, and damaged real files, in time."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path

import pytest

from pydist.errors import InputError
from tests.fuzz.inputs import damaged
from tests.fuzz.readers import KEPT, READERS
from tests.support.zig import NEEDED, compiled, run

_PATIENCE = 5.0  # seconds; what takes long is refused for it after less than one
_DAMAGED = 150  # of each file
INPUTS = sorted(KEPT.glob("*/*"))


@pytest.mark.parametrize("name", READERS)
def test_good_inputs_are_read(name: str) -> None:
    for seed in READERS[name].seeds:
        READERS[name].read(seed)


@pytest.mark.parametrize("path", INPUTS, ids=[f"{path.parent.name}-{path.name}" for path in INPUTS])
def test_what_fuzzing_came_to_is_answered(path: Path) -> None:
    _answer(path.parent.name, path.read_bytes())


def test_every_reader_has_kept_inputs_and_they_are_small() -> None:
    assert {path.parent.name for path in INPUTS} == READERS.keys()
    assert max(path.stat().st_size for path in INPUTS) <= 4096
    assert sum(path.stat().st_size for path in INPUTS) < 300_000


@pytest.mark.parametrize(
    ("name", "target", "words"),
    [
        ("macho", "x86_64-macos", ["-shared", "-Wl,-undefined,dynamic_lookup"]),
        ("macho", "aarch64-macos", ["-shared", "-Wl,-undefined,dynamic_lookup"]),
        ("macho", "aarch64-macos", ["-c"]),
        ("pe", "x86_64-windows-gnu", ["-shared", "-DNEEDS", "needed.lib"]),
        ("facts", "aarch64-macos", ["-shared", "-Wl,-undefined,dynamic_lookup"]),
        ("facts", "x86_64-windows-gnu", ["-shared", "-DNEEDS", "needed.lib"]),
        ("coff", "aarch64-windows-gnu", ["-c", "-g"]),
        ("elf", "x86_64-linux-musl", ["-shared", "-g"]),
        ("rename", "x86_64-linux-musl", ["-c", "-g"]),
    ],
)
def test_damaged_real_files_are_answered_in_time(tmp_path: Path, name: str, target: str, words: list[str]) -> None:
    (tmp_path / "needed.def").write_text(NEEDED, encoding="utf-8")
    run(tmp_path, "dlltool", "-m", "i386:x86-64", "-d", "needed.def", "-l", "needed.lib")
    data = compiled(tmp_path, target, *words)
    READERS[name].read(data)
    head = data[:1024]
    for number in range(_DAMAGED):
        rng = random.Random(number)  # noqa: S311  # repeatable is what it has to be
        # Tables that lead to others stand at the beginning: half of the damage goes there.
        made = damaged(rng, head, same_size=True) + data[1024:] if number % 2 else damaged(rng, data)
        _answer(name, made)


def _answer(name: str, data: bytes) -> None:
    began = time.monotonic()
    with contextlib.suppress(InputError):
        READERS[name].read(data)
    assert time.monotonic() - began < _PATIENCE
