"""What a loader needs no code of can be loaded before its code is there; all others are not tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.binary.elf import ElfFile
from pydist.binary.elf_dynamic import ENTRY, Dynamic
from pydist.binary.elf_in_place import loads_in_place
from tests.support.elf import make_elf
from tests.support.zig import run as zig

LARGE = "const int table[1 << 17] = {1, 2, [100000] = 3}; int at(int n) { return table[n]; }"
CHOOSING = """
static int one(void) { return table[1]; }
static void *resolve(void) { return (void *)one; }
"""


def compiled(folder: Path, text: str, *words: str, target: str = "x86_64-linux-gnu.2.17") -> bytes:
    (folder / "library.c").write_text(text)
    zig(folder, "cc", "-target", target, "-O1", "-shared", "library.c", "-o", "library.so", *words)
    return (folder / "library.so").read_bytes()


@pytest.mark.parametrize("target", ["x86_64-linux-gnu.2.17", "aarch64-linux-gnu"])
def test_a_large_one_of_code_and_constants_can_be(tmp_path: Path, target: str) -> None:
    data = compiled(tmp_path, LARGE, "-fPIC", target=target)
    assert loads_in_place(data, ElfFile.parse(data))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("int small(void) { return 1; }", ["-fPIC"]),
        (LARGE + CHOOSING + 'int chosen(void) __attribute__((ifunc("resolve")));', ["-fPIC"]),
        (LARGE + CHOOSING + 'static int chosen(void) __attribute__((ifunc("resolve"))); '
         "int use(void) { return chosen(); }", ["-fPIC"]),
    ],
    ids=["small", "chooses", "chooses for itself"],
)  # fmt: skip
def test_others_cannot(tmp_path: Path, text: str, words: list[str]) -> None:
    data = compiled(tmp_path, text, *words)
    assert not loads_in_place(data, ElfFile.parse(data))


@pytest.mark.parametrize(("tag", "more"), [(30, 4), (0x6FFFFFFB, 0x20)], ids=["changes its code", "wants to be first"])
def test_one_with_such_a_flag_cannot(tmp_path: Path, tag: int, more: int) -> None:
    data = bytearray(compiled(tmp_path, LARGE, "-fPIC"))
    dynamic = Dynamic.of(data, ElfFile.parse(data))
    number, value = next((at, row[1]) for at, row in enumerate(dynamic.entries) if row[0] == tag)
    ENTRY.pack_into(data, dynamic.segment.offset + number * ENTRY.size, tag, value | more)
    assert not loads_in_place(data, ElfFile.parse(data))


def test_one_whose_tables_are_in_the_place_of_code_cannot(tmp_path: Path) -> None:
    """As sections name them: they are what tells code from tables."""
    data = bytearray(compiled(tmp_path, LARGE, "-fPIC"))
    section = next(item for item in ElfFile.parse(data).sections if item.name == ".dynstr")
    start, size = int.from_bytes(data[40:48], "little"), 64
    number = ElfFile.parse(data).sections.index(section)
    data[start + number * size + 4] = 1  # SHT_PROGBITS
    assert not loads_in_place(data, ElfFile.parse(data))
    data[40:48] = bytes(8)
    data[58:64] = bytes(6)
    assert not loads_in_place(data, ElfFile.parse(data))


@pytest.mark.parametrize("changes", [{"bits": 32}, {"little": False}, {"kind": 1}])
def test_other_files_cannot(changes: dict[str, int]) -> None:
    data = make_elf(**changes)  # type: ignore[arg-type]
    assert not loads_in_place(data, ElfFile.parse(data))
