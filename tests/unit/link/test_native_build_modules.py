"""Modules that are linked with the stub have names that no other object has, and a failure names their package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pydist.binary.elf import ElfFile
from pydist.errors import StepFailed
from pydist.link.choice import NativeBuildFailed
from pydist.link.native_build_modules import NativeModule, native_modules, needs_cxx, objects_of, refusal
from pydist.link.part import TreeFile, make_part
from tests.support.dist import distribution
from tests.support.elf import make_elf


def module(name: str = "a.fast", *, defined: str = "PyInit_fast", undefined: str = "used") -> NativeModule:
    data = make_elf(kind=1, defined=[defined, "helper"], undefined=[undefined])
    return NativeModule(name=name, package="a-1.whl", data=memoryview(data))


def test_modules_of_one_file_in_two_packages_have_nothing_in_common(tmp_path: Path) -> None:
    modules = [module("a.fast"), module("b.fast")]
    defined = []
    for path in objects_of(modules, tmp_path):
        data = path.read_bytes()
        defined.append({symbol.name for symbol in ElfFile.parse(data).symbols(data) if symbol.defined and symbol.name})
    assert not defined[0] & defined[1]
    assert modules[0].init_function in defined[0]
    assert modules[0].init_function.startswith("PyInit_fast__")
    assert module("a.fast").init_function == modules[0].init_function


def test_the_modules_of_packages_are_those_that_an_import_would_find() -> None:
    data = make_elf(kind=1, defined=["PyInit_fast"])
    paths = ("a/fast.abi3.so", "b/__init__.so", "a/no.so.1", "a/no.o")
    files = [TreeFile(path=f"lib/python3.14/site-packages/{path}", data=data) for path in paths]
    files.append(TreeFile(path="bin/no.so", data=data))
    part = make_part("a-1.whl", tuple(files), Path(sys.executable))
    found = native_modules([part], distribution())
    assert [(module.name, module.package, bytes(module.data)) for module in found] == [
        ("a.fast", "a-1.whl", data), ("b", "a-1.whl", data),
    ]  # fmt: skip


def test_an_object_without_the_function_of_its_module_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NativeBuildFailed, match=r"a-1\.whl: a\.fast has no function that makes the module"):
        objects_of([module(defined="PyInit_slow")], tmp_path)


@pytest.mark.parametrize(("name", "cxx"), [("_ZdlPv", True), ("__cxa_throw", True), ("PyLong_FromLong", False)])
def test_what_is_of_cxx_needs_its_run_time(name: str, cxx: bool) -> None:
    assert needs_cxx([module(undefined=name)]) is cxx


def test_the_package_whose_object_cannot_be_linked_is_named() -> None:
    tail = ["error: undefined symbol: nope", "    note: referenced by fast.c", "    note:   /w/native/a.fast.o:(start)"]
    failure = StepFailed("linking the stub", ["cc"], 1, "log", tail)
    refused = refusal([module("a.fast"), module("b.fast")], failure)
    assert refused is not None
    assert [str(fault) for fault in refused.faults] == [
        "a-1.whl: its native code cannot be linked\n    error: undefined symbol: nope"
    ]
    assert refusal([module("b.fast")], failure) is None
