"""Code and constants of large shared objects are used where they are in the application's file."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pydist.link.app import Request
from pydist.link.link import link
from pydist.link.report import LinkReport
from pydist.store import Store
from tests.support import wheels
from tests.support.zig import run as zig

pytestmark = pytest.mark.slow

GNU = "x86_64-unknown-linux-gnu"
TABLE = f"const unsigned table[1 << 17] = {{{', '.join(str(number * 7919 % 65521) for number in range(1 << 17))}}};"
# What a shared object may do while and after it is loaded, and at the end.
LARGE = """
#include <cstdio>
#include <stdexcept>
extern "C" {
extern const unsigned table[1 << 17];
static int seen[8], count;
static thread_local int mine = 5;
__attribute__((constructor(200))) static void second(int argc, char **argv, char **envp) {
    seen[count++] = (int)table[1000] + argc;
    seen[count++] = argv[0] != nullptr && envp != nullptr;
}
__attribute__((constructor(150))) static void first() { seen[count++] = (int)table[1]; }
__attribute__((destructor)) static void last() { std::printf("last %u\\n", table[131071]); std::fflush(stdout); }
int nth(int at) { return at < count ? seen[at] : -1; }
int per_thread() { return mine++; }
int caught(int number) {
    try { if (number) throw std::runtime_error("thrown"); }
    catch (const std::exception &error) { return (int)error.what()[0]; }
    return 0;
}
const void *place() { return &table[100000]; }
}
"""
CHOSEN = """
extern const unsigned table[1 << 17];
static int one(void) { return (int)table[2]; }
static void *resolve(void) { return (void *)one; }
int chosen(void) __attribute__((ifunc("resolve")));
const void *place(void) { return &table[100000]; }
"""
USER = "int nth(int); int use(void) { return nth(0) + 1; } int at_load; " \
       "__attribute__((constructor)) static void begin(void) { at_load = nth(1); }"  # fmt: skip
SCRIPT = """
import ctypes, os, sys, threading
import big

def library(name):
    return ctypes.CDLL(os.path.join(os.path.dirname(big.__file__), name))

def where(loaded):
    loaded.place.restype = ctypes.c_void_p
    at = loaded.place()
    for line in open("/proc/self/maps"):
        start, _, end = line.split()[0].partition("-")
        if int(start, 16) <= at < int(end, 16):
            return "application" if line.split()[-1] == os.path.realpath("/proc/self/exe") else line.split()[5][:7]

user, large = library("user.so"), library("liblarge.so")
print(user.use(), ctypes.c_int.in_dll(user, "at_load").value, [large.nth(at) for at in range(4)], large.caught(1))
numbers = []
threads = [threading.Thread(target=lambda: numbers.append(large.per_thread())) for _ in range(3)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
print(numbers, where(large))
chosen = library("chosen.so")
print(chosen.chosen(), where(chosen))
print(open(os.path.join(os.path.dirname(big.__file__), "liblarge.so"), "rb").read(4), flush=True)
"""
EXPECTED = """\
7920 56481 [7919, 56481, 1, -1] 116
[5, 5, 5] application
15838 /memfd:
b'\\x7fELF'
last 33088
"""


def libraries(folder: Path) -> dict[str, bytes]:
    target = ["-target", "x86_64-linux-gnu.2.17", "-O1", "-shared", "-fPIC"]
    for name, text in {"table.c": TABLE, "large.cpp": LARGE, "chosen.c": CHOSEN, "user.c": USER}.items():
        (folder / name).write_text(text)
    zig(folder, "c++", *target, "large.cpp", "-x", "c", "table.c", "-o", "liblarge.so", "-Wl,-soname,liblarge.so")
    zig(folder, "cc", *target, "chosen.c", "table.c", "-o", "chosen.so")
    zig(folder, "cc", *target, "user.c", "-o", "user.so", "-L.", "-l:liblarge.so", "-Wl,-rpath,$ORIGIN")
    return {name: (folder / name).read_bytes() for name in ("liblarge.so", "chosen.so", "user.so")}


@pytest.fixture(scope="module")
def report(tree: Callable[..., Path], store: Store, tmp_path_factory: pytest.TempPathFactory) -> LinkReport:
    folder = tmp_path_factory.mktemp("in-place")
    files = {"__init__.py": b"", **libraries(folder)}
    wheel = wheels.wheel(folder, "big", "1", {f"big/{path}": data for path, data in files.items()})
    (folder / "app.py").write_text(SCRIPT)
    request = Request(
        app=str(folder / "app.py"), output=folder / "app", distribution=str(tree(GNU, "noopt")),
        with_=(f"big @ {wheel.as_uri()}",),
    )  # fmt: skip
    return link(request, store=store)


def test_they_do_all_that_others_do_and_one_that_chooses_its_functions_is_a_copy(report: LinkReport) -> None:
    done = subprocess.run([report.output], env={}, cwd="/", capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (EXPECTED, 0), done.stderr


def test_where_no_more_can_be_mapped_they_are_copied(report: LinkReport) -> None:
    """A limit that is reached while the object is loaded, whatever its size at that moment."""
    for limit in range(330, 480, 10):  # MiB of address space, of which 256 are reserved and not used
        done = subprocess.run(
            ["sh", "-c", f'ulimit -v {limit * 1024}; exec "$0"', report.output],
            env={}, cwd="/", capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode >= 0 or "no memory" in done.stderr, (limit, done)
        if done.returncode == 0:
            assert done.stdout == EXPECTED
