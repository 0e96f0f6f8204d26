"""What is kept of a binary can be handed to another process, and is small."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from pydist.binary.kind import Kind
from pydist.validate.binary_facts import Budget, examine, is_examined
from tests.support import tiny_mac, tiny_windows
from tests.support.elf import make_ar, make_elf
from tests.support.macho import ARM64, make_fat
from tests.support.pe import make_coff

FILES: list[tuple[Kind, Callable[[], bytes]]] = [
    (Kind.MACHO, lambda: tiny_mac.made(tiny_mac.MODULE)),
    (Kind.MACHO, lambda: tiny_mac.made(tiny_mac.CORE)),
    (Kind.MACHO, lambda: make_fat([(ARM64, make_ar({"core.o": tiny_mac.made(tiny_mac.CORE)}))])),
    (Kind.PE, lambda: tiny_windows.made(tiny_windows.MODULE)),
    (Kind.COFF, lambda: tiny_windows.made(tiny_windows.CORE)),
    (Kind.AR, tiny_windows.imports),
    (Kind.PDB, lambda: tiny_windows.linked(tiny_windows.DLL)["python314.pdb"]),
]


@pytest.mark.parametrize(("kind", "data"), FILES, ids=[f"{n}-{kind}" for n, (kind, _) in enumerate(FILES)])
def test_facts_can_be_handed_over_and_are_small(kind: Kind, data: Callable[[], bytes]) -> None:
    facts = examine(kind, data())
    assert facts.fault is None
    passed = pickle.dumps(facts)
    assert pickle.loads(passed) == facts  # noqa: S301  # made here
    assert len(passed) < 8000


def test_names_that_are_kept_are_paid_for() -> None:
    data = tiny_windows.made(tiny_windows.DLL)
    budget = Budget(left=1000)
    assert "symbol names take more" in (examine(Kind.PE, data, budget).fault or "")
    assert "symbol names take more" in (examine(Kind.MACHO, tiny_mac.made(tiny_mac.LIBRARY), Budget(1000)).fault or "")


@pytest.mark.parametrize(
    "about",
    [{"needed": ["liba.so"] * 20}, {"needs": [("libc.so.6", [f"V{n}" for n in range(20)])]}, {"runpath": ":" * 20}],
    ids=["libraries", "versions", "folders"],
)
def test_what_a_file_asks_the_loader_for_is_paid_for(about: dict[str, Any]) -> None:
    data = make_elf(kind=3, interp="/lib/ld.so", **about)
    assert examine(Kind.ELF, data, Budget(5000)).fault is None
    assert "names take more" in (examine(Kind.ELF, data, Budget(1000)).fault or "")


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("bin/python3", Kind.MACHO, True),
        ("DLLs/_ssl.PYD", Kind.PE, True),
        ("Lib/notes.txt", Kind.PE, False),
        ("build/core.obj", Kind.COFF, True),
        ("Lib/test/data.bin", Kind.COFF, False),
        ("Lib/os.py", Kind.OTHER, False),
    ],
)
def test_what_other_data_begins_like_is_told_by_its_name(name: str, kind: Kind, expected: bool) -> None:
    assert is_examined(name, kind) is expected


def test_members_of_a_library_that_only_begin_like_objects_are_passed_over() -> None:
    odd = make_coff()[:20] + b"\xff" * 20
    facts = examine(Kind.AR, make_ar({"core.obj": make_coff(), "notes": odd}))
    assert (facts.fault, facts.members, [name for name, _ in facts.coff]) == (None, 1, ["core.obj"])
