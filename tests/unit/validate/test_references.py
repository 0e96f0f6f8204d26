"""Rules about what a manifest points at: each is violated by one change to a conforming distribution."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydist.progress import Silent
from pydist.validate import choose, validate
from pydist.validate.families import references
from pydist.validate.gather import gather
from tests.support import tiny, tiny_gnu
from tests.support.elf import make_ar, make_elf
from tests.support.proven import REFERENCES
from tests.support.rows import Row

Change = Callable[[dict[str, Any], tiny.Members], None]
ZLIB = "build_info.extensions.zlib[0]"
CONFIG = "python/install/lib/python3.14/config-3.14-x86_64-linux-musl/libpython3.14.a"


def about(**values: Any) -> Change:
    return lambda manifest, _: manifest.update(values)


def zlib(**values: Any) -> Change:
    return lambda manifest, _: manifest["build_info"]["extensions"]["zlib"][0].update(values)


def merged(key: str, **values: Any) -> Change:
    return lambda manifest, _: manifest[key].update(values)


def member(name: str, data: bytes) -> Change:
    return lambda _, content: content.update({name: data})


def elsewhere(manifest: dict[str, Any], content: tiny.Members) -> None:
    manifest["run_tests"] = "share/run_tests.py"
    content["python/share/run_tests.py"] = content.pop("python/build/run_tests.py")


def renamed_header(_: dict[str, Any], content: tiny.Members) -> None:
    content["python/install/include/python3.14/Pythan.h"] = content.pop("python/install/include/python3.14/Python.h")


def dynamic(manifest: dict[str, Any], content: tiny.Members) -> None:
    links = [{"name": "z", "path_dynamic": "build/lib/libz.a"}]
    manifest["build_info"]["extensions"]["zlib"][0]["links"] = links


def old_and_free(manifest: dict[str, Any], _: tiny.Members) -> None:
    manifest |= {"build_options": "freethreaded+noopt+static", "python_major_minor_version": "3.12"}


CHANGES = [
    Row("manifest.place", "run_tests", elsewhere),
    Row("manifest.library-kind", f"{ZLIB}.links[0].path_static", member("python/build/lib/libz.a", make_elf(kind=3)),
        also="binary.bind-now binary.relro"),
    Row("manifest.library-kind", f"{ZLIB}.links[0].path_dynamic", dynamic),
    Row("manifest.license-text", f"{ZLIB}.license_paths[0]", zlib(license_paths=["build/Modules/zlibmodule.o"])),
    Row("manifest.license-text", "license_path", member("python/licenses/LICENSE.cpython.txt", b"")),
    Row("manifest.paths-content", "python_paths.include", renamed_header),
    Row("manifest.abstract", "python_paths_abstract.stdlib", merged(
        "python_paths_abstract", stdlib="{installed_base}/{platlibdir}/python3.13")),
    Row("manifest.variables", "python_config_vars.py_version", merged("python_config_vars", py_version="3.14.6")),
    Row("manifest.variables", "python_config_vars.VERSION", merged("python_config_vars", VERSION="314")),
    Row("manifest.suffixes", "python_suffixes.source", merged("python_suffixes", source=[".txt"])),
    Row("manifest.suffixes", "python_suffixes.bytecode", merged("python_suffixes", bytecode=[])),
    Row("manifest.init-name", f"{ZLIB}.init_fn", zlib(init_fn="init_zlib"),
        also="measured.init-function measured.inittab"),
    Row("manifest.tests", "python_stdlib_test_packages", member(
        "python/install/lib/python3.14/email/tests/test_a.py", b"")),
    Row("manifest.libpython-members", "build_info.core.static_lib", member(CONFIG, make_ar({"other.o": b""})),
        also="binary.archive-member"),
    Row("manifest.crt-target", "crt_features[1]", about(crt_features=["static", "glibc-max-symbol-version:2.17"]),
        also="measured.crt"),
    Row("abi.freethreaded", "build_options", old_and_free,
        also="abi.names abi.variables manifest.version quirk.libpython-unsuffixed record.contradiction"),
]  # fmt: skip


def findings(path: Path) -> list[tuple[str, str]]:
    return [(item.rule, item.where) for item in validate(path, rules=choose(sorted(REFERENCES)), run=False).findings]


@pytest.mark.parametrize("row", CHANGES, ids=[f"{number}-{row.rule}" for number, row in enumerate(CHANGES)])
def test_a_change_breaks_its_rule_and_no_other(tmp_path: Path, row: Row) -> None:
    report = validate(tiny.pack(tmp_path / "a.tar", tiny.distribution(row.change)), run=False)
    assert (row.rule, row.where) in [(item.rule, item.where) for item in report.findings]
    assert {item.rule for item in report.findings} == row.broken


@pytest.mark.parametrize("made", [tiny.distribution, tiny_gnu.distribution])
def test_conforming_distributions_have_no_findings(tmp_path: Path, made: Callable[[], tiny.Members]) -> None:
    assert findings(tiny.pack(tmp_path / "a.tar", made())) == []


def test_folders_of_tcl_and_tk_have_their_scripts(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], content: tiny.Members) -> None:
        manifest["tcl_library_paths"] = ["tcl8.6", "tk8.6", "thread2.8"]
        content["python/install/lib/tk8.6/button.tcl"] = b""

    path = tiny.pack(tmp_path / "a.tar", tiny_gnu.distribution(change))
    assert findings(path) == [("manifest.tcl", "tcl_library_paths[1]")]


def test_objects_of_libraries_that_cpython_keeps_apart_are_not_missed(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], content: tiny.Members) -> None:
        name = "build/Modules/_hacl/Hacl_Hash_MD5.o"
        manifest["build_info"]["extensions"]["zlib"][0]["objs"].append(name)
        content[f"python/{name}"] = make_elf(kind=1)

    assert findings(tiny.pack(tmp_path / "a.tar", tiny.distribution(change))) == []


def test_every_rule_about_what_is_pointed_at_is_reached() -> None:
    assert {row.rule for row in CHANGES} | {"manifest.tcl"} == REFERENCES


def calls(folder: Path, depth: int) -> int:
    """How many functions are called and returned from while a distribution with folders of tests is judged."""
    name = f"python/install/lib/python3.14/{'tests/' * depth}__init__.py"
    facts = gather(tiny.pack(folder / "a.tar", tiny.distribution(member(name, b""))), Silent())
    count = 0

    def one_more(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(one_more)
    try:
        found = [finding for finding in references.judge(facts) if finding.rule == "manifest.tests"]
    finally:
        sys.setprofile(None)
    assert len(found) == depth
    return count


def test_folders_of_tests_below_each_other_take_no_more_the_more_there_are(tmp_path: Path) -> None:
    none, some, more = (calls(tmp_path, depth) for depth in (0, 200, 400))
    assert more - some < 1.2 * (some - none)


def test_what_is_below_a_package_that_is_named_is_named(tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], content: tiny.Members) -> None:
        manifest["python_stdlib_test_packages"] = ["test", "a.tests"]
        stdlib = "python/install/lib/python3.14"
        for name in ("a/tests/b/tests", "a/tests", "a/b/test", "a.tests/tests", "site-packages/x/tests"):
            content[f"{stdlib}/{name}/__init__.py"] = b""

    facts = gather(tiny.pack(tmp_path / "a.tar", tiny.distribution(change)), Silent())
    said = [finding.message for finding in references.judge(facts) if finding.rule == "manifest.tests"]
    assert [text.split("'")[1].partition("3.14/")[2] for text in said] == ["a.tests/tests", "a/b/test"]
