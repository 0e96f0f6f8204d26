"""What the toolchain is told to optimise: a profile of real counts is used, and bitcode has an object beside it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from pydist.binary.ar import members
from pydist.binary.kind import Kind, kind_of
from pydist.binary.profile import FunctionProfile, combined, digest, read_counts, write_profile
from pydist.policy import resources, toolchain

pytestmark = pytest.mark.slow

TARGETS = {"x86_64-linux-musl": "-static", "x86_64-linux-gnu.2.17": "-pie"}
PROGRAM = """
#include <string.h>
#include <stdlib.h>
#include <unistd.h>
typedef int (*operation)(int);
static int often(int a) { return a + 1; }
static int seldom(int a) { return a - 1; }
static operation table[] = {often, seldom};
static __attribute__((noinline)) int run(operation f, int a) { return f(a); }
__attribute__((noinline)) void copy(char *to, const char *from, size_t size) { memcpy(to, from, size); }
int main(int count, char **words) {
    static char from[1000], to[1000];
    int total = 0;
    if (count > 2 && fork() == 0)
        exit(0);
    for (int i = 0; i < atoi(words[1]); i++) {
        total = run(table[i % 10 == 0], total);
        copy(to, from, i % 10 ? 16 : 700);
    }
    return total < 0;
}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "program.c").write_text(PROGRAM)
    return tmp_path


