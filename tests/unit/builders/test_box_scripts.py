"""Facts about the tools in builders/box that are more than another name of the compiler, run as scripts run them."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from pydist.binary.elf import ElfFile
from pydist.build.host_box import HostBox, Processes
from pydist.build.job import Job, Step
from pydist.build.jobserver import JobServer
from pydist.build.variables import target_variables
from pydist.errors import EnvironmentLacking, StepFailed
from pydist.policy import targets, toolchain
from pydist.policy.toolchain import Toolchain
from pydist.store import Store

OTHER = {"x86_64": "aarch64", "aarch64": "x86_64"}
MACHINE = platform.machine()


def run(folder: Path, compiler: Toolchain, cache: Path, triple: str, script: str) -> str:
    """What `script` says, in a box that builds for `triple`."""
    work = folder / "work"
    for name in ("include", "lib"):
        (work / "deps" / name).mkdir(parents=True)
    box = HostBox(toolchain=compiler, cache=cache, jobserver=JobServer(2), processes=Processes())
    variables = {**target_variables(targets.find(triple)), "PYDIST_CFLAGS": "-DOF_THE_TARGET"}
    step = Step(name="a step", command=("/bin/sh", "-euc", script), folder=".")
    log = folder / "log"
    try:
        box.run(Job(work=work, steps=(step,), variables=variables, paths={"OUT": "out"}, log=log))
    finally:
        box.close()
    return log.read_text().partition("\n")[2]


@pytest.fixture
def compiler() -> Toolchain:
    try:
        return toolchain.locate()
    except EnvironmentLacking as error:
        pytest.skip(str(error))


@pytest.fixture
def cache(store: Store) -> Path:
    return store.root / "toolchain" / "global"


def test_programs_of_the_building_machine_have_nothing_of_the_target(tmp_path: Path) -> None:
    words = tmp_path / "zig"
    words.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    words.chmod(0o755)
    shown = Toolchain(path=words, version="0", digest="0")
    triple = f"{OTHER[MACHINE]}-unknown-linux-gnu"
    said = run(tmp_path, shown, tmp_path, triple, "build-cc -c 'a b.c'; echo then; clang -c c.c").splitlines()
    first, second = said[: said.index("then")], said[said.index("then") :]
    assert first[first.index("-target") + 1] == f"{MACHINE}-linux-musl"
    assert "-static" in first
    assert "a b.c" in first
    assert "-DOF_THE_TARGET" not in first
    assert "-DOF_THE_TARGET" in second, "what build-cc sets stays with it"
    assert f"{OTHER[MACHINE]}-linux-gnu.2.17" in second


@pytest.mark.slow  # the toolchain makes its musl once for every new store
def test_what_build_cc_makes_runs_while_building(tmp_path: Path, compiler: Toolchain, cache: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "say.c").write_text('#include <stdio.h>\nint main(void) { return puts("said") < 0; }\n')
    triple = f"{OTHER[MACHINE]}-unknown-linux-gnu"
    assert run(tmp_path, compiler, cache, triple, "build-cc say.c -o say; ./say") == "said\n"
    assert ElfFile.parse((tmp_path / "work" / "say").read_bytes()).is_static


def test_a_library_has_an_object_of_each_source_with_its_flags(
    tmp_path: Path, compiler: Toolchain, cache: Path
) -> None:
    work = tmp_path / "work"
    (work / "sub").mkdir(parents=True)
    (work / "same.c").write_text("const char *first = WORD;\n")
    (work / "sub" / "same.c").write_text("int second(void) { return NUMBER; }\n")
    (work / "third.S").write_text(".globl third\nthird:\n")
    script = r"""
compile-library "$OUT/lib/libx.a" '-O1 -DNUMBER=1 -DWORD=\"a/b\"' same.c sub/same.c
compile-library "$OUT/lib/libx.a" "" third.S
ar t "$OUT/lib/libx.a"
grep -c 'a/b' "$OUT/lib/libx.a"
"""
    said = run(tmp_path, compiler, cache, "x86_64-unknown-linux-gnu", script)
    assert said.splitlines()[-4:] == ["same.c.o", "sub-same.c.o", "third.S.o", "1"]


@pytest.mark.parametrize(
    "calls",
    [
        "compile-library libx.a '' a/b.c a-b.c",
        "compile-library libx.a '' a-b.c; compile-library libx.a -DOTHER a-b.c",
    ],
)
def test_two_sources_never_become_one_object(calls: str, tmp_path: Path, compiler: Toolchain, cache: Path) -> None:
    (tmp_path / "work" / "a").mkdir(parents=True)
    for name in ("a/b.c", "a-b.c"):
        (tmp_path / "work" / name).write_text("int f(void) { return 0; }\n")
    with pytest.raises(StepFailed, match=r"a-b\.c: there is an objects/a-b\.c\.o already"):
        run(tmp_path, compiler, cache, "x86_64-unknown-linux-gnu", f"set -e; {calls}")


def test_a_library_may_stand_in_the_folder_itself_and_sources_differ_by_their_suffix(
    tmp_path: Path, compiler: Toolchain, cache: Path
) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "x.c").write_text("int f(void) { return 0; }\n")
    (tmp_path / "work" / "x.S").write_text(".globl g\ng:\n")
    script = "compile-library libx.a '' x.c x.S && ar t libx.a"
    said = run(tmp_path, compiler, cache, "x86_64-unknown-linux-gnu", script)
    assert said.splitlines()[-2:] == ["x.c.o", "x.S.o"]


def test_a_source_that_does_not_compile_leaves_no_library(tmp_path: Path, compiler: Toolchain, cache: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "wrong.c").write_text("not C\n")
    with pytest.raises(StepFailed):
        run(tmp_path, compiler, cache, "x86_64-unknown-linux-gnu", 'compile-library "$OUT/lib/libx.a" -O1 wrong.c')
    assert list((tmp_path / "work" / "out").rglob("*.a")) == []
