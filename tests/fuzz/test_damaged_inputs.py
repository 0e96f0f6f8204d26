"""Thousands of damaged inputs for everything that reads foreign files: no crash, no hang, nothing written outside.

`make fuzz` runs ten thousand; `PYDIST_FUZZ_INPUTS` and `PYDIST_FUZZ_SEED` choose. A failure names its seed, which
alone gives the same input again.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import random
import signal
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
import zstandard

from pydist.errors import InputError, PydistError
from pydist.link.dist import choose_distribution
from pydist.link.finish import finish
from pydist.link.image import FileRow, ImageSpec, ModuleRow
from pydist.link.inspect import extract_application, inspect
from pydist.link.lock import parse_lock
from pydist.link.settings import script_block
from pydist.link.wheel import read_wheel
from pydist.progress import Silent
from pydist.store import Store
from pydist.target import Target
from pydist.validate import validate
from tests.support import tiny, wheels
from tests.support.damage import damage_bytes, damage_json
from tests.support.dist import stub

INPUTS = int(os.environ.get("PYDIST_FUZZ_INPUTS", "400"))
SEED = int(os.environ.get("PYDIST_FUZZ_SEED", "0"))
SECONDS = 20
NAMES = (
    "../escape",
    "/tmp/escape",
    "python/../../escape",
    "python/a/../../../escape",
    "python\\..\\escape",
    "a\nb",
    "x" * 400,
)
COMPRESSIONS: tuple[Callable[[bytes], bytes], ...] = (
    bytes, zstandard.ZstdCompressor(level=1).compress, lambda data: gzip.compress(data, 1), lambda data: lzma.compress(data, preset=0),
)  # fmt: skip

Case = Callable[[random.Random, Path], None]


class Hang(BaseException):
    """Raised by the alarm; not an Exception, so that nothing on the way can swallow it."""


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise Hang(f"no answer within {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def answers(call: Callable[[], object]) -> None:
    """Whatever comes back is right, and so is an error that is meant for the user."""
    try:
        call()
    except PydistError as error:
        assert str(error).strip()
        assert len(str(error)) < 200_000


def read_archive(path: Path, room: Path) -> None:
    """Everything that opens a distribution."""
    answers(lambda: validate(path, run=False))
    answers(lambda: inspect(path))
    target = Target.parse(tiny.TRIPLE)
    answers(lambda: choose_distribution(str(path), "3.14", target, Store(room / "store"), Silent()))


def damaged_stream(rng: random.Random, room: Path) -> None:
    """A packed distribution, damaged after or before it was compressed."""
    data = tiny.pack(room / "whole.tar", tiny.distribution()).read_bytes()
    compress = rng.choice(COMPRESSIONS)
    data = damage_bytes(compress(data), rng) if rng.random() < 0.5 else compress(damage_bytes(data, rng))
    path = room / "input.tar"
    path.write_bytes(data)
    read_archive(path, room)


def damaged_manifest(rng: random.Random, room: Path) -> None:
    def change(about: dict[str, object], _members: tiny.Members) -> None:
        for _ in range(rng.choice((1, 1, 3))):
            damage_json(about, rng)

    read_archive(tiny.pack(room / "input.tar", tiny.distribution(change)), room)


def damaged_documents(rng: random.Random, room: Path) -> None:
    """The text of one of the two JSON files, or an object, a library or the executable."""
    content = tiny.distribution()
    name = rng.choice([name for name, data in content.items() if isinstance(data, bytes) and data])
    data = content[name]
    assert isinstance(data, bytes)
    content[name] = damage_bytes(data, rng)
    read_archive(tiny.pack(room / "input.tar", content), room)


def hostile_names(rng: random.Random, room: Path) -> None:
    """Entries that would leave the folder: by name, by symbolic link, by hard link, by a link that is written through."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=rng.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))) as tar:
        tar.addfile(tarfile.TarInfo("python/PYTHON.json"))
        for number in range(rng.randrange(1, 6)):
            info = tarfile.TarInfo(rng.choice((*NAMES, f"python/{number}", "python/link/escape")))
            info.type = rng.choice(
                (tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)
            )
            info.linkname = rng.choice((*NAMES, "python/PYTHON.json", "/etc/passwd"))
            tar.addfile(info)
            link = tarfile.TarInfo("python/link")
            link.type, link.linkname = tarfile.SYMTYPE, rng.choice(NAMES)
            tar.addfile(link)
    (room / "input.tar").write_bytes(buffer.getvalue())
    read_archive(room / "input.tar", room)


