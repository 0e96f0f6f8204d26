"""A conforming distribution for macOS: programs and libraries that the toolchain linked, of a few lines of C."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydist.target import Os
from tests.support import tiny, trees, zig
from tests.support.elf import make_ar
from tests.support.tiny_gnu import API
from tests.support.trees import patchlevel

ARM, INTEL = "aarch64-macos.11.0", "x86_64-macos.10.15"
EXE, LIBRARY = "install/bin/python3.14", "install/lib/libpython3.14.dylib"
TCL = "install/lib/libtcl9.0.dylib"
MODULE = "install/lib/python3.14/lib-dynload/_tkinter.cpython-314-darwin.so"
CORE, ZLIB, CONFIG = "build/Python/core.o", "build/Modules/zlibmodule.o", "build/Modules/config.o"
TKINTER, INFLATE, Z = "build/Modules/_tkinter.o", "inflate.o", "build/lib/libz.a"
STATIC = "install/lib/python3.14/config-3.14-darwin/libpython3.14.a"
_SOURCES = {
    "api.c": "".join(f"__attribute__((used)) int {name} = 1;\n" for name in API),
    "main.c": "int main(void) { return 0; }\n",
    "more.c": "int SSL_CTX_new = 1;\n",
    "tcl.c": "int Tcl_Init(void) { return 1; }\n",
    "module.c": "extern int PyList_New(void), Tcl_Init(void);\nint INIT(void) { return PyList_New() + Tcl_Init(); }\n",
    "core.c": "int Py_Initialize(void) { return 1; }\n"
    + "".join(f"int PyInit_{name}(void) {{ return 1; }}\n" for name in (*tiny.built_in(Os.DARWIN), "sys")),
    "zlib.c": "extern int inflate(void);\nint PyInit_zlib(void) { return inflate(); }\n",
    "inflate.c": "int inflate(void) { return 1; }\n",
    "config.c": "int _PyImport_Inittab = 1;\n",
}
_MODULE = ("-shared", "module.c", "-undefined", "dynamic_lookup")
_TO_TCL = ("libtcl9.0.dylib", "-Wl,-rpath,@loader_path/../..")
_NAME = ("-install_name", "@rpath/libpython3.14.dylib")
_TO_LIBRARY = "-Wl,-rpath,@executable_path/../lib"
WORDS = {
    EXE: ("main.c", "api.c", "-rdynamic", _TO_LIBRARY),
    LIBRARY: ("-shared", "api.c", *_NAME),
    TCL: ("-shared", "tcl.c", "-install_name", "@rpath/libtcl9.0.dylib"),
    MODULE: (*_MODULE, "-DINIT=PyInit__tkinter", *_TO_TCL, "-Wl,-rpath,@loader_path/../../"),
    CORE: ("-c", "core.c"),
    ZLIB: ("-c", "zlib.c"),
    CONFIG: ("-c", "config.c"),
    TKINTER: ("-c", "module.c", "-DINIT=PyInit__tkinter"),
    INFLATE: ("-c", "inflate.c"),
    f"hiding/{CORE}": ("-c", "core.c", "-fvisibility=hidden"),
    f"other/{MODULE}": (*_MODULE, "-DINIT=PyInit_other", *_TO_TCL),
    f"leaking/{LIBRARY}": ("-shared", "api.c", "more.c", *_NAME),
    f"poor/{LIBRARY}": ("-shared", "api.c", "-DPy_Main=Py_Men", *_NAME),
    f"door/{EXE}": ("main.c", "libpython3.14.dylib", _TO_LIBRARY),
    f"second/{MODULE}": (*_MODULE, "-DINIT=PyInit__tkinter", *_TO_TCL, "libpython3.14.dylib"),
}
"""How each file is made; names with another folder in front are of files that break a rule."""


@functools.cache
def made(name: str, target: str = ARM) -> bytes:
    """The file `name` of `WORDS`, linked or compiled for `target`."""
    with tempfile.TemporaryDirectory() as folder:
        root, last = Path(folder), name.rpartition("/")[2]
        for source, text in _SOURCES.items():
            (root / source).write_text(text, encoding="utf-8")
        for word in (TCL, LIBRARY):
            if (library := word.rpartition("/")[2]) in WORDS[name]:
                (root / library).write_bytes(made(word, target))
        zig.run(
            root, "cc", "-target", target, "-O1", "-nostdlib", f"-ffile-prefix-map={root}=.", *WORDS[name], "-o", last
        )
        return (root / last).read_bytes()


def files(target: str = ARM) -> trees.Tree:
    """Everything but the manifest, by names below `python/`."""
    stdlib = "install/lib/python3.14"
    return {
        **{name: made(name, target) for name in (EXE, LIBRARY, TCL, MODULE, CORE, ZLIB, CONFIG, TKINTER)},
        STATIC: make_ar({"core.o": made(CORE, target), "zlibmodule.o": made(ZLIB, target)}),
        "build/Modules/config.c": tiny.config_c(Os.DARWIN, sys="PyInit_sys"),
        Z: make_ar({"inflate.o": made(INFLATE, target)}),
        "build/run_tests.py": b"",
        "install/bin/python3": ("sym", "python3.14"),
        "install/include/python3.14/Python.h": b"",
        "install/include/python3.14/patchlevel.h": patchlevel("3.14.7"),
        "install/lib/tcl9.0/init.tcl": b"",
        f"{stdlib}/os.py": b"",
        f"{stdlib}/_sysconfigdata__darwin_darwin.py": tiny.SETTINGS,
        "install/lib/python314.zip": tiny.library(),
        "install/share/licenses/LICENSE.txt": tiny.LICENCES,
        "licenses/LICENSE.cpython.txt": b"PSF",
        "licenses/LICENSE.zlib.txt": b"zlib",
    }


def manifest() -> dict[str, Any]:
    """The manifest for 64-bit ARM."""
    about = tiny.manifest() | {
        "target_triple": "aarch64-apple-darwin",
        "build_options": "noopt",
        "optimizations": "noopt",
        "python_platform_tag": "macosx-11.0-arm64",
        "apple_sdk_canonical_name": "macosx27.0",
        "apple_sdk_deployment_target": "11.0",
        "apple_sdk_platform": "macosx",
        "apple_sdk_version": "27.0",
        "crt_features": ["libSystem"],
        "libpython_link_mode": "shared",
        "python_config_vars": {"ABIFLAGS": "", "SOABI": "cpython-314-darwin", "Py_GIL_DISABLED": "0"},
        "python_extension_module_loading": ["builtin", "shared-library"],
        "tcl_library_path": "install/lib",
        "tcl_library_paths": ["tcl9.0"],
        "python_stdlib_platform_config": STATIC.rpartition("/")[0],
    }
    about["python_suffixes"]["extension"] = [".cpython-314-darwin.so", ".abi3.so", ".so"]
    build = about["build_info"]
    build |= {"object_file_format": "mach-o"}
    build["core"] |= {"shared_lib": LIBRARY, "static_lib": STATIC}
    modules = build["extensions"]
    modules |= tiny.core_modules(Os.DARWIN)
    modules["sys"][0]["init_fn"] = "PyInit_sys"
    modules["_tkinter"] = [
        modules["zlib"][0]
        | {
            "init_fn": "PyInit__tkinter",
            "objs": [TKINTER],
            "shared_lib": MODULE,
            "links": [{"name": "tcl9.0", "path_dynamic": TCL}],
        }
    ]
    return about


Change = Callable[[dict[str, Any], trees.Tree], None]


def distribution(change: Change = lambda _manifest, _files: None, target: str = ARM) -> tiny.Members:
    """All members, PYTHON.json first, after `change` had its way with the manifest and the files."""
    about, content = manifest(), files(target)
    if target == INTEL:
        about |= {"target_triple": "x86_64-apple-darwin", "python_platform_tag": "macosx-10.15-x86_64",
                  "apple_sdk_deployment_target": "10.15"}  # fmt: skip
    change(about, content)
    named = {f"python/{name}": value for name, value in content.items()}
    return {"python/PYTHON.json": json.dumps(about).encode(), **named}


def installed(change: Change = lambda _manifest, _files: None, target: str = ARM) -> trees.Tree:
    """What is below `install/`: an install_only distribution, or a prefix."""
    content = files(target)
    change({}, content)
    return {name.removeprefix("install/"): value for name, value in content.items() if name.startswith("install/")}
