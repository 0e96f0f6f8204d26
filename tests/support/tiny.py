"""A conforming distribution of a few kilobytes, made of real bytes, that tests damage in one place at a time."""

from __future__ import annotations

import copy
import io
import tarfile
from pathlib import Path
from typing import Any

TRIPLE = "x86_64-unknown-linux-musl"


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
            "python_paths": {"stdlib": stdlib, "scripts": "install/bin"},
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
                    "_io": [{**extension, "in_core": True, "required": True, "init_fn": "PyInit__io"}],
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


def pack(path: Path, members: Members) -> Path:
    """Write a plain tar; a value is a file's bytes, or (`sym` or `hard`, target)."""
    with tarfile.open(path, "w") as tar:
        for name, value in members.items():
            info = tarfile.TarInfo(name)
            info.mode = 0o755 if "/bin/" in name else 0o644
            if isinstance(value, bytes):
                info.size = len(value)
                tar.addfile(info, io.BytesIO(value))
            else:
                info.type = tarfile.SYMTYPE if value[0] == "sym" else tarfile.LNKTYPE
                info.linkname = value[1]
                tar.addfile(info)
    return path
