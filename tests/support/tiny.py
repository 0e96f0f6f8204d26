"""A conforming distribution of a few kilobytes, made of real bytes, that tests damage in one place at a time."""

from __future__ import annotations

import _imp
import copy
import functools
import hashlib
import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydist.archive.paths import name_fault
from pydist.target import Os
from pydist.validate.series import load_series
from tests.support.elf import R, W, make_ar, make_elf

TRIPLE = "x86_64-unknown-linux-musl"
SERIES = load_series()["3.14"]
TIME = 1_704_067_200  # 2024-01-01


def built_in(system: Os = Os.LINUX, without: Sequence[str] = ()) -> list[str]:
    """Extension modules in the core of a distribution that has what its series has."""
    return sorted(SERIES.expected(system) - {"sys", "zlib", *without})


def core_modules(system: Os = Os.LINUX, without: Sequence[str] = ()) -> dict[str, Any]:
    """Their part of a manifest. On Windows some are known to be without the licences of what they contain."""
    about = {"in_core": True, "links": [], "objs": [], "variant": "default"}
    if system is Os.WINDOWS:
        about |= {"licenses": ["MIT"], "license_paths": ["licenses/LICENSE.zlib.txt"]}
    return {
        name: [{**about, "required": name in SERIES.start, "init_fn": f"PyInit_{name}"}]
        for name in built_in(system, without)
    }


def few(manifest: dict[str, Any], names: Sequence[str] = ("_io", "sys", "zlib")) -> None:
    """Leave only the modules `names` in a manifest, for an interpreter that has no others."""
    modules = manifest["build_info"]["extensions"]
    manifest["build_info"]["extensions"] = {name: modules[name] for name in names}


def config_c(system: Os = Os.LINUX, without: Sequence[str] = (), sys: str = "NULL") -> bytes:
    """The table of built-in modules in C, with things around it that are none; `sys` is that module's function."""
    rows = "".join(f'{{"{name}", PyInit_{name}}}, ' for name in built_in(system, without))
    return f"""/* {{"nothing", PyInit_nothing}}, */
struct _inittab _PyImport_Inittab[] = {{
    {rows}{{"zlib", PyInit_zlib}}, // {{"no", PyInit_no}},
    {{"sys", {sys}}},
    {{0, 0}}
}};
""".encode()


def core_o(undefined: Sequence[str] = ("__stack_chk_fail",), **about: Any) -> bytes:
    """The object of the core: every module's function, and the API."""
    names = [*(f"PyInit_{name}" for name in (*built_in(), "sys")), "Py_Initialize"]
    return make_elf(kind=1, **{"defined": names, "undefined": undefined, **about})


def manifest() -> dict[str, Any]:
    """A version 8 manifest as JSON values, conforming in every key. Fresh at each call."""
    extension = {"in_core": False, "links": [], "objs": [], "required": False, "variant": "default"}
    stdlib = "install/lib/python3.14"
    return copy.deepcopy(
        {
            "version": "8",
            "target_triple": TRIPLE,
            "build_options": "noopt+static",
            "optimizations": "noopt+static",
            "python_tag": "cp314",
            "python_abi_tag": "",
            "python_platform_tag": "linux-x86_64",
            "python_implementation_cache_tag": "cpython-314",
            "python_implementation_hex_version": 0x030E07F0,
            "python_implementation_name": "cpython",
            "python_implementation_version": ["3", "14", "7", "final", "0"],
            "python_version": "3.14.7",
            "python_major_minor_version": "3.14",
            "python_paths": {"include": "install/include/python3.14", "scripts": "install/bin", "stdlib": stdlib},
            "python_paths_abstract": {"stdlib": "{installed_base}/lib/python3.14"},
            "python_config_vars": {"ABIFLAGS": "", "Py_GIL_DISABLED": "0"},
            "python_exe": "install/bin/python3.14",
            "python_stdlib_platform_config": f"{stdlib}/config-3.14-x86_64-linux-musl",
            "python_stdlib_test_packages": ["test"],
            "python_suffixes": {
                "bytecode": [".pyc"],
                "debug_bytecode": [".pyc"],
                "extension": [],
                "optimized_bytecode": [".pyc"],
                "source": [".py"],
            },
            "python_bytecode_magic_number": "2b0e0d0a",
            "python_symbol_visibility": "global-default",
            "python_extension_module_loading": ["builtin"],
            "libpython_link_mode": "static",
            "crt_features": ["static", "musl-version:1.2.5"],
            "run_tests": "build/run_tests.py",
            "licenses": ["Python-2.0", "CNRI-Python"],
            "license_path": "licenses/LICENSE.cpython.txt",
            "build_info": {
                "core": {
                    "objs": ["build/Python/core.o"],
                    "links": [{"name": "m", "system": True}],
                    "static_lib": f"{stdlib}/config-3.14-x86_64-linux-musl/libpython3.14.a",
                },
                "extensions": {
                    **core_modules(),
                    "sys": [{**extension, "in_core": True, "required": True, "init_fn": "NULL"}],
                    "zlib": [
                        {
                            **extension,
                            "init_fn": "PyInit_zlib",
                            "objs": ["build/Modules/zlibmodule.o"],
                            "links": [{"name": "z", "path_static": "build/lib/libz.a"}],
                            "licenses": ["Zlib"],
                            "license_paths": ["licenses/LICENSE.zlib.txt"],
                            "license_public_domain": False,
                        }
                    ],
                },
                "inittab_object": "build/Modules/config.o",
                "inittab_source": "build/Modules/config.c",
                "inittab_cflags": ["-std=c11"],
                "object_file_format": "elf",
            },
        }
    )


