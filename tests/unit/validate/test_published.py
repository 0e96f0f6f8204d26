"""Manifests like the published ones: what their makers got wrong is named, and nothing else is found.

The telling parts of three published manifests (CPython 3.11.9 for macOS, 3.13.16 for Linux, 3.10.18 for Windows), as
facts: keys and values that differ from ours or between them, and one module of each kind; and the three themselves.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pydist.validate import choose, validate
from tests.support import tiny

CASES = Path(__file__).resolve().parents[2] / "cases" / "manifests"
TESTS = ["bsddb.test", "ctypes.test", "lib-tk.test", "test"]
DL, SSL = {"name": "dl", "system": True}, ["licenses/LICENSE.openssl-1.1.txt", "licenses/LICENSE.openssl-3.txt"]


def extension(name: str, *links: dict[str, Any], licences: list[str] | None = None, **keys: Any) -> dict[str, Any]:
    about = {"licenses": ["MIT"], "license_paths": licences, "license_public_domain": False} if licences else {}
    made = {"in_core": False, "init_fn": f"PyInit_{name}", "links": list(links), "objs": [], "required": False}
    return {name: [{**made, "variant": "default", **about, **keys}]}


def static(name: str) -> dict[str, Any]:
    return {"name": name, "path_static": f"build/lib/lib{name}.a"}


def core_modules(**keys: Any) -> dict[str, Any]:
    """Modules of the core; those on Windows have keys that are null."""
    made: dict[str, Any] = {}
    for name, init in (("builtins", "NULL"), ("sys", "NULL"), ("_warnings", "_PyWarnings_Init"), ("gc", "PyInit_gc")):
        made |= extension(name, in_core=True, init_fn=init, **keys)
    return made


MAC: dict[str, Any] = {
    "version": "7",
    "target_triple": "aarch64-apple-darwin",
    "optimizations": "pgo+lto",
    "python_platform_tag": "macosx-11.0-arm64",
    "apple_sdk_canonical_name": "macosx14.2",
    "apple_sdk_deployment_target": "11.0",
    "apple_sdk_platform": "macosx",
    "apple_sdk_version": "14.2",
    "crt_features": ["libSystem"],
    "libpython_link_mode": "shared",
    "python_bytecode_magic_number": "a70d0d0a",
    "python_config_vars": {
        "ABIFLAGS": "", "SOABI": "cpython-311-darwin", "LDVERSION": "3.11", "Py_DEBUG": "0",
        "installed_base": "/private/var/folders/hw/x/T/tmp6/out/python/install",
    },
    "python_suffixes": {"extension": [".cpython-311-darwin.so", ".abi3.so", ".so"]},
    "tcl_library_path": "install/lib",
    "tcl_library_paths": ["itcl4.2.2", "tcl8", "tcl8.6", "thread2.8.7", "tk8.6"],
    "core": {
        "links": [DL, {"framework": True, "name": "CoreFoundation"}],
        "shared_lib": "install/lib/libpython3.11.dylib",
        "static_lib": "install/lib/python3.11/config-3.11-darwin/libpython3.11.a",
    },
    "object_file_format": "llvm-bitcode:18.0.8+20240713",
    "extensions": core_modules()
    | extension("_crypt", shared_lib="install/lib/python3.11/lib-dynload/_crypt.cpython-311-darwin.so")
    | extension("_ssl", static("crypto"), static("ssl"), licences=SSL)
    | extension("readline", {"name": "edit", "system": True}, licences=["licenses/LICENSE.libedit.txt"])
    | extension(
        "_tkinter", {"framework": True, "name": "AppKit"}, static("tcl8.6"), licences=["licenses/LICENSE.tcl.txt"]
    ),
}  # fmt: skip

_SHARED_TCL = extension(
    "_tkinter",
    static("X11"), static("Xau"), DL, {"name": "tcl9.0", "system": True}, {"name": "tcl9tk9.0", "system": True},
    static("tclstub"), static("xcb"), static("z"),
    licences=["licenses/LICENSE.tcl.txt", "licenses/LICENSE.zlib-ng.txt", "licenses/LICENSE.zlib.txt"],
    shared_lib="install/lib/python3.13/lib-dynload/_tkinter.cpython-313-aarch64-linux-gnu.so",
)  # fmt: skip

LINUX: dict[str, Any] = {
    "target_triple": "aarch64-unknown-linux-gnu",
    "build_options": "pgo+lto",
    "optimizations": "pgo+lto",
    "python_platform_tag": "linux-aarch64",
    "crt_features": ["glibc-dynamic", "glibc-max-symbol-version:2.17)"],
    "libpython_link_mode": "shared",
    "python_bytecode_magic_number": "f30d0d0a",
    "python_config_vars": {
        "ABIFLAGS": "", "SOABI": "cpython-313-aarch64-linux-gnu", "LDVERSION": "3.13", "Py_GIL_DISABLED": "0",
        "installed_base": "/build/out/python/install", "prefix": "/install",
    },
    "python_suffixes": {"extension": [".cpython-313-aarch64-linux-gnu.so", ".abi3.so", ".so"]},
    "tcl_library_path": "install/lib",
    "tcl_library_paths": ["itcl4.3.8", "thread3.0.6", "tk9.0"],
    "core": {
        "links": [{"name": "pthread", "system": True}, DL, {"name": "util", "system": True}],
        "shared_lib": "install/lib/libpython3.13.so.1.0",
        "static_lib": "install/lib/python3.13/config-3.13-aarch64-linux-gnu/libpython3.13.a",
    },
    "object_file_format": "llvm-bitcode:22.1.3",
    "extensions": core_modules() | _SHARED_TCL | extension("_ssl", static("crypto"), static("ssl"), licences=SSL),
}  # fmt: skip

_PYD = {"shared_lib": "install/DLLs/_tkinter.pyd", "static_lib": None}
WINDOWS: dict[str, Any] = {
    "target_triple": "x86_64-pc-windows-msvc",
    "build_options": "pgo",
    "optimizations": "pgo",
    "python_abi_tag": None,
    "python_platform_tag": "win-amd64",
    "crt_features": ["vcruntime:140"],
    "libpython_link_mode": "shared",
    "python_bytecode_magic_number": "6f0d0d0a",
    "python_symbol_visibility": "dllexport",
    "python_config_vars": {
        "EXT_SUFFIX": ".cp310-win_amd64.pyd", "abiflags": "",
        "installed_base": "C:\\Users\\ADMINI~1\\AppData\\Local\\Temp\\python-build-x\\out\\python\\install",
    },
    "python_suffixes": {"extension": [".cp310-win_amd64.pyd", ".pyd"]},
    "tcl_library_path": "install/tcl",
    "tcl_library_paths": ["dde1.4", "reg1.3", "tcl8.6", "tk8.6", "tcl8", "tix8.4.3"],
    "core": {"links": [{"name": "Ole32", "system": True}], "shared_lib": "install/python310.dll"},
    "object_file_format": "coff",
    "extensions": core_modules(shared_lib=None, static_lib=None)
    | extension("zlib", in_core=True, shared_lib=None, static_lib=None)
    | extension("pyexpat", shared_lib="install/DLLs/pyexpat.pyd", static_lib=None)
    | extension("_lzma", licences=["licenses/LICENSE.liblzma.txt"], shared_lib="install/DLLs/_lzma.pyd")
    | extension("_uuid", {"name": "rpcrt4", "system": True}, licences=["licenses/LICENSE.libuuid.txt"])
    | extension(
        "_hashlib",
        {"name": "libcrypto-1_1-x64", "path_dynamic": "install/DLLs/libcrypto-1_1-x64.dll"},
        licences=["licenses/LICENSE.openssl-1.1.txt"],
    )
    | extension(
        "_tkinter",
        {"name": "$(tcltk", "system": True}, {"name": "tcl86t", "path_dynamic": "install/DLLs/tcl86t.dll"},
        licences=["licenses/LICENSE.tcl.txt", "licenses/LICENSE.tix.txt"],
        **_PYD,
    ),
}  # fmt: skip

EVERYWHERE = {"quirk.null-init": 2, "quirk.paths-of-build-machine": 1, "quirk.tests-of-python-2": 2}
PUBLISHED = [
    ("3.11.9", MAC, {
        "manifest.old-version": 1, "quirk.bitcode-stamp": 1, "quirk.licence-of-namesake": 1,
        "quirk.licence-of-system-library": 1,
    }),
    ("3.13.16", LINUX, {
        "quirk.core-without-libm": 1, "quirk.glibc-parenthesis": 1, "quirk.licence-file-missing": 1,
        "quirk.licence-of-namesake": 2, "quirk.tcl-called-system": 2, "quirk.tcl-folders-incomplete": 1,
        "quirk.tk-static-x11": 3,
    }),
    ("3.10.18", WINDOWS, {
        "quirk.licence-of-system-library": 1, "quirk.licence-unnamed": 2, "quirk.lzma-unlisted": 1,
        "quirk.tcltk-variable": 1,
    }),
]  # fmt: skip


def published(python: str, parts: dict[str, Any]) -> dict[str, Any]:
    """A whole manifest: `parts`, what follows from the version of Python, and what all manifests have."""
    major, minor, micro = python.split(".")
    flat, build = dict(parts), tiny.manifest()["build_info"]
    for key in ("core", "object_file_format", "extensions"):
        build[key] = flat.pop(key)
    build["core"] = {"objs": [], **build["core"]}
    windows = "windows" in flat["target_triple"]
    series = f"{major}.{minor}"
    made = tiny.manifest() | {
        "python_version": python,
        "python_major_minor_version": series,
        "python_tag": f"cp{major}{minor}",
        "python_implementation_cache_tag": f"cpython-{major}{minor}",
        "python_implementation_hex_version": int(major) << 24 | int(minor) << 16 | int(micro) << 8 | 0xF0,
        "python_implementation_version": [major, minor, micro, "final", "0"],
        "python_exe": "install/python.exe" if windows else f"install/bin/python{series}",
        "python_paths": {
            "include": "install/include" if windows else f"install/include/python{series}",
            "stdlib": "install/Lib" if windows else f"install/lib/python{series}",
        },
        "python_paths_abstract": {
            "stdlib": "{installed_base}/Lib" if windows else "{installed_base}/{platlibdir}/python{py_version_short}"
        },
        "python_stdlib_test_packages": TESTS,
        "python_extension_module_loading": ["builtin", "shared-library"],
        "build_info": build,
    }
    made |= flat
    library = build["core"].get("static_lib")
    made["python_stdlib_platform_config"] = library and library.rpartition("/")[0]
    if made["version"] == "7":
        del made["build_options"]
    return made


@pytest.mark.parametrize(("python", "parts", "expected"), PUBLISHED, ids=["macos", "linux", "windows"])
def test_the_findings_are_the_real_faults_each_by_its_name(
    tmp_path: Path, python: str, parts: dict[str, Any], expected: dict[str, int]
) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "PYTHON.json").write_text(json.dumps(published(python, parts)))
    # Only the manifest is there: whether its paths lead somewhere is not the question.
    report = validate(tmp_path, rules=choose(["manifest", "abi", "quirk"], ["manifest.path"]), run=False)
    assert Counter(finding.rule for finding in report.findings) == EVERYWHERE | expected
    assert {finding.severity for finding in report.findings} == {"note"}
    assert report.good


REAL = {
    "aarch64-apple-darwin.cp311.v7": {
        "manifest.old-version": 1, "quirk.bitcode-stamp": 1, "quirk.licence-of-namesake": 2,
        "quirk.licence-of-system-library": 5,
    },
    "aarch64-unknown-linux-gnu.cp313.v8": {
        "quirk.core-without-libm": 1, "quirk.glibc-parenthesis": 1, "quirk.licence-of-namesake": 5,
        "quirk.tcl-called-system": 2, "quirk.tcl-folders-incomplete": 1, "quirk.tk-static-x11": 3,
    },
    "x86_64-pc-windows-msvc.cp310.v8": {
        "quirk.licence-of-system-library": 1, "quirk.licence-unnamed": 4, "quirk.lzma-unlisted": 1,
        "quirk.tcltk-variable": 1,
    },
}  # fmt: skip


def of_somebody(name: str, path: Path) -> Path:
    """A manifest as it was published; see the folder's README."""
    path.write_bytes(lzma.decompress((CASES / f"{name}.json.xz").read_bytes()))
    return path


@pytest.mark.parametrize("name", REAL)
def test_published_manifests_are_judged_alone_and_have_their_known_oddities_only(tmp_path: Path, name: str) -> None:
    report = validate(of_somebody(name, tmp_path / "manifest.json"))
    assert (report.profile, report.verdict, report.summary.ran) == ("manifest", "good", False)
    assert Counter(finding.rule for finding in report.findings) == EVERYWHERE | REAL[name]
    assert report.summary.read is not None and "a manifest alone" in report.summary.read


def test_what_is_wrong_with_a_manifest_alone_is_found(tmp_path: Path) -> None:
    path = of_somebody("x86_64-pc-windows-msvc.cp310.v8", tmp_path / "manifest.json")
    made = json.loads(path.read_bytes())
    made["python_tag"] = "cp311"
    path.write_text(json.dumps(made))
    wrong = [item for item in validate(path).findings if item.severity == "error"]
    assert [(item.rule, item.where) for item in wrong] == [("manifest.version", "python_tag")]
    path.write_text('{"python_version": "3.14.7", ')
    assert [item.rule for item in validate(path).findings] == ["manifest.schema"]
