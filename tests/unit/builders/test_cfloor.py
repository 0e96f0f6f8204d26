"""Facts about builders/cfloor: compiled for glibc 2.17 and for musl as a component is, and run on this machine.

An older kernel is this one with a filter that answers ENOSYS; an older C library is one in which dlsym finds nothing.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from pydist.binary.ar import members
from pydist.binary.elf import ElfFile
from pydist.errors import EnvironmentLacking
from pydist.policy import recipes, toolchain
from pydist.store import Store
from tests.support import quad

HERE = Path(__file__).resolve().parent
MODERN = {
    "pwritev2": "works",
    "pwritev2-position": "works",
    "preadv2": "works",
    "preadv2-flag": "works",
    "copy_file_range": "works",
    "memfd_create": "works",
    "getrandom": "works",
    "getentropy": "works",
    "getentropy-257": "EIO",
    "explicit_bzero": "works",
    "sem_clockwait": "works",
    "sem_clockwait-timeout": "works",
    "sem_clockwait-realtime": "works",
    "sem_clockwait-past": "works",
    "sem_clockwait-past-timeout": "works",
    "sem_clockwait-other-clock": "works",
    "addclosefrom_np": "works",
    "close_range": "works",
    "closefrom": "works",
}
GNU = "x86_64-linux-gnu.2.17"
GNU_OF_AARCH64 = "aarch64-linux-gnu.2.17"
QUAD = ("cache.o", "quad.o")
LACKING = ("memfd_create", "copy_file_range", "getrandom", "getentropy", "close_range")


def compiler(store: Store) -> tuple[list[str], Mapping[str, str]]:
    try:
        found = toolchain.locate()
    except EnvironmentLacking as error:
        pytest.skip(str(error))
    return [str(found.path)], {**os.environ, **found.environment(store)}


def built(folder: Path, target: str, store: Store, *flags: str) -> Path:
    """What the component's own script makes of it. Returns the folder with `lib` and `include`."""
    command, environment = compiler(store)
    recipe = recipes.load("cfloor")
    work, out = folder / "src", folder / "out"
    subprocess.run(["cp", "-R", recipe.folder / "src", work], check=True)
    zig = " ".join(command)
    subprocess.run(
        ["sh", recipe.folder / "build.sh"],
        cwd=work,
        env={
            **environment,
            "CC": f"{zig} cc -target {target}",
            "AR": f"{zig} ar",
            "CFLAGS": " ".join(["-O2", "-fPIC", "-D_FORTIFY_SOURCE=2", *flags]),
            "OUT": str(out),
        },
        check=True,
    )
    return out


def symbols(data: bytes) -> tuple[set[str], set[str]]:
    """The functions that an object offers to others, and what it wants of them."""
    found = [symbol for symbol in ElfFile.parse(data).symbols(data) if symbol.name and symbol.binding]
    return {symbol.name for symbol in found if symbol.defined}, {symbol.name for symbol in found if not symbol.defined}


def program(folder: Path, library: Path, store: Store, target: str = GNU) -> Path:
    command, environment = compiler(store)
    subprocess.run(
        [*command, "cc", "-target", target, "-Wall", "-Wextra", "-Werror", "-O1", "-D_FORTIFY_SOURCE=2",
         f"-I{library / 'include'}", HERE / "floor.c", f"-L{library / 'lib'}", "-lcfloor", "-rdynamic",
         "-o", folder / "floor"],
        env=environment, check=True,
    )  # fmt: skip
    return folder / "floor"


