"""A conforming distribution for Windows: programs and libraries that the toolchain linked, of a few lines of C."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydist.target import Os
from tests.support import patch, tiny, trees, zig
from tests.support.elf import make_ar
from tests.support.tiny_gnu import API
from tests.support.trees import patchlevel

AMD64, ARM64, I386 = "x86_64-windows-gnu", "aarch64-windows-gnu", "x86-windows-gnu"
_MACHINES = {AMD64: "i386:x86-64", ARM64: "arm64", I386: "i386"}
EXE, WINDOW, DLL, STABLE = "install/python.exe", "install/pythonw.exe", "install/python314.dll", "install/python3.dll"
RUNTIME, CRYPTO, MODULE = "install/vcruntime140.dll", "install/DLLs/libcrypto-3.dll", "install/DLLs/_ssl.pyd"
PDB, IMPORTS = "install/python314.pdb", "install/libs/python314.lib"
CORE, ZLIB, CONFIG = "build/Python/core.obj", "build/Modules/zlibmodule.obj", "build/Modules/config.obj"
GUARD_CF, NO_SEH = 0x4000, 0x400
FLAGS, CHECKSUM = 24 + 70, 24 + 64
"""Places of DllCharacteristics and of the checksum, counted from PE's mark."""

_CONFIG = """
#define OFFER __declspec(dllexport)
#define TAKE __declspec(dllimport)
#ifdef _WIN64
struct config { unsigned size; char gap[84]; void *cookie; char next[48]; unsigned guard; };
#else
struct config { unsigned size; char gap[56]; void *cookie; char next[24]; unsigned guard; };
#endif
void *__security_cookie = 0;
const struct config _load_config_used = {sizeof(struct config), {0}, &__security_cookie, {0}, 0x500};
int DllMainCRTStartup(void *a, int b, void *c) { return 1; }
int _DllMainCRTStartup(void *a, int b, void *c) { return 1; }
"""
# Three tables (type 24, number 1, English) that lead to a manifest.
_RESOURCES = """
.section .rsrc,"dr"
types: .long 0, 0, 0
 .short 0, 1
 .long 24, names - types + 0x80000000
names: .long 0, 0, 0
 .short 0, 1
 .long 1, languages - types + 0x80000000
languages: .long 0, 0, 0
 .short 0, 1
 .long 0x409, entry - types
entry: .rva text
 .long end - text, 0, 0
text: .ascii "<assembly><supportedOS Id='{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}'/>"
 .ascii "<ws2:longPathAware>true</ws2:longPathAware></assembly>"
end:
"""
_SOURCES = {
    "api.c": _CONFIG
    + "TAKE void ExitProcess(unsigned);\n"
    + "".join(f"OFFER int {name} = 1;\n" for name in API if name != "Py_Main")
    + "OFFER int Py_Main(void) { ExitProcess(1); return 0; }\n",
    "main.c": _CONFIG + "TAKE int Py_Main(void);\nint wWinMainCRTStartup(void) { return Py_Main(); }\n",
    "manifest.s": _RESOURCES,
    "stable.c": _CONFIG,
    "runtime.c": _CONFIG + "OFFER int set_new(void) { return 1; }\n",
    "crypto.c": _CONFIG + "OFFER int BIO_new(void) { return 1; }\n",
    "module.c": _CONFIG
    + "TAKE int PyList_New, BIO_new(void), set_new(void);\n"
    + "OFFER int INIT(void) { return PyList_New + BIO_new() + set_new(); }\n",
    "core.c": "int Py_Initialize(void) { return 1; }\nint PyInit__io(void) { return 1; }\n",
    "zlib.c": "extern int inflate(void);\nint PyInit_zlib(void) { return inflate(); }\n",
    "config.c": "int _PyImport_Inittab = 1;\n",
    "kernel32.def": 'LIBRARY "KERNEL32.dll"\nEXPORTS\n  ExitProcess\n',
    "python314.def": 'LIBRARY "python314.dll"\nEXPORTS\n' + "".join(
        f"  {name}{'' if name == 'Py_Main' else ' DATA'}\n" for name in API
    ),
    "vcruntime140.def": 'LIBRARY "VCRUNTIME140.dll"\nEXPORTS\n  set_new\n',
    "libcrypto-3.def": 'LIBRARY "libcrypto-3.dll"\nEXPORTS\n  BIO_new\n',
    "stable.def": 'LIBRARY "python3.dll"\nEXPORTS\n  PyList_New=python314.PyList_New\n',
}  # fmt: skip
_MODULE = ("-s", "-shared", "module.c", "python314.lib", "libcrypto-3.lib", "vcruntime140.lib")
WORDS = {
    EXE: ("-s", "main.c", "manifest.s", "python314.lib", "-Wl,--subsystem,console"),
    WINDOW: ("-s", "main.c", "manifest.s", "python314.lib", "-Wl,--subsystem,windows"),
    DLL: ("-shared", "api.c", "kernel32.lib"),
    STABLE: ("-s", "-shared", "stable.c", "stable.def"),
    RUNTIME: ("-s", "-shared", "runtime.c"),
    CRYPTO: ("-s", "-shared", "crypto.c"),
    MODULE: (*_MODULE, "-DINIT=PyInit__ssl"),
    CORE: ("-c", "core.c"),
    ZLIB: ("-c", "zlib.c"),
    CONFIG: ("-c", "config.c"),
    f"other/{MODULE}": (*_MODULE, "-DINIT=PyInit_other"),
}
"""How each file is made; names with another folder in front are of files that break a rule."""


