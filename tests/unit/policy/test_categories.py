"""Every file of a distribution has one category."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydist.policy.categories import categories, category_of


@pytest.mark.parametrize(
    "path, category",
    [
        ("install/bin/python3.14", "programs"),
        ("install/lib/libpython3.14.so.1.0", "libpython"),
        ("install/lib/libpython3.14.a", "static libraries"),
        ("install/lib/python3.14/config-3.14-x86_64-linux-gnu/libpython3.14.a", "static libraries"),
        ("install/lib/python3.14/config-3.14-x86_64-linux-gnu/Makefile", "headers"),
        ("install/lib/python3.14/os.py", "standard library"),
        ("install/lib/python3.14/test/test_os.py", "tests"),
        ("install/lib/python3.14/__pycache__/os.cpython-314.pyc", "bytecode"),
        ("install/lib/python3.14/lib-dynload/_tkinter.cpython-314-x86_64-linux-gnu.so", "tkinter"),
        ("install/lib/python3.14/lib-dynload/_testcapi.cpython-314-x86_64-linux-gnu.so", "tests"),
        ("install/lib/python3.14/lib-dynload/_ssl.cpython-314-x86_64-linux-gnu.so", "extension modules"),
        ("install/lib/python3.14/site-packages/pip/__init__.py", "packages"),
        ("install/lib/python3.14/ensurepip/__init__.py", "ensurepip"),
        ("install/lib/python3.14/idlelib/pyshell.py", "idlelib"),
        ("install/bin/idle3.14", "idlelib"),
        ("install/bin/pip3", "packages"),
        ("install/share/licenses/LICENSE.openssl.txt", "licences"),
        ("install/lib/tcl8.6/init.tcl", "tkinter"),
        ("install/lib/libssl.so.3", "libraries"),
        ("install/include/python3.14/Python.h", "headers"),
        ("install/share/man/man1/python3.14.1", "documentation"),
        ("install/share/terminfo/x/xterm", "other"),
        ("build/Python/ceval.o", "build"),
        ("PYTHON.json", "build"),
        ("licenses/LICENSE.openssl.txt", "licences"),
        ("install/a\nb", "other"),
    ],
)
def test_files_of_full_archives(path: str, category: str) -> None:
    assert category_of(path, "install") == category


@pytest.mark.parametrize(
    "path, category",
    [
        ("python.exe", "programs"),
        ("python313.dll", "libpython"),
        ("DLLs/_ssl.pyd", "extension modules"),
        ("DLLs/libssl-3.dll", "libraries"),
        ("libs/python313.lib", "headers"),
        ("Lib/os.py", "standard library"),
    ],
)
def test_files_of_trees_for_windows(path: str, category: str) -> None:
    assert category_of(path) == category


@given(st.text())
def test_every_name_has_one(path: str) -> None:
    assert category_of(path) in categories()
    assert category_of(path, "install") in categories()
