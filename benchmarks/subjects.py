"""What is measured: programs, and the ways to run each.

Invariant: the linked file and the interpreter it is compared with come from the same distribution, and the
interpreter's standard library is compiled before anything is timed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from pydist.store import Store

__all__ = ["HELLO", "STATUS", "find_distribution", "importable_modules", "interpreter", "link", "pyinstaller"]

BIN = Path(sys.executable).parent

HELLO = 'print("hello")\n'
STATUS = 'print(open("/proc/self/status").read())\n'

# Modules that do something when imported, open windows, or exist for CPython's own tests.
_LEAVE_OUT = {"__main__", "antigravity", "this", "idlelib", "turtledemo", "test", "lib2to3", "ensurepip", "xxlimited",
              "xxlimited_35", "xxsubtype"}  # fmt: skip

_LISTER = """
import contextlib, importlib, io, pkgutil, sys, warnings
warnings.simplefilter("ignore")
leave_out = set(sys.argv[1:])
names = sorted(name for name in sys.stdlib_module_names if name.partition(".")[0] not in leave_out)
good, tried = [], set()
def attempt(name):
    last = name.rpartition(".")[2]
    if name in tried or last in ("__main__", "test", "tests") or last.startswith("_test"):
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


def find_distribution(series: str) -> Path:
    """The folder with `python/` of the store's distribution of `series`; ends the program when there is none."""
    store = Store.default()
    keys = [key for name, key in store.refs("distribution").items() if name.split("/")[1].startswith(f"{series}.")]
    found = store.find(keys[-1]) if keys else None
    if found is None:
        sys.exit(f"bench: no distribution of Python {series} in the store; run: pydist build --python {series}")
    return found


def interpreter(distribution: Path, folder: Path) -> Path:
    """A copy of the distribution's interpreter with every module of its standard library compiled beside it."""
    home = folder / "python"
    shutil.copytree(distribution / "python" / "install", home, symlinks=True)
    python = next(path for path in sorted((home / "bin").glob("python3.*")) if path.name[8:].isdigit())
    library = next((home / "lib").glob("python3.*"))
    subprocess.run([python, "-I", "-m", "compileall", "-q", "-j", "0", library], stdout=subprocess.DEVNULL, check=False)
    return python


def importable_modules(python: Path) -> list[str]:
    """The modules and packages of the standard library that this interpreter imports without an error."""
    command = [str(python), "-I", "-c", _LISTER, *sorted(_LEAVE_OUT)]
    listed = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def link(script: Path, output: Path) -> None:
    """Link a script with the default distribution of the store."""
    subprocess.run([BIN / "pydist", "link", script, "-o", output, "--quiet"], check=True, stdin=subprocess.DEVNULL)


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