@functools.cache
def linked(name: str, target: str = AMD64) -> dict[str, bytes]:
    """The file `name` of `WORDS`, linked or compiled for `target`, and its PDB, if it has one, by their last names."""
    last = name.rpartition("/")[2]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for source, text in _SOURCES.items():
            (root / source).write_text(text, encoding="utf-8")
        for word in WORDS[name]:
            if word.endswith(".lib"):
                definition = word.removesuffix(".lib") + ".def"
                zig.run(root, "dlltool", "-m", _MACHINES[target], "-d", definition, "-l", word)
        zig.run(
            root, "cc", "-target", target, "-O1", "-nostdlib", f"-ffile-prefix-map={root}=.", *WORDS[name], "-o", last
        )
        pdb = root / "python314.pdb"
        return {last: (root / last).read_bytes()} | ({pdb.name: pdb.read_bytes()} if pdb.exists() else {})


@functools.cache
def imports(target: str = AMD64) -> bytes:
    """The import library of `DLL`."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "python314.def").write_text(_SOURCES["python314.def"], encoding="utf-8")
        zig.run(root, "dlltool", "-m", _MACHINES[target], "-d", "python314.def", "-l", "python314.lib")
        return (root / "python314.lib").read_bytes()


def made(name: str, target: str = AMD64) -> bytes:
    """The file `name`. Flags that the linker has no options for are set here."""
    data = linked(name, target)[name.rpartition("/")[2]]
    flags = GUARD_CF | (NO_SEH if target == I386 else 0)
    return patch.pe_flags(data, FLAGS, flags=flags) if data.startswith(b"MZ") else data


Change = Callable[[dict[str, Any], trees.Tree], None]


def files(target: str = AMD64) -> trees.Tree:
    """Everything but the manifest, by names below `python/`."""
    static = make_ar({"core.obj": made(CORE, target)})
    programs = (EXE, WINDOW, DLL, STABLE, RUNTIME, CRYPTO, MODULE, CORE, ZLIB, CONFIG)
    return {
        **{name: made(name, target) for name in programs},
        PDB: linked(DLL, target)["python314.pdb"],
        IMPORTS: imports(target),
        "build/Modules/config.c": tiny.config_c(Os.WINDOWS, ["_ssl"], sys="PyInit_sys"),
        "build/Modules/_ssl.obj": made(ZLIB, target),
        "build/lib/z.lib": static,
        "build/run_tests.py": b"",
        "install/include/Python.h": b"",
        "install/include/patchlevel.h": patchlevel("3.14.7"),
        "install/Lib/os.py": b"",
        "install/python314.zip": tiny.library(),
        "install/LICENSE.txt": tiny.LICENCES,
        "licenses/LICENSE.cpython.txt": b"PSF",
        "licenses/LICENSE.zlib.txt": b"zlib",
    }


_TRIPLES = {
    AMD64: ("x86_64-pc-windows-msvc", "win-amd64"),
    ARM64: ("aarch64-pc-windows-msvc", "win-arm64"),
    I386: ("i686-pc-windows-msvc", "win32"),
}


def manifest(target: str = AMD64) -> dict[str, Any]:
    triple, platform = _TRIPLES[target]
    about = tiny.manifest() | {
        "target_triple": triple,
        "build_options": "noopt",
        "optimizations": "noopt",
        "python_abi_tag": None,
        "python_platform_tag": platform,
        "python_exe": EXE,
        "python_paths": {"include": "install/include", "scripts": "install", "stdlib": "install/Lib"},
        "python_paths_abstract": {"stdlib": "{installed_base}/Lib"},
        "python_config_vars": {"Py_GIL_DISABLED": "0"},
        "python_extension_module_loading": ["builtin", "shared-library"],
        "python_stdlib_platform_config": None,
        "python_symbol_visibility": "dllexport",
        "crt_features": ["vcruntime:140"],
        "libpython_link_mode": "shared",
        "tcl_library_path": "install/Lib",
        "tcl_library_paths": [],
    }
    about["python_suffixes"]["extension"] = [".cp314-win_amd64.pyd", ".pyd"]
    build = about["build_info"]
    build |= {"object_file_format": "coff", "inittab_object": CONFIG}
    build["core"] = {"objs": [CORE], "links": [{"name": "kernel32", "system": True}], "shared_lib": DLL}
    modules = build["extensions"]
    for name in tiny.built_in():
        del modules[name]
    modules |= tiny.core_modules(Os.WINDOWS, ["_ssl"])
    modules["sys"][0]["init_fn"] = "PyInit_sys"
    modules["_hashlib"][0]["links"] = [{"name": "libcrypto-3", "path_dynamic": CRYPTO}]
    zlib = modules["zlib"][0]
    zlib |= {"objs": [ZLIB], "links": [{"name": "z", "path_static": "build/lib/z.lib"}]}
    modules["_ssl"] = [
        zlib
        | {
            "init_fn": "PyInit__ssl",
            "objs": ["build/Modules/_ssl.obj"],
            "shared_lib": MODULE,
            "links": [{"name": "libcrypto-3", "path_dynamic": CRYPTO}],
        }
    ]
    return about


def distribution(change: Change = lambda _manifest, _files: None, target: str = AMD64) -> tiny.Members:
    """All members, PYTHON.json first, after `change` had its way with the manifest and the files."""
    about, content = manifest(target), files(target)
    change(about, content)
    named = {f"python/{name}": value for name, value in content.items()}
    return {"python/PYTHON.json": json.dumps(about).encode(), **named}


def installed(change: Change = lambda _manifest, _files: None, target: str = AMD64) -> trees.Tree:
    """What is below `install/`: an install_only distribution, or a prefix."""
    content = files(target)
    change({}, content)
    return {name.removeprefix("install/"): value for name, value in content.items() if name.startswith("install/")}
