"""What is measured: programs, and the ways to run each.

Invariant: the linked file and the interpreter it is compared with come from the same distribution, and the
interpreter's standard library is compiled before anything is timed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pydist.link.dist import Distribution, choose_distribution
from pydist.progress import Silent
from pydist.store import Store
from pydist.target import Target

__all__ = ["HELLO", "LISTER", "STATUS", "find_distribution", "importable_modules", "interpreter", "link", "pyinstaller"]

TARGET = "x86_64-unknown-linux-musl"
BIN = Path(sys.executable).parent

HELLO = 'print("hello")\n'
STATUS = 'print(open("/proc/self/status").read())\n'

# Modules that do something when imported, open windows, or exist for CPython's own tests; and the codecs, a hundred
# small tables that no program imports together.
_LEAVE_OUT = {"__main__", "antigravity", "this", "idlelib", "turtledemo", "test", "lib2to3", "ensurepip", "xxlimited",
              "xxlimited_35", "xxsubtype"}  # fmt: skip

LISTER = """
import contextlib, importlib, io, pkgutil, sys, warnings
warnings.simplefilter("ignore")
leave_out = set(sys.argv[1:])
names = sorted(name for name in sys.stdlib_module_names if name.partition(".")[0] not in leave_out)
good, tried = [], set()
def attempt(name):
    last = name.rpartition(".")[2]
    if name in tried or name.startswith("encodings.") or last.startswith(("__main__", "test", "_test")):
        return
    tried.add(name)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            module = importlib.import_module(name)
    except BaseException:
        return
    good.append(name)
    for found in pkgutil.iter_modules(getattr(module, "__path__", [])):
        attempt(f"{name}.{found.name}")
for name in names:
    attempt(name)
print("\\n".join(good))
"""


def find_distribution(wanted: str | None, series: str, target: str = TARGET) -> Distribution:
    """The distribution that `pydist link` takes. Raises `EnvironmentLacking` when the store has none."""
    return choose_distribution(wanted, series, Target.parse(target), Store.default(), Silent())


def interpreter(distribution: Distribution, folder: Path) -> Path:
    """A copy of the distribution's interpreter with every module of its standard library compiled beside it."""
    home = folder / "python"
    shutil.copytree(distribution.root / "install", home, symlinks=True)
    python = home / distribution.interpreter.relative_to(distribution.root / "install")
    library = home / distribution.stdlib.relative_to(distribution.root / "install")
    subprocess.run([python, "-I", "-m", "compileall", "-q", "-j", "0", library], stdout=subprocess.DEVNULL, check=False)
    return python


def importable_modules(command: Sequence[str | Path]) -> list[str]:
    """The modules and packages of the standard library that import without an error, as `command` + LISTER says."""
    words = [*map(str, command), *sorted(_LEAVE_OUT)]
    listed = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def link(script: Path, output: Path, options: Sequence[str]) -> None:
    """Link a script by the command line, as users do."""
    command = [str(BIN / "pydist"), "link", str(script), "-o", str(output), "--quiet", *options]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def pyinstaller(script: Path, folder: Path, form: str) -> Path | None:
    """The program that PyInstaller makes of a script (`form`: onefile or onedir); None where it is not installed."""
    if not (BIN / "pyinstaller").exists():
        return None
    folder.mkdir(parents=True)
    subprocess.run(
        [BIN / "pyinstaller", f"--{form}", "--noconfirm", "--log-level", "ERROR", "--distpath", folder / "out", script],
        cwd=folder,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    name = script.stem
    return folder / "out" / name if form == "onefile" else folder / "out" / name / name
