"""The compiler wrapper of the box, with the real toolchain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pydist.policy import resources
from tests.support.zig import zig

SOURCE = """
#include <stdlib.h>
#include <unistd.h>
static void last(void) { write(1, "last\\n", 5); }
__attribute__((constructor)) static void first(void) { atexit(last); }
"""
UNLOAD = """
import _ctypes, os, sys
_ctypes.dlclose(_ctypes.dlopen(sys.argv[1], 0))
os.write(1, b"unloaded\\n")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the library is for Linux")
def test_what_a_shared_library_registered_with_atexit_runs_when_it_is_unloaded(tmp_path: Path) -> None:
    (tmp_path / "library.c").write_text(SOURCE, encoding="utf-8")
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYDIST_WORK": str(tmp_path), "PYDIST_ZIG": str(zig()),
        "PYDIST_ZIG_LIB": str(zig().parent / "lib"), "PYDIST_ZIG_TARGET": "x86_64-linux-gnu.2.17", "PYDIST_CFLAGS": "",
    }  # fmt: skip
    wrapper = resources.builders() / "box" / "clang"
    subprocess.run(
        ["sh", str(wrapper), "-shared", "-fPIC", "library.c", "-o", "library.so"],
        cwd=tmp_path, env=environment, check=True, timeout=600,
    )  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-I", "-c", UNLOAD, str(tmp_path / "library.so")], capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.returncode) == ("last\nunloaded\n", 0)
