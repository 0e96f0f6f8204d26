"""Processors of ELF files are told by machine, size and byte order together."""

from __future__ import annotations

from pydist.binary.elf_machines import Machine, machine_name, processor
from pydist.target import Arch


def test_every_architecture_of_targets_is_exactly_one_processor() -> None:
    found = [processor(machine, bits, little) for machine in Machine for bits in (32, 64) for little in (True, False)]
    assert {arch: found.count(arch) for arch in Arch} == dict.fromkeys(Arch, 1)


def test_byte_order_and_size_tell_processors_apart() -> None:
    assert [processor(Machine.MIPS, bits, little) for bits in (32, 64) for little in (True, False)] == [
        "mipsel", "mips", "mips64el", "mips64",
    ]  # fmt: skip
    assert processor(Machine.X86_64, 64, False) is None
    assert machine_name(Machine.AARCH64, 64, False) == "aarch64_be (64-bit big-endian machine 183)"
    assert machine_name(4711, 32, True) == "32-bit little-endian machine 4711"