@pytest.fixture(scope="module")
def floor(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("floor")
    return program(folder, built(folder, GNU, store), store)


@pytest.fixture(scope="module")
def floor_of_old_library(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    nothing = folder / "nothing.h"
    nothing.write_text(
        "#define _GNU_SOURCE\n#include <dlfcn.h>\n#define dlsym(handle, name) ((void)(name), (void *)0)\n"
    )
    return program(folder, built(folder, GNU, store, f"-include {nothing}"), store)


def answers(executable: Path, *arguments: str) -> dict[str, str]:
    if platform.machine() != "x86_64" or (executable.parent.name != "musl" and platform.libc_ver()[0] != "glibc"):
        pytest.skip("what was compiled for x86-64 and this C library does not run on this machine")
    result = subprocess.run([executable, *arguments], check=False, capture_output=True, text=True, timeout=60)
    if result.returncode == 3:
        pytest.skip(f"this machine does not let a process filter its system calls: {result.stderr}")
    assert result.returncode == 0, result.stderr
    return dict(line.split(" ", 1) for line in result.stdout.splitlines())


def test_every_function_does_what_glibc_says_of_it(floor: Path) -> None:
    assert answers(floor) == MODERN


def test_an_old_kernel_is_told_by_its_error_and_plain_reads_and_writes_still_work(floor: Path) -> None:
    expected = {**MODERN, **dict.fromkeys(LACKING, "ENOSYS"), "preadv2-flag": "EOPNOTSUPP"}
    assert answers(floor, "old-kernel") == expected


def test_an_old_c_library_still_has_timed_locks_and_says_that_it_cannot_close_in_the_child(
    floor_of_old_library: Path,
) -> None:
    assert answers(floor_of_old_library) == {**MODERN, "addclosefrom_np": "ENOSYS"}


@pytest.mark.slow  # the toolchain makes its musl once for every new store
def test_musl_gets_what_it_has_not(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "musl"
    folder.mkdir()
    executable = program(folder, built(folder, "x86_64-linux-musl", store), store, "x86_64-linux-musl")
    assert answers(executable) == {name: answer for name, answer in MODERN.items() if name != "addclosefrom_np"}


def test_what_uses_the_functions_needs_no_glibc_newer_than_the_floor(floor: Path) -> None:
    needs = [version for need in ElfFile.parse(floor.read_bytes()).version_needs for version in need.versions]
    numbers = [tuple(map(int, name.removeprefix("GLIBC_").split("."))) for name in needs if name.startswith("GLIBC_")]
    assert max(numbers) <= (2, 17)
    assert (2, 2, 5) in numbers


def test_the_functions_are_not_offered_to_others(floor: Path) -> None:
    data = floor.read_bytes()
    offered = {symbol.name for symbol in ElfFile.parse(data).dynamic_symbols(data) if symbol.defined}
    assert "main" in offered
    assert offered.isdisjoint(
        {*MODERN, "__explicit_bzero_chk", "preadv64v2", "pwritev64v2", "posix_spawn_file_actions_addclosefrom_np"}
    )


def test_the_guard_of_the_stack_and_mathematics_are_those_of_the_c_library(store: Store, tmp_path: Path) -> None:
    command, environment = compiler(store)
    target = "aarch64-linux-gnu.2.17"
    library = built(tmp_path, target, store) / "lib"
    subprocess.run(
        [*command, "cc", "-target", target, "-O1", "-fstack-protector-strong", HERE / "guarded.c",
         f"-L{library}", "-lcfloor", "-lm", "-o", tmp_path / "guarded"],
        env=environment, check=True,
    )  # fmt: skip
    data = (tmp_path / "guarded").read_bytes()
    wanted = {symbol.name for symbol in ElfFile.parse(data).dynamic_symbols(data) if not symbol.defined}
    assert {"__stack_chk_fail", "__stack_chk_guard", "log2"} <= wanted


def test_the_program_that_shows_them_calls_every_function_for_aarch64(store: Store, tmp_path: Path) -> None:
    """One that is not called would be wrong unseen."""
    command, environment = compiler(store)
    library = built(tmp_path, GNU_OF_AARCH64, store) / "lib" / "libcfloor.a"
    subprocess.run(
        [*command, "cc", "-target", GNU_OF_AARCH64, "-O1", "-fno-sanitize=undefined", "-c", HERE / "quad.c",
         "-o", tmp_path / "shown.o"], env=environment, check=True,
    )  # fmt: skip
    _, called = symbols((tmp_path / "shown.o").read_bytes())
    offered = set().union(*(symbols(data)[0] for name, data in members(library.read_bytes()) if name in QUAD))
    assert offered > {"__addtf3", "__unordtf2", "__clear_cache"}
    assert offered - called == set()


@pytest.mark.slow  # the toolchain makes its musl once for every new store
def test_numbers_of_128_bits_are_calculated_to_the_last_bit(store: Store, tmp_path: Path) -> None:
    command, environment = compiler(store)
    target = "aarch64-linux-musl"
    library = built(tmp_path, target, store) / "lib"
    subprocess.run(
        [*command, "cc", "-target", target, "-O1", "-static", "-fno-sanitize=undefined", HERE / "quad.c",
         f"-L{library}", "-lcfloor", "-o", tmp_path / "quad"], env=environment, check=True,
    )  # fmt: skip
    emulator = [] if platform.machine() == "aarch64" else ["/usr/bin/qemu-aarch64-static"]
    if emulator and not Path(emulator[0]).is_file():
        pytest.skip("nothing here runs programs for AArch64: apt install qemu-user-static")
    done = subprocess.run([*emulator, tmp_path / "quad"], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 5_000
    for line in lines:
        assert quad.faults(line) == []


@pytest.mark.parametrize("target", ["aarch64-linux-gnu.2.17", "aarch64-linux-musl", "x86_64-linux-gnu.2.34"])
def test_it_compiles_without_a_warning_for(target: str, store: Store, tmp_path: Path) -> None:
    assert (built(tmp_path, target, store) / "lib" / "libcfloor.a").is_file()
