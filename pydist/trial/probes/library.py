"""module.library: every public module can be imported, or lacks a module that was left out with a reason."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import sysconfig
import warnings
from collections.abc import Iterator

from pydist.trial.probes.say import TASK, done, each

# Of other systems; `this` and `antigravity` act when they are imported, `idlelib` and `turtledemo` open windows.
ELSEWHERE = {"msilib", "msvcrt", "winreg", "winsound", "nt", "antigravity", "this", "idlelib", "turtledemo", "test"}
# Of Windows: parts of packages that no Linux can import.
PARTS = {"asyncio.windows_events", "asyncio.windows_utils", "encodings.mbcs", "encodings.oem",
         "multiprocessing.popen_spawn_win32"}  # fmt: skip
LEFT_OUT = set(TASK["left_out"])


def public() -> Iterator[str]:
    for name in sorted(sys.stdlib_module_names - ELSEWHERE):
        if name.startswith("_"):
            continue
        yield name
    for package in ("asyncio", "collections", "concurrent", "ctypes", "curses", "dbm", "email", "encodings", "http",
                    "importlib", "json", "logging", "multiprocessing", "sqlite3", "unittest", "urllib", "wsgiref",
                    "xml", "xmlrpc", "zipfile", "zoneinfo"):  # fmt: skip
        place = f"{sysconfig.get_path('stdlib')}/{package}"
        for module in pkgutil.iter_modules([place], f"{package}."):
            if module.name not in PARTS and not module.name.endswith("__main__"):
                yield module.name


def load(name: str) -> str | None:
    try:
        importlib.import_module(name)
    except ImportError as error:
        # crypt raises another error than the one that it met.
        cause = error if isinstance(error, ModuleNotFoundError) else error.__context__
        if not isinstance(cause, ModuleNotFoundError):
            raise
        missing = cause.name or ""
        # dbm.gnu says so in words of its own.
        top = missing.split(".")[0]
        if missing in LEFT_OUT or top in LEFT_OUT or f"_{top}" in LEFT_OUT:
            return None
        return f"{error}, which is not among the modules that are left out"
    return None


warnings.simplefilter("ignore")
done(f"{each(public(), load)} modules")
