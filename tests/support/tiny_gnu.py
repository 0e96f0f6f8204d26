"""A conforming distribution of a few kilobytes for glibc: shared libpython, and one shared extension module."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.support import tiny
from tests.support.elf import make_ar, make_elf

TRIPLE = "x86_64-unknown-linux-gnu"
LOADER = "/lib64/ld-linux-x86-64.so.2"
EXE = "python/install/bin/python3.14"
LIBRARY = "python/install/lib/libpython3.14.so.1.0"
MODULE = "python/install/lib/python3.14/lib-dynload/_tkinter.cpython-314-x86_64-linux-gnu.so"
DF_1_NOW_PIE = 0x08000001
FLAGS_1 = 0x6FFFFFFB
IBT_SHSTK = (0xC0000002, 3)
API = (
    *("PyArg_ParseTuple", "PyBytes_FromStringAndSize", "PyCapsule_Import", "PyDict_SetItemString", "PyErr_SetString"),
    *("PyEval_EvalCode", "PyExc_ValueError", "PyGILState_Ensure", "PyImport_AppendInittab", "PyImport_ImportModule"),
    *("PyList_New", "PyLong_FromLong", "PyMem_Malloc", "PyModule_GetDict", "PyObject_Call", "PyObject_GetAttrString"),
    *("PyRun_SimpleString", "PyThreadState_Get", "PyTuple_New", "PyType_FromSpec", "PyUnicode_FromString"),
    *("Py_CompileString", "Py_Finalize", "Py_Initialize", "Py_Main", "_Py_NoneStruct"),
)
_IMPORTS = ("__stack_chk_fail", "__memcpy_chk")


def program(**changes: Any) -> bytes:
    """The interpreter, `changes` being what differs from a good one."""
    good: dict[str, Any] = {
        "kind": 3, "interp": LOADER, "needed": ["libc.so.6"], "needs": [("libc.so.6", ["GLIBC_2.17"])],
        "relro": True, "dynamic": [(FLAGS_1, DF_1_NOW_PIE)], "properties": [IBT_SHSTK], "loadable": True,
        "defined": API, "undefined": _IMPORTS, "versioned": _IMPORTS,
    }  # fmt: skip
    return make_elf(**good | changes)


def library(**changes: Any) -> bytes:
    """The shared libpython."""
    return program(**{"interp": None, "soname": "libpython3.14.so.1.0", "dynamic": [(FLAGS_1, 1)]} | changes)


def module(**changes: Any) -> bytes:
    """The shared extension module."""
    good = {"soname": None, "defined": ["PyInit__tkinter"], "undefined": ["PyList_New", "memcpy"]}
    return library(**good | {"versioned": ["memcpy"]} | changes)


def describe(manifest: dict[str, Any], members: tiny.Members) -> None:
    """Make the tiny distribution one for glibc."""
    manifest |= {
        "target_triple": TRIPLE,
        "build_options": "noopt",
        "optimizations": "noopt",
        "crt_features": ["glibc-dynamic", "glibc-max-symbol-version:2.17"],
        "libpython_link_mode": "shared",
        "python_extension_module_loading": ["builtin", "shared-library"],
        "tcl_library_path": "install/lib",
        "tcl_library_paths": ["tcl8.6"],
    }
    manifest["python_suffixes"]["extension"] = [".cpython-314-x86_64-linux-gnu.so", ".abi3.so", ".so"]
    manifest["python_config_vars"] |= {
        "Py_DEBUG": "0", "SOABI": "cpython-314-x86_64-linux-gnu", "LDVERSION": "3.14"
    }  # fmt: skip
    build = manifest["build_info"]
    build["core"]["shared_lib"] = LIBRARY.removeprefix("python/")
    build["extensions"]["_tkinter"] = [
        build["extensions"]["zlib"][0]
        | {
            "init_fn": "PyInit__tkinter",
            "objs": ["build/Modules/_tkinter.o"],
            "shared_lib": MODULE.removeprefix("python/"),
            "links": [{"name": "tcl8.6", "path_static": "build/lib/libtcl8.6.a"}],
        }
    ]
    members |= {
        EXE: program(),
        LIBRARY: library(),
        MODULE: module(),
        "python/install/lib/tcl8.6/init.tcl": b"",
        "python/build/Modules/_tkinter.o": make_elf(kind=1, defined=["PyInit__tkinter"], undefined=["Tcl_Init"]),
        "python/build/lib/libtcl8.6.a": make_ar({"tcl.o": make_elf(kind=1, defined=["Tcl_Init", "TclInternal"])}),
    }


def musl(manifest: dict[str, Any], members: tiny.Members) -> None:
    """Make the distribution for glibc one for musl, linked dynamically."""
    manifest |= {"target_triple": tiny.TRIPLE, "crt_features": ["musl-dynamic"]}
    about: dict[str, Any] = {"needed": ["libc.so"], "needs": [], "versioned": []}
    members[EXE] = program(interp="/lib/ld-musl-x86_64.so.1", **about)
    members |= {LIBRARY: library(**about), MODULE: module(**about)}


def distribution(
    change: Callable[[dict[str, Any], tiny.Members], None] = lambda _manifest, _members: None,
    record: Mapping[str, Any] | None = None,
) -> tiny.Members:
    """All members after `change` had its way; `record` are keys of build/pydist.json that differ; None: no such key."""
    about, content = tiny.manifest(), tiny.members()
    describe(about, content)
    change(about, content)
    floor = {"glibc_floor": "2.17"} if about["target_triple"].endswith("-gnu") else {}
    facts = tiny.record(content) | floor
    facts |= {"target_triple": about["target_triple"], "options": about["build_options"]} | dict(record or {})
    facts = {key: value for key, value in facts.items() if value is not None}
    content["python/build/pydist.json"] = json.dumps(facts).encode()
    return {"python/PYTHON.json": json.dumps(about).encode(), **content}
