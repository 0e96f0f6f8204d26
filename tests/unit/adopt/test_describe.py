"""The manifest of an adopted tree: measured, conforming, and silent about what is not known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pydist.adopt.absent import absent
from pydist.adopt.ask import NotAdoptable
from pydist.adopt.describe import Tree, describe
from pydist.adopt.inittab import inittab
from pydist.adopt.licences import find_licences
from pydist.adopt.objects import Objects, take_objects
from pydist.manifest.compact import Compact, CompactExtension
from pydist.manifest.dump import dump
from pydist.manifest.load import load, load_any
from pydist.manifest.model import LinkInfo
from pydist.manifest.versions import load_versions
from pydist.target import Target
from pydist.validate import validate
from tests.support import tiny_gnu, trees
from tests.support.elf import make_ar, make_elf
from tests.support.installed import TRIPLE, answer

DYNLOAD = "install/lib/python3.14/lib-dynload"
SSL = f"{DYNLOAD}/_ssl.cpython-314-x86_64-linux-gnu.so"
ORIGIN = {"runpath": "$ORIGIN/../.."}


def module(name: str, **more: Any) -> bytes:
    return tiny_gnu.library(**{"soname": None, "defined": [f"PyInit_{name}"], "undefined": ["PyList_New"],
                               "versioned": []} | more)  # fmt: skip


def content() -> trees.Tree:
    """A tree with everything that an adopted one has, but documents."""
    made: trees.Tree = {f"install/{name}": data for name, data in trees.unix().items()}
    library = {"soname": "libssl.so.3", "defined": ["SSL_new"], "undefined": [], "versioned": []}
    return made | {
        "install/bin/python3.14": tiny_gnu.program(),
        "install/lib/libssl.so.3": tiny_gnu.library(
            **library, needed=["libcrypto.so.3", "libc.so.6"], runpath="$ORIGIN"
        ),
        "install/lib/libcrypto.so.3": tiny_gnu.library(**library | {"soname": "libcrypto.so.3"}),
        SSL: module("_ssl", needed=["libssl.so.3", "libm.so.6", "libc.so.6"], **ORIGIN),
        f"{DYNLOAD}/other.txt": b"",
        "install/lib/python3.14/LICENSE.txt": b"PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2",
        "install/lib/python3.14/test/__init__.py": b"",
        "install/lib/python3.14/site-packages/README.txt": b"",
        "build/run_tests.py": b"",
    }


def tree_of(root: Path, files: trees.Tree, **changes: Any) -> Tree:
    trees.write(root, files)
    install = root / "install"
    for path in install.glob("bin/python3.*"):
        path.chmod(0o755)
    said = changes.pop("answer", None) or answer(install)
    bundled = {"lib/libssl.so.3": Path("/lib/libssl.so.3"), "lib/libcrypto.so.3": Path("/lib/libcrypto.so.3")}
    given: dict[str, Any] = {
        "root": root, "prefix": str(install), "target": Target.parse(TRIPLE), "static": False, "answer": said,
        "inittab": inittab(root, said, None), "objects": Objects(reason="no static libpython was installed"),
        "licences": find_licences(root, bundled, Path("/nowhere")), "libraries": bundled,
        "run_tests": "build/run_tests.py",
    }  # fmt: skip
    return Tree(**given | changes)


def test_what_is_written_conforms(tmp_path: Path) -> None:
    tree = tree_of(tmp_path / "python", content())
    data = dump(describe(tree))
    (tmp_path / "python/PYTHON.json").write_bytes(data)
    assert load(data, "PYTHON.json") == describe(tree)
    report = validate(tmp_path, profile="adopted", run=False)
    assert [(item.rule, item.where, item.message) for item in report.findings if item.severity == "error"] == []
    assert {item.where for item in report.findings if item.rule == "manifest.missing-key"} >= {
        "build_info.inittab_object"
    }


def test_values_are_those_of_the_files(tmp_path: Path) -> None:
    made = describe(tree_of(tmp_path / "python", content()))
    assert (made.python_exe, made.libpython_link_mode) == ("install/bin/python3.14", "static")
    assert made.crt_features == ("glibc-dynamic", "glibc-max-symbol-version:2.17")
    assert made.python_paths["purelib"] == "install/lib/python3.14/site-packages"
    assert made.python_config_vars["LIBPL"] == "/install/lib/python3.14/config-3.14"
    assert made.python_stdlib_test_packages == ("test",)
    assert made.python_stdlib_platform_config is None
    ssl = made.build_info.extensions["_ssl"][0]
    assert (ssl.shared_lib, ssl.init_fn, ssl.objs) == (SSL, "PyInit__ssl", ())
    assert set(ssl.links) == {
        LinkInfo(name="ssl", path_dynamic="install/lib/libssl.so.3"),
        LinkInfo(name="crypto", path_dynamic="install/lib/libcrypto.so.3"),
        LinkInfo(name="m", system=True),
    }
    assert made.build_info.extensions["sys"][0].in_core
    assert not made.build_info.extensions["zlib"][0].in_core


def test_objects_are_told_from_those_of_modules(tmp_path: Path) -> None:
    root = tmp_path / "python"
    members = {
        "config.o": make_elf(kind=1, defined=["_PyImport_Inittab"]),
        "core.o": make_elf(kind=1, defined=["Py_Initialize", "PyInit__io"], undefined=["inflate"]),
        "zlib.o": make_elf(kind=1, defined=["PyInit_zlib"]), "md5.o": make_elf(kind=1, defined=["PyInit__md5"]),
    }  # fmt: skip
    files = content() | {"install/lib/libpython3.14.a": make_ar(members), "build/lib/libz.a": make_ar({})}
    tree = tree_of(root, files)
    made = describe(replace(tree, objects=take_objects(root, root / "install/lib/libpython3.14.a")))
    core = made.build_info.core
    assert made.build_info.inittab_object == "build/libpython/config.o"
    assert core.static_lib == "install/lib/libpython3.14.a"
    assert made.build_info.extensions["zlib"][0].objs == ("build/libpython/zlib.o",)
    assert made.build_info.extensions["_io"][0].objs == ("build/libpython/core.o",)
    assert core.objs == ("build/libpython/config.o", "build/libpython/md5.o"), "what no built-in module is stays"
    assert LinkInfo(name="z", path_static="build/lib/libz.a") in core.links
    assert LinkInfo(name="m", system=True) in core.links


@pytest.mark.parametrize(
    ("arguments", "flags", "expected"),
    [
        ("'--prefix=/usr'", "", "noopt"),
        ("'--enable-optimizations' '--with-lto=thin'", "", "pgo+lto"),
        ("'--with-lto' '--enable-optimizations=no'", "", "lto"),
        ("'--enable-optimizations'", "t", "freethreaded+pgo"),
        ("'--with-pydebug' '--with-lto'", "d", "debug"),
        ("'--x=--with-lto'", "td", "freethreaded+debug"),
    ],
)
def test_options_are_those_that_are_known(tmp_path: Path, arguments: str, flags: str, expected: str) -> None:
    install = tmp_path / "python/install"
    said = answer(install, abi_flags=flags, config_vars={"CONFIG_ARGS": arguments})
    files = content() | {f"install/bin/python3.14{flags}": tiny_gnu.program()}
    made = describe(tree_of(tmp_path / "python", files, answer=said))
    assert (made.build_options, made.optimizations) == (expected, expected.removeprefix("freethreaded+"))


def test_what_an_archive_said_of_itself_is_believed(tmp_path: Path) -> None:
    said = Compact(
        manifest_sha256="0" * 64, target_triple=TRIPLE, build_options="pgo+lto", python_version="3.14.7",
        python_tag="cp314", python_platform_tag="linux-x86_64", python_implementation_name="cpython",
        python_implementation_cache_tag="cpython-314", python_bytecode_magic_number="2b0e0d0a",
        python_exe="bin/python3.14", python_extension_module_loading=("builtin",), libpython_link_mode="static",
        crt_features=(), extensions={"_ssl": CompactExtension(licenses=("Apache-2.0",))},
    )  # fmt: skip
    tree = tree_of(tmp_path / "python", content(), compact=said)
    made = describe(tree)
    assert made.build_options == "pgo+lto" and made.build_info.extensions["_ssl"][0].licenses == ("Apache-2.0",)
    assert not {"build_options", "build_info.extensions.*.licenses"} & {row.key for row in absent(tree, made)}


def test_an_interpreter_of_another_name_is_refused(tmp_path: Path) -> None:
    files = {name: data for name, data in content().items() if name != "install/bin/python3.14"}
    with pytest.raises(NotAdoptable, match=r"there is no bin/python3\.14"):
        describe(tree_of(tmp_path / "python", files))


def test_what_is_not_known_is_said_with_its_cost(tmp_path: Path) -> None:
    tree = tree_of(tmp_path / "python", content())
    rows = {row.key: row for row in absent(tree, describe(tree))}
    assert set(rows) == {
        "build_info.core.objs", "build_info.core.static_lib", "build_info.extensions.*.objs",
        "build_info.extensions.*.links", "build_info.extensions.*.licenses", "build_info.inittab_object",
        "build_info.inittab_source", "build_info.inittab_cflags", "build_options", "licenses",
        "python_stdlib_platform_config", "build/pydist.json",
    }  # fmt: skip
    assert rows["build_info.core.objs"].why == "no static libpython was installed"
    assert rows["build_info.inittab_object"].cost == load_versions().keys["build_info.inittab_object"].cost
    assert all(row.why and row.cost for row in rows.values())


def test_without_texts_and_tests_and_symbols_more_is_unknown(tmp_path: Path) -> None:
    files = {name: data for name, data in content().items() if "LICENSE" not in name and "/test/" not in name}
    files["install/bin/python3.14"] = tiny_gnu.program(defined=["main"])
    files[f"{DYNLOAD}/_tkinter.cpython-314-x86_64-linux-gnu.so"] = module("_tkinter")
    tree = tree_of(tmp_path / "python", files)
    (tmp_path / "python/install/include/python3.14/Python.h").unlink()
    keys = {row.key for row in absent(tree, describe(tree))}
    assert "include" not in describe(tree).python_paths
    assert {"python_paths.include", "license_path", "run_tests", "python_symbol_visibility", "tcl_library_path"} <= keys
    assert "licenses" not in keys


def test_an_empty_object_of_the_table_is_one_that_is_not_known(tmp_path: Path) -> None:
    data = dump(describe(tree_of(tmp_path / "python", content())))
    assert not load_any(data, "PYTHON.json").knows("build_info.inittab_object")
    assert load_any(data, "PYTHON.json").knows("build_info.inittab_source")
