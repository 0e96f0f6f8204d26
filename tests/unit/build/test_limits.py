"""Facts about how much a job may use."""

from __future__ import annotations

import pytest

from pydist.build.limits import memory_of

MIB = 1 << 20


@pytest.mark.parametrize(
    ("machine", "container"),
    [(100_000 * MIB, 85_000 * MIB), (2048 * MIB, 1536 * MIB), (512 * MIB, 256 * MIB)],
)
def test_a_container_may_use_what_the_machine_has_but_for_a_reserve(machine: int, container: int) -> None:
    assert memory_of(machine) == container