def damaged_application(rng: random.Random, room: Path) -> None:
    (room / "stub").write_bytes(stub())
    files = (FileRow(path="lib/a.py", data=b"x = 1\n" * 50), FileRow(path="bin/run", data=b"#!", executable=True))
    module = ModuleRow(name="a", path="lib/a.py", code=b"code")
    spec = ImageSpec(python_hex=1, pyc_magic=2, abi_tag="cpython-314", modules=(module,), files=files, meta=b"{}")
    path = finish(room / "stub", spec, room / "input").path
    path.write_bytes(damage_bytes(path.read_bytes(), rng))
    answers(lambda: inspect(path))
    answers(lambda: extract_application(path, room / "out"))


def damaged_wheel(rng: random.Random, room: Path) -> None:
    content = wheels.members("demo", "1.0", {"demo/__init__.py": b"x = 1\n" * 20}, scripts={"demo": "demo:main"})
    if rng.random() < 0.5:
        name = rng.choice(sorted(content))
        content[rng.choice((name, *NAMES))] = damage_bytes(content[name], rng)
    path = wheels.write(room, "demo", "1.0", content)
    if rng.random() < 0.7:
        path.write_bytes(damage_bytes(path.read_bytes(), rng))
    answers(lambda: read_wheel(path))


LOCK = b"""lock-version = "1.0"
created-by = "uv"
[[packages]]
name = "demo"
version = "1.0"
marker = "python_version >= '3.11'"
wheels = [{ url = "https://example.org/demo-1.0-py3-none-any.whl", size = 12, hashes = { sha256 = "00" } }]
[[packages]]
name = "other"
directory = { path = "." }
"""
SCRIPT = b'# /// script\n# dependencies = ["rich"]\n# [tool.pydist]\n# include = ["*.txt"]\n# ///\nprint()\n'


def damaged_texts(rng: random.Random, room: Path) -> None:
    lock = damage_bytes(LOCK, rng).decode("utf-8", "replace")
    answers(lambda: parse_lock(lock, "pylock.toml", room, {"python_version": "3.14"}))
    script = damage_bytes(SCRIPT, rng).decode("utf-8", "replace")
    answers(lambda: script_block(script, "script.py"))


CASES: tuple[Case, ...] = (
    damaged_stream, damaged_manifest, damaged_documents, hostile_names, damaged_application, damaged_wheel, damaged_texts,
)  # fmt: skip
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_every_damaged_input_gets_an_answer_and_nothing_is_written_elsewhere(part: int, tmp_path: Path) -> None:
    guard = tmp_path / "guard"
    for number in range(part, INPUTS, PARTS):
        seed = SEED + number
        rng = random.Random(seed)  # noqa: S311
        room = guard / "room"
        room.mkdir(parents=True)
        case = CASES[seed % len(CASES)]
        try:
            with time_limit(SECONDS):
                case(rng, room)
        except (Exception, Hang) as error:
            raise AssertionError(f"PYDIST_FUZZ_SEED={seed} PYDIST_FUZZ_INPUTS=1: {case.__name__}: {error!r}") from error
        assert [path.name for path in guard.iterdir()] == ["room"], f"seed {seed} wrote beside its folder"
        assert not Path("/tmp/escape").exists(), f"seed {seed} wrote to an absolute path"  # noqa: S108
        remove(guard)


def remove(folder: Path) -> None:
    """Also what was extracted without permissions."""
    for parent, folders, files in os.walk(folder, topdown=False):
        for name in files:
            Path(parent, name).unlink()
        for name in folders:
            path = Path(parent, name)
            path.unlink() if path.is_symlink() else path.rmdir()
    folder.rmdir()


def test_the_fuzzer_would_see_a_crash(tmp_path: Path) -> None:
    """What is not an error for users is not swallowed, and what is one passes."""

    def crash() -> None:
        raise KeyError("a mistake in pydist")

    def refuse() -> None:
        raise InputError("wrong input")

    answers(refuse)
    with pytest.raises(KeyError):
        answers(crash)
    assert json.loads(json.dumps(tiny.manifest()))