def box(place: Path, target: str, command: str, **variables: str) -> str:
    """What `command` says, run by a shell in `place` with the box's compiler as `clang`."""
    compiler = toolchain.locate()
    for name, script in (("clang", "clang"), ("ar", "ar")):
        (place / "path").mkdir(exist_ok=True)
        (place / "path" / name).write_text((resources.builders() / "box" / script).read_text())
        (place / "path" / name).chmod(0o755)
    environment = {
        "PATH": f"{place / 'path'}:/usr/bin:/bin", "PYDIST_WORK": str(place), "DEPS": str(place),
        "PYDIST_ZIG": str(compiler.path), "PYDIST_ZIG_LIB": str(compiler.folder / "lib"), "PYDIST_ZIG_TARGET": target,
        "PYDIST_CFLAGS": "", "ZIG_LOCAL_CACHE_DIR": str(place / "zig"), "HOME": str(place),
        "RUNTIME": str(resources.builders() / "cpython" / "profile" / "runtime.c"),
        "ZIG_GLOBAL_CACHE_DIR": os.environ.get("ZIG_GLOBAL_CACHE_DIR", str(place / "zig-global")), **variables,
    }  # fmt: skip
    done = subprocess.run(["/bin/sh", "-euc", command], cwd=place, env=environment, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def instrumented(place: Path, target: str) -> None:
    box(place, target, 'clang -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -c "$RUNTIME" -o runtime.o')
    how = TARGETS[target] + (" -fPIE" if TARGETS[target] == "-pie" else "")
    box(place, target, f"clang -O2 {how} -fprofile-generate program.c runtime.o -o program; mkdir counts")


def counted(place: Path) -> dict[str, FunctionProfile]:
    [path] = (place / "counts").iterdir()
    return {function.name: function for function in read_counts(path.read_bytes(), path.name)}


@pytest.mark.parametrize("target", TARGETS)
def test_processes_add_their_counts_up_in_one_file_that_names_functions_and_sizes(place: Path, target: str) -> None:
    instrumented(place, target)
    for times in ("1000", "500"):
        subprocess.run([place / "program", times], env={"PYDIST_PROFILE": str(place / "counts")}, check=True)
    found = counted(place)
    run, copy = found["program.c;run"], found["copy"]
    assert (run.counters, found["program.c;often"].counters) == ((1500,), (1350,))
    assert dict(run.sites[0][0]) == {digest(b"program.c;often"): 1350, digest(b"program.c;seldom"): 150}
    assert dict(copy.sites[1][0]) == {16: 1350, 513: 150}


def test_a_child_that_was_only_forked_does_not_count_its_parents_work_again(place: Path) -> None:
    instrumented(place, "x86_64-linux-musl")
    subprocess.run([place / "program", "10", "fork"], env={"PYDIST_PROFILE": str(place / "counts")}, check=True)
    assert counted(place)["program.c;run"].counters == (10,)


def test_without_a_folder_for_counts_a_program_runs_as_ever(place: Path) -> None:
    instrumented(place, "x86_64-linux-musl")
    assert subprocess.run([place / "program", "10"], env={}, check=True).returncode == 0
    assert not list((place / "counts").iterdir())


@pytest.mark.parametrize("target", TARGETS)
def test_the_compiler_takes_the_profile_and_turns_frequent_indirect_calls_into_direct_ones(
    place: Path, target: str
) -> None:
    instrumented(place, target)
    subprocess.run([place / "program", "1000"], env={"PYDIST_PROFILE": str(place / "counts")}, check=True)
    (place / "p.profdata").write_bytes(write_profile(combined(counted(place).values())))
    box(place, target, "clang -O2 -fprofile-use=p.profdata -S -emit-llvm program.c -o with.ll")
    text = (place / "with.ll").read_text()
    assert '"InstrProf"' in text
    # No warning says so: the compiler leaves counts of code that has another shape out in silence, and notes it here.
    assert "instr_prof_hash_mismatch" not in text
    changed = PROGRAM.replace("{ return f(a); }", "{ return a > 5 ? f(a) : f(a - 1); }")
    (place / "program.c").write_text(changed)
    box(place, target, "clang -O2 -fprofile-use=p.profdata -S -emit-llvm program.c -o other.ll")
    assert "instr_prof_hash_mismatch" in (place / "other.ll").read_text()
    function = re.search(r"^define [^\n]*@run\(.*?^}", text, re.DOTALL | re.MULTILINE)
    assert function is not None
    # Not a call of what `table` points at, but a comparison with the frequent one, which is then inlined.
    assert re.search(r"icmp eq ptr \S+, @often", function[0])


def test_whatever_is_compiled_to_bitcode_is_an_object_too_at_the_same_place_elsewhere(place: Path) -> None:
    (place / "native").mkdir()
    (place / "sub").mkdir()
    box(
        place,
        "x86_64-linux-musl",
        "PYDIST_NATIVE= clang -O2 -c program.c -o sub/foreign.o\n"
        "clang -O2 -flto=thin -c program.c -o sub/program.o; ar rcs libprogram.a sub/program.o sub/foreign.o",
        PYDIST_NATIVE=str(place / "native"),
    )
    for name, kind in (("sub/program.o", Kind.BITCODE), ("native/sub/program.o", Kind.ELF)):
        assert kind_of((place / name).read_bytes()[:64]) is kind
    for name, kind in (("libprogram.a", Kind.BITCODE), ("native/libprogram.a", Kind.ELF)):
        # What was compiled elsewhere is in both as it is.
        assert [kind_of(bytes(data[:64])) for _, data in members((place / name).read_bytes())] == [kind, Kind.ELF]


def test_debugging_information_names_neither_the_compilers_cache_nor_the_folder_of_work(
    place: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What the compiler adds by itself was made in its cache, and would say so; `-g` keeps only that of the program."""
    (place / "program.c").write_text("int main(int count, char **words) { return (unsigned __int128)count / **words; }")
    cache = tmp_path_factory.mktemp("store") / "the cache@(caf\u00e9)"
    box(place, "x86_64-linux-gnu.2.17", "clang -g -c program.c -o program.o; clang -g program.o -o program",
        PYDIST_DEBUG_INFO="-g", ZIG_GLOBAL_CACHE_DIR=str(cache))  # fmt: skip
    data = (place / "program").read_bytes()
    assert b"__udivti3" in data, "nothing is linked in that was made in the cache"
    assert b"program.c" in data
    assert str(cache).encode() not in data
    assert str(place).encode() not in data
