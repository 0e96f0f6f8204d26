"""What an object defines gets another name, what it needs keeps its own, and no damage is more than a message."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from pydist.binary.elf import ElfFile, ElfInvalid
from pydist.binary.elf_rename import rename_defined, undefined_names
from pydist.policy import toolchain
from tests.support.elf import make_elf


def names(data: bytes) -> set[str]:
    return {symbol.name for symbol in ElfFile.parse(data).symbols(data) if symbol.name}


@pytest.mark.parametrize(("bits", "little"), [(32, True), (64, True), (64, False)])
def test_what_is_defined_is_renamed_and_what_is_needed_is_not(bits: int, little: bool) -> None:
    before = make_elf(bits=bits, little=little, kind=1, defined=["one", "two"], undefined=["used"], hidden=["own"])
    made, renamed = rename_defined(before, "__x")
    assert renamed == {"one": "one__x", "two": "two__x", "own": "own__x"}
    assert names(made) == {"one__x", "two__x", "own__x", "used"}
    assert list(undefined_names(made)) == ["used"]
    old, new = ElfFile.parse(before), ElfFile.parse(made)
    assert [section.name for section in new.sections] == [section.name for section in old.sections]


def test_nothing_but_names_changes() -> None:
    before = make_elf(kind=1, defined=["one"], undefined=["used"])
    made, _ = rename_defined(before, "__x")
    facts = [
        [(symbol.binding, symbol.kind, symbol.section, symbol.value, symbol.size) for symbol in elf.symbols(data)]
        for data in (before, made)
        for elf in [ElfFile.parse(data)]
    ]
    assert facts[0] == facts[1]


@pytest.mark.parametrize("kind", [2, 3])
def test_only_relocatable_objects_are_taken(kind: int) -> None:
    with pytest.raises(ElfInvalid, match=f"expected a relocatable object, found ELF type {kind}"):
        rename_defined(make_elf(kind=kind), "__x")


def test_damage_is_a_message() -> None:
    """Each byte of a small object is changed, the tail is cut off everywhere, and what is still read is an object."""
    data = make_elf(kind=1, defined=["one", "two"], undefined=["used"])
    chance = random.Random(5)  # noqa: S311 - the same damage each time
    damaged = [data[:end] for end in range(len(data))]
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] = chance.randrange(256)
        damaged.append(bytes(changed))
    refused = 0
    for case in damaged:
        try:
            made, _ = rename_defined(case, "__x")
            list(undefined_names(case))
        except ElfInvalid:
            refused += 1
        else:
            assert ElfFile.parse(made).type == 1
    assert refused > len(data) // 2


def test_two_objects_that_chose_the_same_names_are_linked_together(tmp_path: Path) -> None:
    zig = [str(toolchain.locate().path)]
    flags = ["-target", "x86_64-linux-musl", "-O1", "-fno-sanitize=undefined"]
    for number in (1, 2):
        source = f"int shared = {number}; int helper(void) {{ return shared; }} int start(void) {{ return helper(); }}"
        (tmp_path / "same.c").write_text(source)
        subprocess.run([*zig, "cc", *flags, "-c", "same.c", "-o", "same.o"], cwd=tmp_path, check=True)
        made, _ = rename_defined((tmp_path / "same.o").read_bytes(), f"__{number}")
        (tmp_path / f"{number}.o").write_bytes(made)
    main = "int start__1(void), start__2(void); int main(void) { return start__1() * 10 + start__2(); }"
    (tmp_path / "main.c").write_text(main)
    subprocess.run([*zig, "cc", *flags, "main.c", "1.o", "2.o", "-o", "main"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "main"], check=False).returncode == 12
