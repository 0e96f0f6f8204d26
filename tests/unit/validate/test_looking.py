"""Facts are the same whoever looked at the members, and in the order of the archive."""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path

import pytest

from pydist.progress import Silent
from pydist.validate import gather as gathering
from pydist.validate.facts import Facts
from pydist.validate.gather import gather
from pydist.validate.looking import ALONE, Helpers
from tests.support import tiny, trees
from tests.support.elf import make_ar, make_elf

TWO = Helpers(count=2, after=0)
MEBIBYTE = 1 << 20


def members() -> tiny.Members:
    """All that can pass by: large and small, programs and documents, links, names that are there twice."""
    content = tiny.distribution()
    large = make_ar({f"{n}.o": make_elf(kind=1, defined=[f"f{n}"]) + bytes(MEBIBYTE) for n in range(3)})
    for number in range(400):
        content[f"python/build/Objects/{number}.o"] = make_elf(kind=1, defined=[f"name{number}"])
        content[f"python/install/lib/python3.14/m{number}.py"] = b"x = 1\n" * number
        if number % 100 == 0:
            content[f"python/build/lib/lib{number}.a"] = large
            content[f"python/build/lib/again{number}.a"] = ("hard", f"python/build/lib/lib{number}.a")
    content["python/install/include/python3.14/patchlevel.h"] = trees.patchlevel("3.14.7")
    content["python/install/bin/python3"] = trees.elf() + bytes(2 * MEBIBYTE)
    content["python/./install/bin/python3"] = b"another file of the same name"
    return content


def both(path: Path) -> tuple[Facts, Facts]:
    return gather(path, Silent(), helpers=ALONE), gather(path, Silent(), helpers=TWO)


def children() -> str:
    return "".join(path.read_text() for path in Path("/proc/self/task").glob("*/children"))


def test_facts_are_the_same_whoever_looked(tmp_path: Path) -> None:
    before = children()
    alone, helped = both(tiny.pack(tmp_path / "a.tar", members()))
    assert alone == helped
    assert list(alone.files) == list(helped.files)
    assert list(alone.texts) == list(helped.texts)
    assert alone.identity.version is not None
    assert alone.files["build/lib/again300.a"].binary == alone.files["build/lib/lib300.a"].binary
    assert alone.files["install/bin/python3"].size > MEBIBYTE
    assert children() == before, "helpers are gone when it returns"


def test_an_archive_that_ends_early_ends_at_the_same_place(tmp_path: Path) -> None:
    """Inside a large member, a small one, and a header."""
    path = tiny.pack(tmp_path / "a.tar", members())
    data = path.read_bytes()
    place = data.index(b"!<arch>", len(data) // 2)
    for end in (place + 2 * MEBIBYTE, data.index(b"name123\0"), place - 100):
        path.write_bytes(data[:end])
        alone, helped = both(path)
        assert alone.damage is not None
        assert alone == helped


@pytest.mark.parametrize("program", ["/bin/false", "/nowhere/python"])
def test_without_a_helper_that_works_all_is_looked_at_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    path = tiny.pack(tmp_path / "a.tar", members())
    expected = gather(path, Silent(), helpers=ALONE)
    monkeypatch.setattr(sys, "executable", program)
    assert gather(path, Silent(), helpers=TWO) == expected


def test_names_of_symbols_are_bounded_in_the_order_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content: tiny.Members = {f"python/build/{name}.o": make_elf(kind=1, defined=[name * 400]) for name in "abcdefgh"}
    monkeypatch.setattr(gathering, "_NAMES", 1100)
    alone, helped = both(tiny.pack(tmp_path / "a.tar", content))
    assert alone == helped
    faults = [file.binary.fault for file in alone.files.values() if file.binary]
    assert [fault is None for fault in faults] == [True] * 2 + [False] * 6


def test_each_hard_link_counts_for_the_names_that_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rule looks at each: a small archive could have a million links to one large library."""
    content: tiny.Members = {"python/build/a.o": make_elf(kind=1, defined=["a" * 400])}
    content |= {f"python/build/{name}.o": ("hard", "python/build/a.o") for name in "bcdefgh"}
    monkeypatch.setattr(gathering, "_NAMES", 1100)
    alone, helped = both(tiny.pack(tmp_path / "a.tar", content))
    assert alone == helped
    faults = [file.binary.fault for file in alone.files.values() if file.binary]
    assert [fault is None for fault in faults] == [True] * 2 + [False] * 6


def test_what_is_too_large_to_look_into_is_still_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_LARGEST_BINARY", MEBIBYTE)
    alone, helped = both(tiny.pack(tmp_path / "a.tar", members()))
    assert alone == helped
    file = alone.files["build/lib/lib300.a"]
    assert file.binary is not None and "more than the" in str(file.binary.fault)
    assert len(file.sha256) == 64


def test_a_large_member_is_never_in_memory_twice(tmp_path: Path) -> None:
    size = 48 * MEBIBYTE
    path = tiny.pack(tmp_path / "a.tar", {"python/install/lib/large.so": b"\x7fELF".ljust(size, b"\0")})
    tracemalloc.start()
    try:
        facts = gather(path, Silent(), helpers=ALONE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert facts.files["install/lib/large.so"].size == size
    assert size < peak < size * 3 // 2
