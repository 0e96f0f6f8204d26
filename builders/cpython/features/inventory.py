"""Run by an interpreter: prints as JSON what it offers that depends on how and for what it was built.

The answer is an object of groups, each a sorted list of names. A name stands for something that is there; what is a
fault when it is there (`HAVE_BROKEN_POLL`) is listed, when it is not, with "no " before it. Constants that are False
are not there. The answer of a native build is the reference, see allowed.toml.
"""

import importlib
import importlib.util
import json
import sys
import sysconfig
from importlib import machinery

# Modules whose names depend on the C library, the kernel's headers or a library that is linked.
MODULES = [
    "bz2", "cmath", "compression.zstd", "ctypes", "curses", "curses.panel", "decimal", "errno", "fcntl", "grp",
    "hashlib", "locale", "lzma", "math", "mmap", "multiprocessing", "os", "pty", "pwd", "pyexpat", "readline",
    "resource", "select", "signal", "socket", "sqlite3", "ssl", "sys", "syslog", "termios", "_thread", "threading",
    "time", "unicodedata", "uuid", "zlib",
]  # fmt: skip
# Types whose methods do.
TYPES = {
    "mmap": ["mmap"],
    "select": ["epoll"],
    "socket": ["socket"],
    "sqlite3": ["Blob", "Connection", "Cursor"],
    "ssl": ["SSLContext", "SSLObject", "SSLSocket"],
}
# Macros of pyconfig.h that say what does not work.
FAULTY = (
    "HAVE_ALIGNED_REQUIRED", "HAVE_BROKEN_", "HAVE_GLIBC_MEMMOVE_BUG", "HAVE_IPA_PURE_CONST_BUG",
    "POSIX_SEMAPHORES_NOT_ENABLED", "SIGNED_RIGHT_SHIFT_ZERO_FILLS", "X87_DOUBLE_ROUNDING",
)  # fmt: skip
# The others that are features.
MACROS = (
    "ENABLE_IPV6", "HAVE_", "PTHREAD_SYSTEM_SCHED_SUPPORTED", "PY_SQLITE_", "Py_REMOTE_DEBUG", "WITH_",
    "_Py_FFI_SUPPORT_C_COMPLEX",
)  # fmt: skip


def public(thing):
    """Names that do not begin with an underscore, but for modules and for constants that say no."""
    for name in dir(thing):
        if not name.startswith("_"):
            value = getattr(thing, name, None)
            if value is not False and type(value) is not type(sys):
                yield name


def imported(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def of_module(name):
    module = imported(name)
    found = set(public(module)) if module else set()
    for kind in TYPES.get(name, []):
        found |= {f"{kind}.{method}" for method in public(getattr(module, kind, None))}
    return found


def modules():
    """Extension modules, built in or not, that can be imported."""
    in_c = (machinery.BuiltinImporter, machinery.ExtensionFileLoader)
    specs = {name: importlib.util.find_spec(name) for name in sys.stdlib_module_names}
    return {
        name
        for name, spec in specs.items()
        if spec and (spec.loader is in_c[0] or isinstance(spec.loader, in_c)) and imported(name)
    }


def macros():
    found = set()
    for name, value in sysconfig.get_config_vars().items():
        if name.startswith(FAULTY):
            found |= {f"no {name}"} if not value else set()
        elif name.startswith(MACROS) and value == 1:
            found.add(name)
    return found


def os_tables():
    import os
    import posix

    found = {f"_have_functions {name}" for name in posix._have_functions}
    for table in ("pathconf_names", "sysconf_names", "confstr_names"):
        found |= {f"{table} {name}" for name in getattr(os, table)}
    for table in ("supports_dir_fd", "supports_fd", "supports_effective_ids", "supports_follow_symlinks"):
        found |= {f"{table} {function.__name__}" for function in getattr(os, table)}
    return found


def interpreter():
    return {
        f"hash {sys.hash_info.algorithm}",
        f"locks {sys.thread_info.lock}",
        f"float_repr {sys.float_repr_style}",
        f"digit {sys.int_info.bits_per_digit}",
        f"filesystem {sys.getfilesystemencoding()}",
        *(f"flag {name}" for name in dir(sys.flags) if not name.startswith("_")),
    }


def sqlite():
    if not (sqlite3 := imported("sqlite3")):
        return set()
    connection = sqlite3.connect(":memory:")

    def names(query):
        return {row[0] for row in connection.execute(query)}

    # Newer versions list these two once they have been used.
    for table in ("json_each", "json_tree"):
        works(lambda table=table: names(f"SELECT key FROM {table}('[1]')"))  # noqa: S608 - no input of anybody
    options = {option.split("=")[0] for option in names("PRAGMA compile_options")}
    return (
        {f"option {option}" for option in options if option.startswith(("ENABLE_", "THREADSAFE", "SOUNDEX"))}
        | {f"function {name}" for name in names("SELECT name FROM pragma_function_list") if not name.startswith("fts")}
        | {f"table {name}" for name in names("SELECT name FROM pragma_module_list")}
    )


def works(action):
    try:
        return bool(action())
    except Exception:
        return False


def compression():
    lzma, zstd = imported("lzma"), imported("compression.zstd")
    checks = ("CHECK_CRC32", "CHECK_CRC64", "CHECK_SHA256")
    found = {f"lzma {check}" for check in checks if lzma and lzma.is_check_supported(getattr(lzma, check))}
    if zstd and works(lambda: zstd.CompressionParameter.nb_workers.bounds()[1] > 0):
        found.add("zstd threads")
    return found


def behaviour():
    """What shows only when it is tried. None of it depends on the machine, if that has Linux 5.3 or newer."""
    import ctypes
    import ctypes.util
    import multiprocessing
    import os
    import time

    def memory_file():
        os.close(os.memfd_create("features"))
        return True

    def semaphore():
        return multiprocessing.get_context("spawn").Semaphore(3).get_value() == 3

    def shared_memory():
        from multiprocessing.shared_memory import SharedMemory

        memory = SharedMemory(create=True, size=1)
        memory.close()
        memory.unlink()
        return True

    def zone():
        os.environ["TZ"] = "EST+5EDT,M4.1.0,M10.5.0"
        time.tzset()
        return time.tzname == ("EST", "EDT")

    tried = {
        "ctypes CDLL(None)": lambda: ctypes.CDLL(None).getpid() == os.getpid(),
        "ctypes callback": lambda: ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x + 1)(1) == 2,
        "memfd_create": memory_file,
        "getrandom": lambda: len(os.getrandom(8)) == 8,
        "multiprocessing Semaphore.get_value": semaphore,
        "multiprocessing shared_memory": shared_memory,
        "pidfd_open": lambda: os.close(os.pidfd_open(os.getpid())) is None,
        "time.tzset": zone,
    }
    found = {name for name, action in tried.items() if works(action)}
    return found | {f"multiprocessing {method}" for method in multiprocessing.get_all_start_methods()}


def main():
    import hashlib

    groups = {name: of_module(name) for name in MODULES}
    groups |= {
        "modules": modules(),
        "pyconfig.h": macros(),
        "os tables": os_tables(),
        "interpreter": interpreter(),
        "sqlite": sqlite(),
        "compression": compression(),
        "hash algorithms": hashlib.algorithms_available,
        "behaviour": behaviour(),
    }
    print(json.dumps({name: sorted(names) for name, names in sorted(groups.items()) if names}, indent=0))


main()
