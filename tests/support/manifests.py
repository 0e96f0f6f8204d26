"""Small conforming manifests of every format version, written down by hand: what archives of their time say."""

from __future__ import annotations

from typing import Any

from tests.support import tiny

VERSIONS = range(9)
_NOT_IN_7 = ("build_options",)
_NOT_IN_6 = ("apple_sdk_platform", "apple_sdk_version", "apple_sdk_canonical_name", "apple_sdk_deployment_target")
_NOT_IN_5 = ("python_paths_abstract", "python_config_vars")


def of_version(version: int) -> dict[str, Any]:
    """JSON values of a manifest that has exactly the keys of `version`. Fresh at each call."""
    return _old(version) if version < 5 else _new(version)


def _new(version: int) -> dict[str, Any]:
    """Versions 5 to 8 differ in keys that came, and in nothing else."""
    gone = [
        *(_NOT_IN_7 if version < 8 else ()),
        *(_NOT_IN_6 if version < 7 else ()),
        *(_NOT_IN_5 if version < 6 else ()),
    ]
    return {key: value for key, value in tiny.manifest().items() if key not in gone} | {"version": str(version)}


def _old(version: int) -> dict[str, Any]:
    """Versions 0 to 4, as they were published for Linux."""
    zlib: dict[str, Any] = {
        "in_core": False,
        "init_fn": "PyInit_zlib",
        "links": [{"name": "z", "path_static": "build/lib/libz.a"}],
        "objs": ["build/Modules/zlibmodule.o"],
        "variant": "default",
    }
    io = {**zlib, "in_core": True, "init_fn": "PyInit__io", "links": [], "objs": []}
    core: dict[str, Any] = {"objs": ["build/Python/core.o"], "links": [{"name": "m", "system": True}]}
    document: dict[str, Any] = {
        "version": str(version),
        "os": "linux",
        "arch": "x86_64",
        "python_flavor": "cpython",
        "python_version": "3.14.7",
        "python_exe": "install/bin/python3.14",
        "python_include": "install/include/python3.14",
        "python_stdlib": "install/lib/python3.14",
        "build_info": {"core": core, "extensions": {"_io": [io], "zlib": [zlib]}},
    }
    if version >= 1:
        io["required"], zlib["required"] = True, False
    if version >= 2:
        document |= {"licenses": ["Python-2.0", "CNRI-Python"], "license_path": "licenses/LICENSE.cpython.txt"}
        zlib |= {
            "licenses": ["Zlib"],
            "license_paths": ["licenses/LICENSE.zlib.txt"],
            "license_public_domain": False,
        }
    if version >= 3:
        document["tcl_library_path"] = "install/lib"
    if version >= 4:
        document |= {"link_mode": "static", "python_stdlib_test_packages": ["test"]}
        core["static_lib"] = "install/lib/python3.14/config-3.14-x86_64-linux-musl/libpython3.14.a"
        zlib["shared_lib"] = None
    return document
