"""Tcl/Tk is in applications that use it, and in no others."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pydist.link.app import Request
from pydist.link.link import link
from pydist.store import Store
from tests.support import wheels

pytestmark = pytest.mark.slow

GNU = "x86_64-unknown-linux-gnu"
FILES = {
    "gui/__init__.py": b"def ask():\n    import tkinter\n",
    "gui/window.py": b"import tkinter.ttk\n",
    "gui/perhaps.py": b"try:\n    import tkinter\nexcept ImportError: pass\n",
}
USE = "print(__import__('tkinter').Tcl().eval('info library'))"


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("import gui, gui.perhaps", False),
        ("import gui.window", True),
        ("# /// script\n# [tool.pydist]\n# include = ['tkinter']\n# ///\nimport gui", True),
        ("def f():\n    import tkinter", True),
        ("def f():\n    import turtle", True),
    ],
)
def test_tcl_and_tk_go_in_where_they_are_used(
    tree: Callable[..., Path], store: Store, tmp_path: Path, text: str, there: bool
) -> None:
    wheel = wheels.wheel(tmp_path, "gui", "1", FILES)
    (tmp_path / "app.py").write_text(f"{text}\n{USE}\n")
    request = Request(
        app=str(tmp_path / "app.py"), output=tmp_path / "app", distribution=str(tree(GNU, "noopt")),
        with_=(f"gui @ {wheel.as_uri()}",),
    )  # fmt: skip
    report = link(request, store=store)
    done = subprocess.run([report.output], env={}, capture_output=True, text=True, check=False)
    assert ("tkinter and Tcl/Tk" not in {row.name for row in report.left_out}) is there
    assert (done.returncode == 0, done.stdout.startswith(f"{report.output}/lib/tcl")) == (there, there), done.stderr
