"""The probes: functions that are true when all is as in an ordinary Python."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable

__all__ = ["main"]

PATIENCE = 60  # seconds for each probe
WORDS = "fünf Worte und ein Punkt.\n"


def resources_read_text() -> bool:
    from importlib import resources

    return resources.files("probes.parts").joinpath("data", "words.txt").read_text(encoding="utf-8") == WORDS


def resources_as_file() -> bool:
    from importlib import resources

    with resources.as_file(resources.files("probes.parts") / "data" / "words.txt") as path:
        return path.read_text(encoding="utf-8") == WORDS


def pkgutil_get_data() -> bool:
    import pkgutil

    return pkgutil.get_data("probes.parts", "data/words.txt") == WORDS.encode()


def open_beside_file() -> bool:
    import probes.parts

    with open(os.path.join(os.path.dirname(probes.parts.__file__), "data", "words.txt"), encoding="utf-8") as file:
        return file.read() == WORDS


def metadata_version() -> bool:
    from importlib import metadata

    return metadata.version("probes") == "1.5"


def entry_points_load() -> bool:
    from importlib import metadata

    (point,) = metadata.entry_points(group="probes.plugins")
    return bool(point.load()() == "hello from the plugin")


def pkgutil_iter_modules() -> bool:
    import pkgutil

    import probes.parts

    return [module.name for module in pkgutil.iter_modules(probes.parts.__path__)] == ["later", "plugin"]


def import_own_by_name() -> bool:
    import importlib

    return bool(importlib.import_module("probes.parts." + os.environ.get("PROBES_NO_SUCH", "later")).VALUE == 7)


def import_stdlib_by_name() -> bool:
    import importlib

    return bool(importlib.import_module(os.environ.get("PROBES_NO_SUCH", "color") + "sys").rgb_to_hls(1, 1, 1))


def inspect_getsource() -> bool:
    import inspect

    return inspect.getsource(doubled).endswith("return number * 2\n")


def source_line_in_traceback() -> bool:
    try:
        raise ValueError("shown")
    except ValueError:
        return 'raise ValueError("shown")' in traceback.format_exc()


def doubled(number: int) -> int:
    return number * 2


def processes(method: str) -> Callable[[], bool]:
    def probe() -> bool:
        with multiprocessing.get_context(method).Pool(2) as pool:
            return pool.map(doubled, range(3)) == [0, 2, 4]

    return probe


def executable_c() -> bool:
    command = [sys.executable, "-c", "print(6 * 7)"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout == "42\n"


def executable_m() -> bool:
    command = [sys.executable, "-m", "json.tool"]
    done = subprocess.run(command, input='{"a": 1}', capture_output=True, text=True, timeout=60, check=False)
    return json.loads(done.stdout) == {"a": 1}


def environment_is_clean() -> bool:
    words = subprocess.run(["env"], capture_output=True, text=True, check=True).stdout
    return not any(line.startswith(("LD_LIBRARY_PATH=", "PYTHONHOME=", "_MEI")) for line in words.splitlines())


def ssl_certificates() -> bool:
    import ssl

    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    return len(context.get_ca_certs()) > 50


def zone_files() -> bool:
    import datetime
    import zoneinfo

    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    return str(datetime.datetime(2024, 7, 1, tzinfo=zone).utcoffset()) == "2:00:00"


def extension_modules() -> bool:
    import ctypes
    import curses
    import lzma
    import readline
    import sqlite3

    assert curses and readline
    assert ctypes.CDLL(None)
    database = sqlite3.connect(":memory:")
    return database.execute("select 6 * 7").fetchone() == (42,) and lzma.decompress(lzma.compress(b"x")) == b"x"


def idna_codec() -> bool:
    return "bücher.example".encode("idna") == b"xn--bcher-kva.example"


def main_has_a_file() -> bool:
    return bool(sys.modules["__main__"].__file__)


def prefix_exists() -> bool:
    return os.path.exists(sys.prefix)


def pydoc_shows_a_module() -> bool:
    import pydoc

    return "Modules and data" in pydoc.render_doc("probes.parts")


PROBES: dict[str, Callable[[], bool]] = {
    "importlib.resources: read_text": resources_read_text,
    "importlib.resources: as_file": resources_as_file,
    "pkgutil.get_data": pkgutil_get_data,
    "open(dirname(__file__) + …)": open_beside_file,
    "importlib.metadata.version": metadata_version,
    "entry_points().load()": entry_points_load,
    "pkgutil.iter_modules": pkgutil_iter_modules,
    "import of an own module by name": import_own_by_name,
    "import of a standard module by name": import_stdlib_by_name,
    "inspect.getsource": inspect_getsource,
    "source line in a traceback": source_line_in_traceback,
    "multiprocessing: fork": processes("fork"),
    "multiprocessing: spawn": processes("spawn"),
    "multiprocessing: forkserver": processes("forkserver"),
    "sys.executable -c": executable_c,
    "sys.executable -m": executable_m,
    "children's environment": environment_is_clean,
    "certificates": ssl_certificates,
    "zoneinfo": zone_files,
    "sqlite3, lzma, curses, readline, ctypes": extension_modules,
    "codec idna": idna_codec,
    "__main__.__file__": main_has_a_file,
    "sys.prefix exists": prefix_exists,
    "pydoc": pydoc_shows_a_module,
}


def main() -> None:
    """Run all probes and print a JSON object of what failed."""
    multiprocessing.freeze_support()
    signal.signal(signal.SIGALRM, out_of_time)
    failed = {}
    for name, probe in PROBES.items():
        signal.alarm(PATIENCE)
        try:
            if not probe():
                failed[name] = "another answer"
        except BaseException as error:
            failed[name] = f"{type(error).__name__}: {error}"
        signal.alarm(0)
    print(json.dumps({"probes": list(PROBES), "failed": failed}), flush=True)
    # Not by returning: that waits for processes which a probe has left behind.
    os._exit(0)


def out_of_time(_number: int, _frame: object) -> None:
    raise TimeoutError(f"no answer after {PATIENCE} seconds")
