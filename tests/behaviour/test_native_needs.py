"""Shared objects of an application find each other, whatever they are called, and each its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
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
LIBRARIES = {
    # Two that need each other: functions, data, symbol versions, and code that runs when they are loaded.
    "one": "int two(int); extern int of_two; static int seen; int of_one = 5;"
    "__attribute__((constructor)) static void begin(void) { seen = of_two + 1; }"
    "int one(int n) { return n ? two(n - 1) + 1 : seen; }",
    "two": "int one(int); int plain(void); extern int of_one; int of_two = 6;"
    "int two(int n) { return n ? one(n - 1) + 1 : of_one + plain(); }",
    "plain": "int plain(void) { return 100; }",
    "which": "int which(void) { return 1; }",
    "user": "int one(int); int which(void); int use(void) { return one(3) * 10 + which(); }",
    "other": "int which(void); int use(void) { return which(); }",
}
SCRIPT = """
import ctypes, os, sys, threading
import pair

folder = os.path.dirname(pair.__file__)
def library(path):
    return ctypes.CDLL(os.path.join(folder, path))

library(sys.argv[1])
print(library("user.so").use(), library("other/other.so").use(), library("libs/libone.so").one(0))
results = []
threads = [threading.Thread(target=lambda: results.append(library("libs/libtwo.so").two(1))) for _ in range(8)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
print(results)

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p if name in ("name", "symbol") else ctypes.c_void_p)
                for name in ("name", "base", "symbol", "at")]
info = Info()
for name in ("one", "two"):
    ctypes.CDLL(None).dladdr(getattr(library(f"libs/lib{name}.so"), name), ctypes.byref(info))
    print(info.name.decode() == os.path.join(folder, f"libs/lib{name}.so"))
print([name for name in os.listdir("/proc/self/fd") if "memfd" in os.path.realpath("/proc/self/fd/" + name)])
"""
EXPECTED = "1081 2 7\n[8, 8, 8, 8, 8, 8, 8, 8]\nTrue\nTrue\n[]\n"


def libraries(folder: Path) -> dict[str, bytes]:
    """The files of a package: libraries in `pair/libs`, users beside and below."""
    (folder / "versions.map").write_text("V_1 { global: *; };")
    sources = {**LIBRARIES, "before": "int two(int n) { return n; } int of_two;", "rival": "int which(void){return 2;}"}
    for name, source in sources.items():
        (folder / f"{name}.c").write_text(source)

    def make(source: str, output: str, *words: str) -> bytes:
        target = ["-target", "x86_64-linux-gnu.2.17", "-O1", "-shared", "-fPIC", "-Wl,--version-script=versions.map"]
        zig(folder, "cc", *target, f"{source}.c", "-o", output, "-L.", *words)
        return (folder / output).read_bytes()

    here, below = "-Wl,-rpath,$ORIGIN", "-Wl,-rpath,$ORIGIN/libs"
    made = {"libs/libplain.so": make("plain", "libplain.so")}  # has no SONAME
    make("before", "libtwo.so", "-Wl,-soname,libtwo.so")
    made["libs/libone.so"] = make("one", "libone.so", "-Wl,-soname,libone.so", "-l:libtwo.so", here)
    made["libs/libtwo.so"] = make("two", "libtwo.so", "-Wl,-soname,libtwo.so", "-l:libone.so", "-l:libplain.so", here)
    made["libs/libwhich.so"] = make("which", "libwhich.so", "-Wl,-soname,libwhich.so")
    made["user.so"] = make("user", "user.so", "-l:libone.so", "-l:libwhich.so", below)
    made["other/other.so"] = make("other", "other.so", "-l:libwhich.so", here)
    made["other/libwhich.so"] = make("rival", "libwhich.so", "-Wl,-soname,libwhich.so")
    return {"__init__.py": b"", **made}


@pytest.fixture(scope="module")
def report(tree: Callable[..., Path], store: Store, tmp_path_factory: pytest.TempPathFactory) -> LinkReport:
    folder = tmp_path_factory.mktemp("needs")
    wheel = wheels.wheel(folder, "pair", "1", {f"pair/{path}": data for path, data in libraries(folder).items()})
    (folder / "app.py").write_text(SCRIPT)
    request = Request(
        app=str(folder / "app.py"), output=folder / "app", distribution=str(tree(GNU, "noopt")),
        with_=(f"pair @ {wheel.as_uri()}",),
    )  # fmt: skip
    return link(request, store=store)


@pytest.mark.parametrize("first", ["user.so", "libs/libone.so", "libs/libtwo.so", "other/other.so"])
def test_libraries_that_need_each_other_work_whichever_is_asked_for_first(report: LinkReport, first: str) -> None:
    """And one without a SONAME is found, and of two with the same SONAME each user has its own."""
    done = subprocess.run([report.output, first], env={}, cwd="/", capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (EXPECTED, 0), done.stderr


def in_root(program: str, root: Path, *arguments: str, proc: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `program` where nothing is but the C library and /proc."""
    if os.geteuid() != 0:
        pytest.skip("chroot needs root")
    for path in re.findall(r"(/\S+) \(0x", subprocess.check_output(["ldd", program], text=True)):
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / path[1:])
    shutil.copy(program, root / "app")
    (root / "proc").mkdir(exist_ok=True)
    prepare = 'mount -t proc proc "$0/proc" && ' if proc else ""
    words = ["unshare", "--mount", "sh", "-c", f'{prepare}exec chroot "$0" /app "$@"', str(root), *arguments]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_they_need_the_c_library_and_proc_and_nothing_else(report: LinkReport, tmp_path: Path) -> None:
    done = in_root(report.output, tmp_path, "user.so")
    assert (done.stdout, done.returncode) == (EXPECTED, 0), done.stderr
    done = in_root(report.output, tmp_path, "user.so", proc=False)
    assert (done.stdout, done.returncode) == ("", 1)
    assert "needs the folder /proc, which is not there" in done.stderr