Members = dict[str, "bytes | tuple[str, str]"]

SETTINGS = b"# system configuration generated and used by the sysconfig module\nbuild_time_vars = {'CC': 'cc'}\n"
BYTECODE = struct.pack("<H2sI8s", 3627, b"\r\n", 1, _imp.source_hash(3627 | 0x0A0D0000, b"")) + b"code"
"""Of an empty source, whenever it was written."""

LICENCES = (
    b"PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2. Copyright Jean-loup Gailly, "
    b"Regents of the University of California, Sun Microsystems. Apache License"
)
"""Words of the licences of all that the fixtures contain."""


@functools.cache
def library() -> bytes:
    """The standard library but for os.py, packed: a name for each module and nothing in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in sorted(SERIES.library - {"os"}):
            archive.writestr(zipfile.ZipInfo(f"{name.replace('.', '/')}.py"), b"")
    return file.getvalue()


def members() -> Members:
    """Everything the manifest names, without the two JSON files. Fresh at each call."""
    stdlib = "python/install/lib/python3.14"
    return {
        "python/build/Modules/config.c": config_c(),
        "python/build/Modules/config.o": make_elf(kind=1, defined=["_PyImport_Inittab"]),
        "python/build/Modules/zlibmodule.o": make_elf(kind=1, defined=["PyInit_zlib"], undefined=["inflate"]),
        "python/build/Python/core.o": core_o(),
        "python/build/lib/libz.a": make_ar({"inflate.o": make_elf(kind=1, defined=["inflate"])}),
        "python/build/run_tests.py": b"",
        "python/install/bin/python3": ("sym", "python3.14"),
        "python/install/bin/python3.14": make_elf(stack_flags=R | W),
        "python/install/include/python3.14/Python.h": b"",
        f"{stdlib}/config-3.14-x86_64-linux-musl/libpython3.14.a": make_ar(
            {"core.o": make_elf(kind=1), "zlibmodule.o": make_elf(kind=1)}
        ),
        f"{stdlib}/_sysconfigdata__linux_x86_64-linux-musl.py": SETTINGS,
        f"{stdlib}/os.py": b"",
        "python/install/lib/python314.zip": library(),
        "python/licenses/LICENSE.cpython.txt": b"PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2",
        "python/licenses/LICENSE.zlib.txt": LICENCES,
    }


def record(content: Members) -> dict[str, Any]:
    """A conforming `build/pydist.json` for the safe names of `content`."""
    content = {name: data for name, data in content.items() if name.startswith("python/") and not name_fault(name)}
    files = {
        name.removeprefix("python/"): {
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
            "mode": 0o755 if "/bin/" in name else 0o644,
        }
        for name, data in content.items()
        if isinstance(data, bytes)
    }
    return {
        "format_version": 1,
        "name": "tiny",
        "python_version": "3.14.7",
        "target_triple": TRIPLE,
        "options": "noopt+static",
        "sources": [],
        "toolchain": {"name": "none", "version": "0", "digest": "0"},
        "patches": [],
        "flags": {},
        "link_line": [],
        "extensions_left_out": [],
        "files": files,
        "links": {name.removeprefix("python/"): link[1] for name, link in content.items() if link[:1] == ("sym",)},
        "keys": {},
    }


def distribution(change: Callable[[dict[str, Any], Members], object] = lambda _manifest, _members: None) -> Members:
    """All members of a distribution, PYTHON.json first, after `change` had its way with the manifest and the files."""
    about, content = manifest(), members()
    change(about, content)
    content["python/build/pydist.json"] = json.dumps(record(content)).encode()
    return {"python/PYTHON.json": json.dumps(about).encode(), **content}


def pack(path: Path, content: Mapping[str, bytes | tuple[str, str]]) -> Path:
    """Write a plain tar; a value is a file's bytes, or (`sym` or `hard`, target)."""
    with tarfile.open(path, "w") as tar:
        for name, value in content.items():
            info = tarfile.TarInfo(name)
            info.mode = 0o755 if "/bin/" in name else 0o644
            info.mtime = TIME
            if isinstance(value, bytes):
                info.size = len(value)
                tar.addfile(info, io.BytesIO(value))
            else:
                info.type = tarfile.SYMTYPE if value[0] == "sym" else tarfile.LNKTYPE
                info.linkname = value[1]
                tar.addfile(info)
    return path
