"""_tkinter of a glibc distribution: it shows windows, and finds the script libraries wherever the tree stands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydist.binary.elf import ElfFile

pytestmark = pytest.mark.slow

WINDOW = """
import json, tkinter, tkinter.font, tkinter.ttk
root = tkinter.Tk()
seen = []
button = tkinter.ttk.Button(root, text="Grüße", command=lambda: seen.append("clicked"))
button.pack()
root.bind("<Key-a>", lambda event: seen.append(event.keysym))
root.focus_force()
root.update()
root.event_generate("<Key-a>")
root.event_generate("<Motion>", x=button.winfo_x() + 5, y=button.winfo_y() + 5, warp=True)
button.invoke()
root.update()
print(json.dumps({
    "seen": seen,
    "width": button.winfo_width(),
    "font": tkinter.font.nametofont("TkDefaultFont").actual("family"),
    "fonts": len(tkinter.font.families()),
}))
root.destroy()
"""
LIBRARIES = """
import json, tkinter
tcl = tkinter.Tcl()
tcl.eval("interp create child")
print(json.dumps({
    "library": tcl.eval("info library"),
    "child": tcl.eval("child eval {info library}"),
    "packages": [tcl.eval(f"package require {name}") for name in ("msgcat", "http", "opt")],
    "greek": tcl.eval("encoding convertfrom iso8859-7 \\\\xe1"),
}))
"""


def answer(python: Path, code: str, **variables: str) -> dict[str, object]:
    """What `code` printed, run by `python` in an environment of nothing but `variables`."""
    done = subprocess.run(
        [str(python), "-I", "-W", "error", "-c", code], env=variables, capture_output=True, text=True,
        check=False, cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result


@pytest.fixture(scope="module")
def gnu(tree: Callable[..., Path]) -> Path:
    """A distribution for glibc, as it is in its archive."""
    return tree("x86_64-unknown-linux-gnu")


@pytest.fixture(scope="module")
def moved(gnu: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("moved") / "ein Ördner"
    shutil.copytree(gnu / "install", place, symlinks=True)
    return place


@pytest.fixture(scope="module")
def python(moved: Path) -> Path:
    return moved / "bin" / "python3"


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a display of its own, without a screen."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("this machine has no Xvfb (Debian: xvfb)")
    log = (tmp_path_factory.mktemp("display") / "log").open("wb")
    process = subprocess.Popen(
        [server, "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        number = process.stdout.readline().decode().strip()
        assert number, Path(log.name).read_text(errors="replace")
        yield f":{number}"
    finally:
        process.terminate()
        process.communicate()
        log.close()


def test_a_window_shows_a_widget_and_gets_events(python: Path, display: str) -> None:
    found = answer(python, WINDOW, DISPLAY=display)
    assert found["seen"] == ["a", "clicked"]
    assert isinstance(found["width"], int) and found["width"] > 20
    # Fonts of files, not the X server's own: antialiased text.
    assert found["font"] != "fixed" and found["fonts"]


def test_without_a_display_it_says_so(python: Path) -> None:
    code = "import tkinter\ntry: tkinter.Tk()\nexcept tkinter.TclError as error: print(error)"
    done = subprocess.run([str(python), "-I", "-c", code], env={}, capture_output=True, text=True, check=True)
    assert done.stdout == "no display name and no $DISPLAY environment variable\n"


def test_script_libraries_are_found_from_a_moved_tree(moved: Path) -> None:
    found = answer(moved / "bin" / "python3", LIBRARIES, LC_ALL="C.UTF-8")
    assert found["library"] == found["child"] == str(moved / "lib" / "tcl8.6")
    assert found["greek"] == "\N{GREEK SMALL LETTER ALPHA}"
    assert isinstance(found["packages"], list) and all(found["packages"])


def test_script_libraries_are_found_in_a_virtual_environment_and_through_a_link(moved: Path, tmp_path: Path) -> None:
    subprocess.run([str(moved / "bin" / "python3"), "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    link = tmp_path / "python"
    link.symlink_to(moved / "bin" / "python3")
    for python in (tmp_path / "venv" / "bin" / "python", link):
        assert answer(python, LIBRARIES, LC_ALL="C.UTF-8")["child"] == str(moved / "lib" / "tcl8.6")


def test_a_library_named_by_the_environment_comes_first(moved: Path, tmp_path: Path) -> None:
    other = tmp_path / "tcl8.6"
    shutil.copytree(moved / "lib" / "tcl8.6", other)
    shutil.copytree(moved / "lib" / "tcl8", tmp_path / "tcl8")
    found = answer(moved / "bin" / "python3", LIBRARIES, TCL_LIBRARY=str(other))
    assert found["library"] == found["child"] == str(other)


def test_the_module_offers_nothing_but_itself_and_needs_no_library_of_x11(gnu: Path) -> None:
    (path,) = (gnu / "install" / "lib").glob("python3.*/lib-dynload/_tkinter.*.so")
    data = path.read_bytes()
    elf = ElfFile.parse(data)
    assert {name.partition(".")[0] for name in elf.needed} <= {"libc", "libm", "libdl", "libpthread", "ld-linux-x86-64"}
    exported = {symbol.name for symbol in elf.dynamic_symbols(data) if symbol.defined and symbol.binding != 0}
    assert exported == {"PyInit__tkinter"}


def test_the_manifest_names_the_script_libraries(gnu: Path) -> None:
    manifest = json.loads((gnu / "PYTHON.json").read_text())
    assert manifest["tcl_library_path"] == "install/lib"
    assert manifest["tcl_library_paths"] == ["tcl8", "tcl8.6", "tk8.6"]
    (extension,) = manifest["build_info"]["extensions"]["_tkinter"]
    assert {"tk8.6", "tcl8.6", "X11", "xcb", "Xau", "Xft"} <= {link["name"] for link in extension["links"]}
    assert "TCL" in extension["licenses"]


@pytest.mark.parametrize("name", ["test_tcl", "test_tkinter", "test_ttk"])
def test_the_tests_of_cpython_pass_on_a_display(python: Path, display: str, name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(python), "-m", "test", "-u", "gui", "--tempdir", tmp_path, name],
        env={"DISPLAY": display, "PATH": os.defpath, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Result: SUCCESS" in done.stdout
