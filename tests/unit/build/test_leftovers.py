"""Facts about telling a container that nobody waits for from one that somebody does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pydist.build import leftovers


def test_a_container_of_a_living_builder_is_none() -> None:
    said = leftovers.labels(Path("/store"), Path("/store/work/x"))
    assert not leftovers.is_orphan(said, running=True)
    assert not leftovers.is_orphan(said, running=False)


def test_a_container_of_a_builder_that_is_gone_is_one() -> None:
    program = (
        "from pathlib import Path; from pydist.build import leftovers\n"
        "print(leftovers.labels(Path('/store'), Path('/store/work/x'))[leftovers.BUILDER])"
    )
    gone = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert leftovers.is_orphan({leftovers.BUILDER: gone}, running=True)


def test_another_process_with_the_number_of_the_builder_is_not_taken_for_it() -> None:
    said = leftovers.labels(Path("/store"), Path("/store/work/x"))[leftovers.BUILDER]
    assert leftovers.is_orphan({leftovers.BUILDER: said.rpartition(" ")[0] + " 1"}, running=True)


def test_what_runs_for_another_machine_is_left_alone() -> None:
    said = {leftovers.BUILDER: "another-boot 4026531836 1 1"}
    assert not leftovers.is_orphan(said, running=True)
    assert leftovers.is_orphan(said, running=False)


def test_a_container_that_says_nothing_of_a_builder_is_left_alone_while_it_runs() -> None:
    assert not leftovers.is_orphan({}, running=True)
