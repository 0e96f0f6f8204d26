"""Rules about what a series of CPython has: each is violated by one change, and no other of the family by it."""

from __future__ import annotations

import _imp
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydist.validate import choose, validate
from pydist.validate.rules import load_rules
from tests.support import tiny, tiny_gnu, trees
from tests.support.proven import LIBRARY, PACKAGES, SETTINGS
from tests.support.tiny_gnu import library, module

Change = Callable[[dict[str, Any], tiny.Members], None]
STDLIB = "python/install/lib/python3.14"
CACHE = f"{STDLIB}/__pycache__/os.cpython-314.pyc"
ZIP = "python/install/lib/python314.zip"
MODULES = "build_info/extensions"


def member(name: str, data: bytes | None) -> Change:
    def change(_: dict[str, Any], content: tiny.Members) -> None:
        if data is None:
            del content[name]
        else:
            content[name] = data

    return change


def extension(name: str, **about: Any) -> Change:
    def change(manifest: dict[str, Any], _: tiny.Members) -> None:
        modules = manifest["build_info"]["extensions"]
        modules[name] = [modules["_io"][0] | {"init_fn": f"PyInit_{name}"} | about]

    return change


def without(name: str) -> Change:
    return lambda manifest, _: manifest["build_info"]["extensions"].pop(name)


def packed(*leave_out: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(tiny.library())) as old, zipfile.ZipFile(file, "w") as new:
        for item in old.infolist():
            if not item.filename.startswith(leave_out):
                new.writestr(item, b"")
    return file.getvalue()


def bytecode(magic: int = 3627, flags: int = 0, mtime: int = tiny.TIME, size: int = 0, end: bytes = b"code") -> bytes:
    return struct.pack("<H2sIII", magic, b"\r\n", flags, mtime, size) + end


def hashed(source: bytes) -> bytes:
    return struct.pack("<H2sI8s", 3627, b"\r\n", 3, _imp.source_hash(3627 | 0x0A0D0000, source)) + b"code"


def nothing(_: dict[str, Any], content: tiny.Members) -> None:
    del content[ZIP], content[f"{STDLIB}/os.py"]


def a_linked_source(_: dict[str, Any], content: tiny.Members) -> None:
    """As Debian has it: one source is a link to a second name, another a link out of the prefix."""
    content[f"{STDLIB}/first.py"] = ("sym", "os.py")
    content[f"{STDLIB}/second.py"] = ("sym", "/etc/python3.14/second.py")
    content |= {CACHE.replace("os", name): bytecode() for name in ("first", "second")}


def of_another_series(manifest: dict[str, Any], content: tiny.Members) -> None:
    text = json.dumps(manifest).replace("3.14", "3.44").replace("314", "344")
    manifest.clear()
    manifest |= json.loads(text)


CHANGES: list[tuple[str, str, Change]] = [
    ("program-names", "python/install/bin/python", member("python/install/bin/python", b"other")),
    ("series", "", of_another_series),
    ("library", "", nothing),
    ("module-missing", STDLIB, member(ZIP, packed("json/decoder.py"))),
    ("module-missing", STDLIB, member(ZIP, packed("tkinter/font.py"))),
    ("module-missing", STDLIB, member(ZIP, packed("ctypes/macholib/dyld.py"))),
    ("module-missing", STDLIB, member(ZIP, packed("ctypes/wintypes.py"))),
    ("extension-missing", "", without("math")),
    ("extension-unknown", "", extension("_maths")),
    ("extension-unknown", "", extension("_sha256")),
    ("start", "build_info.extensions.time", extension("time", in_core=False, shared_lib="install/lib/time.so")),
    ("magic-number", "python_bytecode_magic_number", lambda about, _: about.update(
        python_bytecode_magic_number="2a0e0d0a")),
    ("bytecode", CACHE, member(CACHE, b"")),
    ("bytecode", CACHE, member(CACHE, bytes(40))),
    ("bytecode", f"{STDLIB}/x.pyc", member(f"{STDLIB}/x.pyc", bytecode(flags=2))),
    ("bytecode-series", CACHE, member(CACHE, bytecode(magic=3571))),
    ("bytecode-series", f"{STDLIB}/x.pyc", member(f"{STDLIB}/x.pyc", bytecode(magic=3626))),
    ("bytecode-stale", CACHE, member(CACHE, bytecode(size=1))),
    ("bytecode-stale", CACHE, member(CACHE, bytecode(mtime=1))),
    ("bytecode-stale", CACHE, member(CACHE, hashed(b"other"))),
    ("bytecode-orphan", CACHE.replace("os", "so"), member(CACHE.replace("os", "so"), bytecode())),
    ("suffix", f"{STDLIB}/lib-dynload/_x.cpython-313-x86_64-linux-musl.so",
     member(f"{STDLIB}/lib-dynload/_x.cpython-313-x86_64-linux-musl.so", b"x")),
]  # fmt: skip