def test_libraries_that_are_brought_along_serve_where_the_system_has_none(
    tree: Callable[..., Path], store: Store, tmp_path: Path
) -> None:
    """Asked for are two; the third is needed by one of them."""
    for name, source in {
        "base": "int base(void) { return 20; }",
        "extra": "int base(void); int extra(void) { return base() + 1; }",
        "system": "int extra(void) { return 99; }",
        "user": "int extra(void); int use(void) { return extra(); }",
    }.items():
        (tmp_path / f"{name}.c").write_text(source)

    def make(source: str, output: str, *words: str) -> None:
        (tmp_path / output).parent.mkdir(exist_ok=True)
        soname = Path(output).name
        zig(tmp_path, "cc", "-target", "x86_64-linux-gnu.2.17", "-shared", "-fPIC", f"-Wl,-soname,{soname}",
            f"{source}.c", "-o", output, *words)  # fmt: skip

    make("base", "libbase.so.1")
    make("extra", "libextra.so.1", "-L.", "-l:libbase.so.1")
    make("system", "system/libextra.so.1")
    make("user", "user.so", "-L.", "-l:libextra.so.1")
    wheel = wheels.wheel(tmp_path, "user", "1", {
        "user/__init__.py": b"import ctypes\nprint(ctypes.CDLL(__path__[0] + '/user.so').use())\n",
        "user/user.so": (tmp_path / "user.so").read_bytes(),
    })  # fmt: skip
    (tmp_path / "app.py").write_text("import user")
    request = Request(
        app=str(tmp_path / "app.py"), output=tmp_path / "app", distribution=str(tree(GNU, "noopt")),
        with_=(f"user @ {wheel.as_uri()}",),
    )  # fmt: skip
    bare = link(request, store=store)
    assert dict(bare.plugin_needs) == {"libextra.so.1": ("lib/python3.14/site-packages/user/user.so",)}
    assert in_root(bare.output, tmp_path / "root").returncode == 1
    paths = tuple(str(tmp_path / name) for name in ("libextra.so.1", "libbase.so.1"))
    report = link(replace(request, bring=paths), store=store)
    assert not report.plugin_needs
    assert {"libbase.so.1", "libextra.so.1"} <= set(report.licences.unknown)
    done = in_root(report.output, tmp_path / "root")
    assert (done.stdout, done.returncode) == ("21\n", 0), done.stderr
    variables = {"LD_LIBRARY_PATH": str(tmp_path / "system")}
    assert subprocess.check_output([report.output], env=variables, text=True) == "99\n"  # the system's comes first
