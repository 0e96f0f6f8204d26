"""Facts about staging: what a box finds in the folder of a job, and what is left of that folder in the result."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pydist.build.box import BoxKind
from pydist.build.component import build_component, without_place
from pydist.build.job import Job
from pydist.build.relocate import BuildPathLeft
from pydist.build.surroundings import Surroundings
from pydist.build.trees import recipe_files, trees
from pydist.policy import recipes
from pydist.policy.toolchain import Toolchain


class Witness:
    """A box that looks at the folder of a job and runs nothing."""

    kind = BoxKind.HOST
    toolchain = Toolchain(path=Path("/nowhere/zig"), version="0", digest="0")

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.seen: set[str] = set()

    def apart(self) -> Witness:
        return self

    def surroundings(self) -> Surroundings:
        return Surroundings()

    def run(self, job: Job) -> None:
        self.jobs.append(job)
        self.seen = {path.relative_to(job.work).as_posix() for path in job.work.rglob("*") if path.is_file()}
        job.log.write_text(f"cd {job.work}/src\n")

    def stop(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def staged(tmp_path: Path) -> Witness:
    for name, file in {"sqlite": "lib/libsqlite3.a", "generator": "bin/generate"}.items():
        (tmp_path / name / file).parent.mkdir(parents=True)
        (tmp_path / name / file).write_bytes(b"")
    recipe, box = recipes.load("ndbm"), Witness()
    out = tmp_path / "job" / "out"
    out.mkdir(parents=True)
    variables: dict[str, Any] = {"CFLAGS": "-O2"}
    inputs = {name: tmp_path / name for name in ("sqlite", "generator")}
    release = recipe.releases[0]
    source = trees([(recipe, release)])[recipe.name]
    build_component(out, inputs, recipe=recipe, release=release, files=recipe_files(recipe, release), source=source,
                    box=box, variables=variables, tools=["generator"])  # fmt: skip
    return box


def test_a_job_has_everything_in_its_folder(staged: Witness) -> None:
    assert {"src/ndbm.c", "recipe/build.sh", "deps/lib/libsqlite3.a"} <= staged.seen


def test_a_tool_stands_under_its_name_and_not_among_the_libraries(staged: Witness) -> None:
    assert "tools/generator/bin/generate" in staged.seen
    assert "deps/bin/generate" not in staged.seen


def test_a_job_names_no_place_outside_its_folder(staged: Witness) -> None:
    (job,) = staged.jobs
    assert set(job.paths) == {"OUT", "DEPS", "RECIPE", "TOOLS"}
    words = [*job.paths.values(), *job.variables.values(), *(word for step in job.steps for word in step.command)]
    assert [word for word in words if str(job.work) in word] == []


def test_the_kept_log_does_not_say_where_the_job_ran(staged: Witness) -> None:
    (job,) = staged.jobs
    assert (job.work / "out" / "build.log").read_text() == "cd /build/src\n"


def test_the_folder_of_the_job_becomes_the_same_word_everywhere(tmp_path: Path) -> None:
    out, work = tmp_path / "work" / "out", tmp_path / "work"
    out.mkdir(parents=True)
    original = tmp_path / "original"
    original.write_text(f"prefix={work}/installed\n")
    original.chmod(0o755)
    os.link(original, out / "script")
    without_place(out, work)
    assert (out / "script").read_text() == "prefix=/build/installed\n"
    assert os.access(out / "script", os.X_OK)
    assert original.read_text() == f"prefix={work}/installed\n", "what it was linked with is changed too"


def test_compiled_code_that_names_its_folder_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "library.a").write_bytes(b"\0" + str(tmp_path).encode() + b"/src\0")
    with pytest.raises(BuildPathLeft, match=r"library\.a"):
        without_place(out, tmp_path)
