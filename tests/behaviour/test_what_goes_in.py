"""What goes into an application and in which form: its programs, sources, optimised code, tests, Tcl/Tk, .pth files."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydist.link.app import Request
from pydist.link.dist import Distribution
from pydist.link.link import link
from pydist.link.report import LinkReport
from pydist.store import Store
from tests.support.wheels import wheel

pytestmark = pytest.mark.slow

GNU = "x86_64-unknown-linux-gnu"
TOOLS = b"""
import os, shutil, subprocess, sys

def one():
    print("one", os.path.basename(sys.argv[0]), sys.argv[1:])

def two():
    print("two", os.path.basename(sys.argv[0]), sys.argv[1:], flush=True)
    if sys.argv[1:] == ["again"]:
        subprocess.run([sys.executable, sys.argv[0], "argv"])
        subprocess.run([*sys.orig_argv[:-1], "orig"])
    return 3

def three():
    folder = os.path.join(sys.prefix, "bin")
    print(subprocess.run([os.path.join(folder, "two"), "path"], stdout=2).returncode)
    print(shutil.which("one", path=folder) == os.path.join(folder, "one"))
    print(subprocess.check_output(["one", "x"], env={"PATH": folder}, text=True), end="", flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(os.posix_spawn(folder + "/two", ["two", "spawn"], {}), 0)[1]))
"""
SCRIPTS = {"one": "tools:one", "two": "tools:two", "three": "tools:three"}


def run(program: Path | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(program), *arguments], env={}, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def tool(distribution: Distribution, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file of three programs."""
    folder = tmp_path_factory.mktemp("tools")
    made = wheel(folder, "tools", "1", {"tools.py": TOOLS}, scripts=SCRIPTS)
    link(Request(app=str(made), output=folder / "tool", scripts=("one", "two", "three"),
                 distribution=str(distribution.root)), store=store)  # fmt: skip
    return folder / "tool"


def test_the_first_argument_chooses_a_program(tool: Path) -> None:
    done = run(tool, "two", "x")
    assert (done.stdout, done.stderr, done.returncode) == ("two two ['x']\n", "", 3)


def test_the_name_chooses_a_program(tool: Path, tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tool)
    assert run(tmp_path / "one", "two").stdout == "one one ['two']\n"


@pytest.mark.parametrize("arguments", [(), ("four",), ("",)])
def test_another_name_gets_the_list(tool: Path, arguments: tuple[str, ...]) -> None:
    done = run(tool, *arguments)
    assert (done.stdout, done.returncode) == ("", 2)
    assert "one, two, three" in done.stderr


@pytest.mark.parametrize("name", ["tool", "two"])
def test_a_program_can_start_itself_again(tool: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to(tool)
    done = run(tmp_path / name, *(["two"] if name == "tool" else []), "again")
    assert done.stdout == "two two ['again']\ntwo two ['argv']\ntwo two ['orig']\n"


def test_programs_inside_can_be_started_by_their_path(tool: Path) -> None:
    done = run(tool, "three")
    assert done.stdout == "3\nTrue\none one ['x']\ntwo two ['spawn']\n3\n"
    assert done.stderr == "two two ['path']\n"


def made(distribution: Distribution, store: Store, folder: Path, text: str, **settings: Any) -> LinkReport:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "app.py").write_text(text)
    request = Request(
        app=str(folder / "app.py"), output=folder / "app", distribution=str(distribution.root), **settings
    )
    return link(request, store=store)


FORM = """
import json, multiprocessing, subprocess, sys
def double(x):
    "text"
    return 2 * x
if __name__ == "__main__":
    print(sys.flags.optimize, __debug__, double.__doc__, bool(json.loads.__doc__))
    print(subprocess.check_output([sys.executable, "-c", "import sys; print(sys.flags.optimize)"], text=True), end="")
    print(multiprocessing.get_context("spawn").Pool(1).map(double, [1]), flush=True)
    json.loads("{")
"""


@pytest.mark.parametrize(
    ("level", "first"), [(0, "0 True text True"), (1, "1 False text True"), (2, "2 False None False")]
)
def test_flags_and_code_have_one_level_of_optimisation(
    distribution: Distribution, store: Store, tmp_path: Path, level: int, first: str
) -> None:
    done = run(made(distribution, store, tmp_path, FORM, optimize=level).output)
    assert done.stdout == f"{first}\n{level}\n[2]\n"