def findings(path: Path) -> list[tuple[str, str]]:
    return [(item.rule, item.where) for item in validate(path, rules=choose(["python"]), run=False).findings]


@pytest.mark.parametrize(
    ("rule", "where", "change"), CHANGES, ids=[f"{number}-{row[0]}" for number, row in enumerate(CHANGES)]
)
def test_a_change_is_found_by_its_rule_alone(tmp_path: Path, rule: str, where: str, change: Change) -> None:
    path = tiny.pack(tmp_path / "a.tar", tiny.distribution(change))
    assert findings(path) == [(f"python.{rule}", where.removeprefix("python/"))]


@pytest.mark.parametrize(
    "change",
    [
        extension("_testcapi"),
        member(ZIP, packed("ctypes/macholib", "asyncio/windows_", "encodings/mbcs")),
        member(CACHE, bytecode()),
        member(CACHE, hashed(b"")),
        member(CACHE, tiny.BYTECODE),
        member(CACHE.replace("314", "313"), bytecode(magic=3571)),
        member(CACHE.replace(".pyc", ".opt-4.pyc"), bytecode()),
        member(CACHE.replace("314.pyc", "313-pytest-8.3.4.pyc"), bytecode(magic=3571)),
        a_linked_source,
        member(f"{STDLIB}/lib-dynload/_x.abi3.so", b"x"),
        member(f"{STDLIB}/lib-dynload/_x.cpython-314t-x86_64-linux-gnu.so", b"x"),
    ],
    ids=[
        "test module",
        "of other systems",
        "times",
        "hash",
        "unchecked hash",
        "other cache",
        "other level",
        "other tool",
        "linked source",
        "abi3",
        "free-threaded",
    ],
)
def test_what_is_allowed_is_no_finding(tmp_path: Path, change: Change) -> None:
    assert findings(tiny.pack(tmp_path / "a.tar", tiny.distribution(change))) == []


def test_a_package_may_be_left_out_as_a_whole(tmp_path: Path) -> None:
    content = tiny.distribution(member(ZIP, packed("tkinter", "turtle", "ensurepip")))
    assert findings(tiny.pack(tmp_path / "a.tar", content)) == []


def test_a_prerelease_has_one_of_the_magic_numbers_of_its_development(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], _: tiny.Members) -> None:
        manifest |= {"python_version": "3.14.0a3", "python_bytecode_magic_number": "150e0d0a"}

    assert findings(tiny.pack(tmp_path / "a.tar", tiny.distribution(change))) == []


@pytest.mark.parametrize(("left_out", "expected"), [((), []), (("math",), ["python.extension-missing"])])
def test_without_a_manifest_exports_tell_what_is_built_in(
    tmp_path: Path, left_out: tuple[str, ...], expected: list[str]
) -> None:
    shared = {"_ssl", *left_out}
    exports = [*tiny_gnu.API, *(f"PyInit_{name}" for name in (*tiny.built_in(without=[*shared]), "zlib"))]
    tree = trees.unix() | {
        "lib/libpython3.14.so.1.0": library(defined=exports),
        "lib/python3.14/lib-dynload/_ssl.cpython-314-x86_64-linux-gnu.so": module(defined=["PyInit__ssl"]),
    }
    assert [rule for rule, _ in findings(trees.tar(tmp_path / "a.tar.gz", tree))] == expected


def test_what_is_behind_damage_is_not_missed(tmp_path: Path) -> None:
    path = tiny.pack(tmp_path / "a.tar", tiny.distribution())
    path.write_bytes(path.read_bytes()[:20_480])
    assert findings(path) == []


def test_every_rule_about_the_library_is_reached_and_the_family_is_three_modules() -> None:
    assert {f"python.{rule}" for rule, _, _ in CHANGES} == LIBRARY
    assert {rule.id for rule in load_rules().values() if rule.family == "python"} == LIBRARY | SETTINGS | PACKAGES
