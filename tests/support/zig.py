"""Small files for other systems, made by the toolchain that distributions are built with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pydist.errors import EnvironmentLacking
from pydist.policy import toolchain

LIBRARY = """
#ifdef _WIN32
#define OFFER __declspec(dllexport)
int DllMainCRTStartup(void *a, int b, void *c) { return 1; }
int _DllMainCRTStartup(void *a, int b, void *c) { return 1; }
#else
#define OFFER __attribute__((visibility("default")))
__attribute__((weak, visibility("default"))) int weak_one(int a) { return a + 3; }
#endif
OFFER int exported(int a) { return a + 1; }
int data = 7;
#ifdef NEEDS
__declspec(dllimport) int other(int);
__declspec(dllimport) int by_number(int);
OFFER int user(int a) { return other(a) + by_number(a); }
#else
extern int other(int);
OFFER int user(int a) { return exported(a); }
#endif
#ifdef OBJECT
int caller(int a) { return other(a); }
#endif
"""
NEEDED = 'LIBRARY "needed.dll"\nEXPORTS\n  other\n  datum DATA\n  by_number @7 NONAME\n'


def zig() -> Path:
    """The toolchain's program; where it is not installed the test is skipped."""
    try:
        return toolchain.locate().path
    except EnvironmentLacking as error:
        pytest.skip(f"the toolchain is an extra: {error}")


def run(folder: Path, *words: str) -> None:
    subprocess.run([zig(), *words], cwd=folder, check=True, capture_output=True, timeout=600)


def compiled(folder: Path, target: str, *words: str) -> bytes:
    """`LIBRARY` made for `target` with the options `words`, without the C library."""
    (folder / "library.c").write_text(LIBRARY, encoding="utf-8")
    run(folder, "cc", "-target", target, "-O1", "-nostdlib", "library.c", *words, "-o", "made")
    return (folder / "made").read_bytes()
