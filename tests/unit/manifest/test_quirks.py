"""Each known oddity is recognised by its name where it occurs, and nowhere else; what can be mended is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from pydist.errors import InputError
from pydist.manifest.load import Loaded, load_any
from pydist.manifest.quirks import load_quirks
from tests.support import manifests, tiny

LINUX, MAC, WINDOWS = "x86_64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"
Change = Callable[[dict[str, Any]], None]


def read(value: Any) -> Loaded:
    return load_any(json.dumps(value).encode(), "PYTHON.json")


def document(target: str, python: str, change: Change) -> dict[str, Any]:
    """The tiny manifest without oddities, for another target and series, changed."""
    made = tiny.manifest() | {"target_triple": target, "python_version": python}
    tiny.few(made, ["_io", "zlib"])
    change(made)
    return made


def found(value: Any) -> list[tuple[str, str, str]]:
    return [(quirk.id, quirk.where, quirk.found) for quirk in read(value).quirks]


def key(name: str, value: Any) -> Change:
    return lambda made: made.update({name: value})


def core(**keys: Any) -> Change:
    return lambda made: made["build_info"]["core"].update(keys)


def module(name: str, *links: dict[str, Any], paths: list[str] | None = None, **keys: Any) -> Change:
    """Add an extension module; `paths` are those of its licences."""
    known = {"license_paths": paths} if paths is not None else {}
    item = {"in_core": False, "init_fn": f"PyInit_{name}", "links": list(links), "objs": [], "required": False}
    return lambda made: made["build_info"]["extensions"].update(
        {name: [{**item, "variant": "default", **known, **keys}]}
    )


def both(*changes: Change) -> Change:
    def change(made: dict[str, Any]) -> None:
        for item in changes:
            item(made)

    return change


def licence(name: str) -> str:
    return f"licenses/LICENSE.{name}.txt"


X11, TK = {"name": "X11", "path_static": "build/lib/libX11.a"}, {"name": "tcl9tk9.0", "path_dynamic": "install/lib/x"}
CRYPTO = {"name": "libcrypto-1_1-x64", "path_dynamic": "install/DLLs/libcrypto-1_1-x64.dll"}
TCL86 = {"name": "tcl86t", "path_dynamic": "install/DLLs/tcl86t.dll"}
DL, WS = {"name": "dl", "system": True}, {"name": "ws2_32", "system": True}
TEMP = "C:\\Users\\ADMINI~1\\AppData\\Local\\Temp\\python-build-x\\out\\python\\install"

CASES: list[tuple[str, str, str, str, Change]] = [
    ("glibc-parenthesis", LINUX, "3.13.16", "crt_features[1]",
     key("crt_features", ["glibc-dynamic", "glibc-max-symbol-version:2.17)"])),
    ("tcltk-variable", WINDOWS, "3.10.18", "build_info.extensions._tkinter[0].links[0].name",
     module("_tkinter", {"name": "$(tcltk", "system": True}, TCL86)),
    ("openssl-1-dll", WINDOWS, "3.11.9", "build_info.extensions._hashlib[0].links[1].path_dynamic",
     module("_hashlib", WS, CRYPTO)),
    ("openssl-1-dll", "i686-pc-windows-msvc", "3.13.1", "build_info.extensions._ssl[0].links[0].path_dynamic",
     module("_ssl", {"name": "libssl-1_1", "path_dynamic": "install/DLLs/libssl-1_1.dll"})),
    ("openssl-unlisted", "aarch64-pc-windows-msvc", "3.12.1", "build_info.extensions._ssl[0]", module("_ssl", WS)),
    ("tcl-called-system", LINUX, "3.13.16", "build_info.extensions._tkinter[0].links[1].name",
     both(key("tcl_library_path", "install/lib"), module("_tkinter", DL, {"name": "tcl9.0", "system": True}))),
    ("tcl-called-system", MAC, "3.13.7", "build_info.extensions._tkinter[0].links[0].name",
     both(key("tcl_library_path", "install/lib"), module("_tkinter", {"name": "tk8.6", "system": True}))),
    ("tk-static-x11", LINUX, "3.13.16", "build_info.extensions._tkinter[0].links[0].name",
     module("_tkinter", X11, TK, shared_lib="install/lib/_tkinter.so")),
    ("tcl-folders-incomplete", LINUX, "3.13.16", "tcl_library_paths[2]",
     key("tcl_library_paths", ["itcl4.3.8", "thread3.0.6", "tk9.0"])),
    ("tcl-8-folders", WINDOWS, "3.14.7", "tcl_library_paths[0]", key("tcl_library_paths", ["tix8.4.3"])),
    ("tcl-8-dll", WINDOWS, "3.15.0", "build_info.extensions._tkinter[0].links[0].path_dynamic",
     module("_tkinter", TCL86)),
    ("null-init", LINUX, "3.14.7", "build_info.extensions.builtins[0].init_fn",
     module("builtins", in_core=True, init_fn="NULL")),
    ("licence-file-missing", LINUX, "3.14.7", "build_info.extensions._zstd[0].license_paths[0]",
     module("_zstd", paths=[licence("zstd")])),
    ("licence-of-namesake", MAC, "3.11.9", "build_info.extensions._ssl[0].license_paths[0]",
     module("_ssl", X11, paths=[licence("openssl-1.1"), licence("openssl-3")])),
    ("licence-of-system-library", MAC, "3.11.9", "build_info.extensions.readline[0].license_paths[1]",
     module("readline", {"name": "edit", "system": True}, paths=[licence("libedit"), licence("ncurses")])),
    ("licence-unnamed", WINDOWS, "3.10.18", "build_info.extensions._decimal[0]", module("_decimal")),
    ("lzma-unlisted", WINDOWS, "3.10.18", "build_info.extensions._lzma[0]",
     module("_lzma", paths=[licence("liblzma")])),
    ("bitcode-percent", LINUX, "3.13.1", "build_info.object_file_format",
     lambda made: made["build_info"].update(object_file_format="llvm-bitcode:%22.1.3")),
    ("bitcode-stamp", MAC, "3.11.9", "build_info.object_file_format",
     lambda made: made["build_info"].update(object_file_format="llvm-bitcode:18.0.8+20240713")),
    ("bitcode-of-gcc", "armv7-unknown-linux-gnueabihf", "3.13.1", "build_info.object_file_format",
     lambda made: made["build_info"].update(object_file_format="llvm-bitcode:22.1.3")),
    ("static-unsaid", "x86_64-unknown-linux-musl", "3.12.9", "crt_features[0]",
     both(key("build_options", "lto"), key("crt_features", ["static"]))),
    ("libpython-unsuffixed", LINUX, "3.14.7", "build_info.core.shared_lib",
     both(key("build_options", "freethreaded+debug+static"),
          core(static_lib=None, shared_lib="install/lib/libpython3.14.so.1.0"))),
    ("static-lib-of-build-machine", "x86_64-unknown-linux-musl", "3.13.1", "build_info.core.static_lib",
     core(static_lib="install/lib/python3.13/config-3.13-x86_64-linux-gnu/libpython3.13.a")),
    ("core-without-libm", LINUX, "3.13.16", "build_info.core", core(links=[DL])),
    ("paths-of-build-machine", LINUX, "3.13.16", "python_config_vars.installed_base",
     key("python_config_vars", {"installed_base": "/build/out/python/install"})),
    ("paths-of-build-machine", WINDOWS, "3.10.18", "python_config_vars.installed_base",
     key("python_config_vars", {"installed_base": TEMP})),
    ("paths-of-build-machine", MAC, "3.11.9", "python_config_vars.installed_base",
     key("python_config_vars", {"installed_base": "/private/var/folders/hw/x/T/tmp6/out/python/install"})),
    ("tests-of-python-2", LINUX, "3.13.16", "python_stdlib_test_packages[0]",
     key("python_stdlib_test_packages", ["bsddb.test", "ctypes.test", "test"])),
]  # fmt: skip
"""Id, target, Python, place, change: fragments of published manifests."""


@pytest.mark.parametrize(("name", "target", "python", "where", "change"), CASES, ids=[case[0] for case in CASES])
def test_an_oddity_is_recognised_where_it_stands(
    name: str, target: str, python: str, where: str, change: Change
) -> None:
    quirks = found(document(target, python, change))
    assert (name, where) in [item[:2] for item in quirks]
    assert {item[0] for item in quirks} == {name}


def test_every_row_of_the_table_has_a_case() -> None:
    assert {case[0] for case in CASES} | {"keys-of-later-version"} == set(load_quirks())


@pytest.mark.parametrize("target", [LINUX, MAC, WINDOWS])
def test_a_manifest_without_oddities_has_none(target: str) -> None:
    assert found(document(target, "3.14.7", lambda _: None)) == []


@pytest.mark.parametrize(
    ("target", "python", "change"),
    [
        (WINDOWS, "3.10.18", module("_hashlib", WS, CRYPTO)),  # OpenSSL 1.1 is what 3.10 has
        (LINUX, "3.11.9", module("_hashlib", {"name": "crypto", "path_static": "build/lib/libcrypto.a"})),
        (WINDOWS, "3.13.1", module("_tkinter", TCL86)),
        (WINDOWS, "3.13.1", key("tcl_library_paths", ["tcl8.6", "tk8.6", "tix8.4.3"])),
        (LINUX, "3.14.7", key("tcl_library_paths", ["tcl9", "tcl9.0", "tk9.0"])),
        (LINUX, "3.14.7", key("crt_features", ["glibc-max-symbol-version:2.17", "2.17)"])),
        (
            LINUX,
            "3.14.7",
            module("_tkinter", X11, {"name": "tk8.6", "path_static": "build/lib/libtk8.6.a"}, shared_lib="x"),
        ),
        (LINUX, "3.14.7", module("_tkinter", {"name": "tcl8.6", "system": True})),  # really the system's
        (LINUX, "3.14.7", module("readline", {"name": "edit", "system": True}, paths=[licence("libedit")])),
        (WINDOWS, "3.10.18", module("_bz2", paths=[licence("bzip2")])),  # its sources are compiled in
        (WINDOWS, "3.10.18", module("_decimal", paths=[licence("mpdecimal")])),
        (LINUX, "3.14.7", module("_decimal")),
        (LINUX, "3.14.7", core(links=[DL, {"name": "m", "system": True}])),
        ("x86_64-unknown-linux-musl", "3.14.7", core(links=[DL])),  # musl has it in its libc
        (
            LINUX,
            "3.14.7",
            both(key("build_options", "debug+static"), core(static_lib=None, shared_lib="libpython3.14d.so.1.0")),
        ),
        (LINUX, "3.14.7", key("python_config_vars", {"installed_base": "/usr", "base": "/build/out"})),
        (LINUX, "3.14.7", module("nullary", init_fn="PyInit_NULL")),
    ],
)
def test_what_is_right_is_no_oddity(target: str, python: str, change: Change) -> None:
    assert found(document(target, python, change)) == []


def test_what_can_be_mended_is() -> None:
    changes = {name: (target, python, change) for name, target, python, _, change in CASES}

    def mended(name: str) -> Any:
        return read(document(*changes[name])).manifest

    assert mended("glibc-parenthesis").crt_features == ("glibc-dynamic", "glibc-max-symbol-version:2.17")
    links = mended("tcltk-variable").build_info.extensions["_tkinter"][0].links
    assert [link.name for link in links] == ["tcl86t"]
    assert mended("bitcode-percent").build_info.object_file_format == "llvm-bitcode:22.1.3"
    assert mended("bitcode-stamp").build_info.object_file_format == "llvm-bitcode:18.0.8"
    assert mended("tests-of-python-2").python_stdlib_test_packages == ("ctypes.test", "test")


def test_two_oddities_of_one_text_are_both_found_and_both_mended() -> None:
    made = document(LINUX, "3.13.1", lambda made: made["build_info"].update(object_file_format="llvm-bitcode:%9.1+20"))
    assert [item[0] for item in found(made)] == ["bitcode-percent", "bitcode-stamp"]
    assert read(made).manifest.build_info.object_file_format == "llvm-bitcode:9.1"


def test_all_of_a_list_that_is_odd_goes_and_the_rest_stays_in_order() -> None:
    odd, links = {"name": "$(tcltk", "system": True}, [{"name": str(number), "system": True} for number in range(3)]
    made = document(WINDOWS, "3.10.18", module("_tkinter", links[0], odd, links[1], dict(odd), links[2]))
    kept = read(made).manifest.build_info.extensions["_tkinter"][0].links
    assert [link.name for link in kept] == ["0", "1", "2"]


def test_oddities_of_older_versions_are_recognised_too() -> None:
    made = manifests.of_version(7) | {"target_triple": MAC, "python_version": "3.11.9"}
    made["build_info"]["object_file_format"] = "llvm-bitcode:18.0.8+20240713"
    assert "bitcode-stamp" in [item[0] for item in found(made)]
    old = manifests.of_version(4) | {"os": "windows"}
    old["build_info"]["extensions"]["_tkinter"] = [
        {**old["build_info"]["extensions"]["_io"][0], "links": [{"name": "$(tcltk", "system": True}]}
    ]
    assert "tcltk-variable" in [item[0] for item in found(old)]


def test_millions_of_oddities_are_a_short_list_and_all_mended() -> None:
    made = document(LINUX, "3.13.1", key("crt_features", ["glibc-max-symbol-version:2.17)"] * 50_000))
    loaded = read(made)
    assert len(loaded.quirks) == 100
    assert set(loaded.manifest.crt_features) == {"glibc-max-symbol-version:2.17"}


def test_what_stands_beside_is_looked_at_once_however_much_there_is() -> None:
    """Each of the links with each other would take hours."""
    made = document(LINUX, "3.13.1", module("_tkinter", *[X11] * 20_000, shared_lib="x"))
    paths = [licence("ncurses")] * 20_000
    module("readline", *[{"name": ""}] * 20_000, paths=paths)(made)
    assert found(made) == []
    assert found(made | {"target_triple": MAC}) == []


@pytest.mark.parametrize(
    "text", ["$(" * 500_000, "/build/" + "x" * 1_000_000, "a\\Temp\\" * 100_000, "NULL\n", "\ud800"]
)
def test_hostile_texts_are_no_oddities_and_take_no_time(text: str) -> None:
    made = document(WINDOWS, "3.14.1", key("python_config_vars", {"installed_base": text}))
    module(text, {"name": text, "path_dynamic": text}, init_fn=text)(made)
    try:
        assert len(read(made).quirks) <= 3
    except InputError as error:
        assert error.faults


def test_the_table_is_well_formed() -> None:
    for row in load_quirks().values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.id)
        assert row.meaning and row.releases and row.recognised and row.done
        assert not (row.drop and row.becomes)
        assert row.at or row.id == "keys-of-later-version"
