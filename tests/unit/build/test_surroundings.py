"""Facts about what is told of the machine that builds."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pydist.build.host_box import PATH, HostBox, Processes
from pydist.build.jobserver import JobServer
from pydist.build.surroundings import programs_in
from pydist.build.tools import programs
from pydist.policy.toolchain import Toolchain


def test_the_host_box_tells_of_all_the_programs_that_scripts_may_use(tmp_path: Path) -> None:
    toolchain = Toolchain(path=tmp_path / "zig", version="0", digest="0")
    box = HostBox(toolchain=toolchain, cache=tmp_path, jobserver=JobServer(1), processes=Processes())
    told = box.surroundings()
    box.close()
    assert told.image is None
    assert told.programs.keys() == set(programs())
    assert "Make" in told.programs["make"].version


@pytest.mark.parametrize(
    ("script", "version"),
    [
        ("echo; echo Tool 1.2; echo 3.4", "Tool 1.2"),
        ('echo "$1"', ""),
        ("echo usage 1; exit 2", ""),
        ("printf '\\377 7\\n'", "\ufffd 7"),
        ("cat; pwd > /dev/null; echo 1", "1"),
    ],
)
def test_a_version_is_the_first_line_with_a_number(script: str, version: str, tmp_path: Path) -> None:
    text = f"#!/bin/sh\n{script}\n"
    (tmp_path / "make").write_text(text)
    (tmp_path / "make").chmod(0o755)
    assert programs_in(f"{tmp_path}").keys() == {"make"}
    found = programs_in(f"{tmp_path}:{PATH}")["make"]
    assert found.version == version
    assert found.sha256 == hashlib.sha256(text.encode()).hexdigest()
