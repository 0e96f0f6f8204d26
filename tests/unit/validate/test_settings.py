"""Rules about what has to be true wherever a distribution is unpacked: each is violated by one change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pydist.policy.relocation import sysconfig_source
from pydist.validate import choose, validate
from tests.support import tiny, tiny_windows
from tests.support.elf import make_elf
from tests.support.proven import SETTINGS

INSTALL = "python/install"
STDLIB = f"{INSTALL}/lib/python3.14"
DATA = f"{STDLIB}/_sysconfigdata__linux_x86_64-linux-musl.py"
PC = f"{INSTALL}/lib/pkgconfig/python-3.14.pc"
DETAILS = f"{STDLIB}/build-details.json"
MANAGED = f"{STDLIB}/EXTERNALLY-MANAGED"


def variables(**values: Any) -> bytes:
    return f"# settings\nbuild_time_vars = {values!r}\n".encode()


def pc(prefix: str = "${pcfiledir}/../..", version: str = "3.14", libs: str = "-L${libdir} -lpython3.14") -> bytes:
    text = f"# /build is a comment\nprefix={prefix}\nlibdir=${{prefix}}/lib\nVersion: {version}\nLibs: {libs}\n"
    return text.encode()


def details(**values: Any) -> bytes:
    good = {"base_prefix": "../..", "base_interpreter": "bin/python3.14", "c_api": {"headers": "include/python3.14"}}
    return json.dumps(good | values).encode()


CHANGES: list[tuple[str, str, bytes | None]] = [
    ("shebang", f"{INSTALL}/bin/x", b"#!/install/bin/python3.14\n"),
    ("shebang", f"{INSTALL}/bin/x", b"#!/usr/local/bin/python3\n"),
    ("shebang", f"{INSTALL}/bin/x", b"#!\n"),
    ("build-path", f"{INSTALL}/lib/x.o", make_elf(kind=1) + b"/home/me/cpython/Objects/object.c\0"),
    ("build-path-text", f"{INSTALL}/bin/x", b"#!/bin/sh\nexec /home/me/cpython/python\n"),
    ("build-path-text", DATA, variables(CONFIG_ARGS="'--with-openssl=/build/out/openssl/lib'")),
    ("sysconfig-missing", DATA, None),
    ("sysconfig-name", DATA, variables(ABIFLAGS="t")),
    ("sysconfig-name", DATA, variables(MACHDEP="darwin")),
    ("sysconfig-name", DATA, variables(MULTIARCH="x86_64-linux-gnu")),
    (
        "sysconfig-name",
        f"{STDLIB}/_sysconfigdata__aarch64-linux-gnu.py",
        variables(MACHDEP="linux", MULTIARCH="aarch64-linux-gnu"),
    ),
    ("sysconfig-place", DATA, variables(prefix="/install")),
    ("sysconfig-place", DATA, variables(LIBDIR="/install/lib")),
    ("sysconfig-programs", DATA, variables(CC="clang -pthread")),
    ("sysconfig-programs", DATA, variables(AR="/tools/llvm/bin/llvm-ar")),
    ("sysconfig-flags", DATA, variables(CFLAGS="-O2 -I/tools/deps/include/ncursesw")),
    ("sysconfig-flags", DATA, variables(LDFLAGS="--sysroot=/tools/sysroot")),
    ("pkg-config", PC, pc(prefix="/install")),
    ("pkg-config", PC, pc(libs="-L/install/lib -lpython3.14")),
    ("pkg-config-version", PC, pc(version="3.13")),
    ("build-details", DETAILS, b"{"),
    ("build-details", DETAILS, details(base_prefix="/install")),
    ("build-details", DETAILS, details(base_interpreter="bin/python3.15")),
    ("build-details", DETAILS, details(libpython={"static": "lib/libpython3.14.a"})),
    ("build-details", DETAILS, details(c_api={"headers": "../../../etc"})),
    ("externally-managed", MANAGED, b"no"),
    ("externally-managed", MANAGED, b"[externally-managed]\n"),
]


def findings(path: Path) -> list[tuple[str, str]]:
    return [(item.rule, item.where) for item in validate(path, rules=choose(["python"]), run=False).findings]


@pytest.mark.parametrize(
    ("rule", "name", "data"), CHANGES, ids=[f"{number}-{row[0]}" for number, row in enumerate(CHANGES)]
)
def test_a_file_is_found_by_its_rule_alone(tmp_path: Path, rule: str, name: str, data: bytes | None) -> None:
    content = tiny.distribution(
        lambda _, members: members.update({name: data}) if data is not None else members.pop(name)
    )
    where = STDLIB if data is None else name
    path = tiny.pack(tmp_path / "a.tar", content)
    assert findings(path) == [(f"python.{rule}", where.removeprefix("python/"))]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (f"{INSTALL}/bin/x", b'#!/bin/sh\n\'\'\'exec\' "$(dirname -- "$0")/python3.14" "$0" "$@"\n'),
        (f"{INSTALL}/bin/x", b"#!/usr/bin/env python3\n"),
        (f"{STDLIB}/cgi.py", b"#! /usr/local/bin/python\n"),
        (f"{INSTALL}/lib/x.o", make_elf(kind=1) + b"./Objects/object.c\0/usr/include/stdio.h\0"),
        (DATA, variables(prefix="\0", LIBDIR="\0/lib", CC="cc -pthread", CFLAGS="-I\0/include -I/usr/include", N=1)),
        (DATA, b"build_time_vars = {'a': f()}"),
        (DATA, sysconfig_source({"prefix": "\0", "LIBDIR": "\0/lib", "CFLAGS": "-I\0/include"}).encode()),
        (f"{STDLIB}/_sysconfigdata__x86_64-linux-musl.py", variables(MACHDEP="linux", MULTIARCH="x86_64-linux-musl")),
        (PC, pc(libs="-L/usr/lib -lm")),
        (DETAILS, details()),
        (DETAILS, b"[]"),
        (MANAGED, b"[externally-managed]\nError = use 100% of pip in an environment\n"),
    ],
)
def test_what_is_allowed_is_no_finding(tmp_path: Path, name: str, data: bytes) -> None:
    content = tiny.distribution(lambda _, members: members.update({name: data}))
    assert findings(tiny.pack(tmp_path / "a.tar", content)) == []


def test_not_more_settings_are_read_than_any_python_has(tmp_path: Path) -> None:
    """Each is code that has to be parsed."""
    names = (DATA.replace("musl", f"musl{number}") for number in range(100))
    content = tiny.distribution(lambda _, members: members.update(dict.fromkeys(names, variables(prefix="/install"))))
    found = findings(tiny.pack(tmp_path / "a.tar", content))
    assert 1 < len([rule for rule, _ in found if rule == "python.sysconfig-place"]) <= 16


@pytest.mark.parametrize(("place", "rules"), [("C:\\\\p\\\\python.exe", ["python.launcher"]), ("python.exe", [])])
def test_a_launcher_of_windows_that_names_a_place_is_found(tmp_path: Path, place: str, rules: list[str]) -> None:
    launcher = b"MZ" + bytes(600) + f"#!{place}\r\n".encode() + b"PK\x03\x04"
    content = tiny_windows.distribution(lambda _, files: files.update({"install/Scripts/x.exe": launcher}))
    assert [rule for rule, _ in findings(tiny.pack(tmp_path / "a.tar", content))] == rules


def test_every_rule_about_settings_is_reached() -> None:
    assert {f"python.{rule}" for rule, _, _ in CHANGES} | {"python.launcher"} == SETTINGS