def test_without_sources_all_works_but_what_shows_them(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    whole = made(distribution, store, tmp_path / "whole", FORM)
    bare = made(distribution, store, tmp_path / "bare", FORM, sources=False)
    done = run(bare.output)
    assert done.stdout == "0 True text True\n0\n[2]\n"
    assert 'json/decoder.py", line' in done.stderr
    assert "self.raw_decode(" not in done.stderr
    assert "self.raw_decode(" in run(whole.output).stderr
    assert bare.size < whole.size - 5_000_000
    assert b"def dumps(obj" not in Path(bare.output).read_bytes()


def test_effects_of_pth_files(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    files = {
        "folders.pth": b"vendor\n", "vendor/inner.py": b"NAME = 'inner'\n",
        "distutils-precedence.pth": b"import os; __import__('_distutils_hack').add_shim()\n",
        "_distutils_hack/__init__.py": b"def add_shim(): print('shim')\n",
        "odd.pth": b"import sys; sys.exit(9)\n",
    }  # fmt: skip
    path = wheel(tmp_path, "demo", "1", files)
    text = "import inner, subprocess, sys; print(inner.NAME, flush=True); subprocess.run([sys.executable, '-c', ''])"
    report = made(distribution, store, tmp_path, text, with_=(f"demo @ {path.as_uri()}",))
    assert run(report.output).stdout == "shim\ninner\nshim\n"
    assert [note for note in report.notes if ".pth" in note] == [
        "odd.pth of demo-1-py3-none-any.whl has code for each start of a Python: it is not run"
    ]


def test_tests_of_packages_and_of_python_come_back_when_they_are_wanted(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    path = wheel(tmp_path, "demo", "1", {"demo/__init__.py": b"", "demo/tests/__init__.py": b"", "demo/x.pyi": b""})
    text = "from importlib.util import find_spec as f\nprint(*(bool(f(n)) for n in ('demo.tests', 'test.support')))"
    settings = {"with_": (f"demo @ {path.as_uri()}",), "allow_missing": ("demo",)}
    report = made(distribution, store, tmp_path, text, **settings, include=("test/support/*", "demo/tests"))
    assert run(report.output).stdout == "True True\n"
    assert {(row.part, row.name) for row in report.left_out} >= {
        (path.name, "type stubs"), ("standard library", "tests of CPython")
    }  # fmt: skip
    report = made(distribution, store, tmp_path, "import test.support; print(test.support.__name__)")
    assert run(report.output).stdout == "test.support\n"
    assert "tests of CPython" not in {row.name for row in report.left_out}


def test_the_folder_changes_no_byte(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    path = wheel(tmp_path, "tools", "1", {"tools.py": TOOLS, "tools_x.pth": b"a\n"}, scripts=SCRIPTS)
    digests = set()
    for folder in (tmp_path / "a", tmp_path / "b c/é"):
        report = made(distribution, store, folder, "import tools", with_=(f"tools @ {path.as_uri()}",), sources=False,
                      optimize=1, exclude=("pydoc_data",), include=("test/support/*",))  # fmt: skip
        digests.add(hashlib.sha256(Path(report.output).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_tcl_goes_in_with_tkinter_and_finds_its_scripts(
    tree: Callable[..., Path], store: Store, tmp_path: Path
) -> None:
    text = "import os, tkinter\nt = tkinter.Tcl()\n"
    text += "print(t.eval('info library'), t.eval('package require http') > '2')\n"
    text += "print([name for name in os.environ if 'TCL' in name or 'TK' in name])\n"
    for body, inside in ((text, True), ("print()", False)):
        (tmp_path / "app.py").write_text(body)
        request = Request(app=str(tmp_path / "app.py"), output=tmp_path / "app", distribution=str(tree(GNU)))
        report = link(request, store=store)
        assert ("tkinter and Tcl/Tk" not in {row.name for row in report.left_out}) is inside
        if inside:
            root = os.path.realpath(tmp_path / "app")
            assert run(report.output).stdout == f"{root}/lib/tcl8.6 True\n[]\n"
