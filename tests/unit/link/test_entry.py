"""The entry is the one that was named, the only one, or an error that lists the choices."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from pydist.errors import InputError
from pydist.link.app import AppKind, AppSpec
from pydist.link.collect import collect
from pydist.link.entry import SCRIPT_MARK, Entry, check_entry, choose_entries, launchers
from pydist.link.part import Part, TreeFile, make_part
from pydist.link.settings import Settings
from tests.support.dist import distribution, rows

DIST = distribution()


def app(name: str = "demo", **settings: Any) -> AppSpec:
    return AppSpec(
        kind=AppKind.REQUIREMENT, name=name, path=None, package=name, requirements=(name,), requires_python="",
        settings=Settings(**settings),
    )  # fmt: skip


def package(name: str, scripts: dict[str, str], files: dict[str, bytes] | None = None) -> Part:
    made = tuple(TreeFile(path=path, data=data, script=path.startswith("bin/")) for path, data in (files or {}).items())
    return make_part(name, made, Path(sys.executable), {"name": name, "scripts": scripts})


def choose_entry(app: AppSpec, packages: list[Part]) -> Entry:
    (entry,) = choose_entries(app, DIST, packages)
    return entry


def test_the_only_script_is_the_entry() -> None:
    entry = choose_entry(app(), [package("demo", {"run": "demo.cli:main"})])
    assert (entry.kind, entry.name, entry.path) == ("script", "run", "bin/run")
    assert entry.launcher is not None
    assert entry.launcher.data == SCRIPT_MARK + (
        b'import sys\n\nfrom demo.cli import main\n\nif __name__ == "__main__":\n    sys.exit(main())\n'
    )


def test_of_several_the_one_with_the_applications_name_is_the_entry() -> None:
    entry = choose_entry(app(), [package("demo", {"demo": "demo:main", "other": "demo:other"})])
    assert entry.name == "demo"


def test_an_attribute_of_an_attribute_is_called() -> None:
    entry = choose_entry(app(), [package("demo", {"run": "demo:app.run"})])
    assert entry.launcher is not None
    assert b"from demo import app\n" in entry.launcher.data
    assert entry.launcher.data.endswith(b"    sys.exit(app.run())\n")


def test_several_scripts_are_listed() -> None:
    with pytest.raises(InputError, match="choose with --script, once or several times: one, two"):
        choose_entry(app(), [package("demo", {"one": "a:b", "two": "a:b"})])


def test_a_script_of_another_package_can_be_named() -> None:
    parts = [package("demo", {"demo": "demo:main"}), package("other", {"tool": "other:main"})]
    assert choose_entry(app(scripts=("tool",)), parts).shown == "tool (other:main)"


def test_an_installers_script_file_can_be_named() -> None:
    part = package("demo", {}, {"bin/old": b"#!python\nprint()\n", "bin/shell": b"#!/bin/sh\n"})
    entry = choose_entry(app(scripts=("old",)), [part])
    assert (entry.path, entry.launcher) == ("bin/old", None)
    with pytest.raises(InputError, match="no package has it"):
        choose_entry(app(scripts=("shell",)), [part])


def test_an_unknown_script_lists_the_known() -> None:
    with pytest.raises(InputError, match="--script x: no package has it; the scripts are: run"):
        choose_entry(app(scripts=("x",)), [package("demo", {"run": "a:b"})])


def test_a_package_that_runs_as_module_needs_no_script() -> None:
    part = package("demo", {}, rows({"demo/__init__.py": b"", "demo/__main__.py": b""}))
    entry = choose_entry(app(), [part])
    assert (entry.kind, entry.module) == ("module", "demo")


def test_without_script_and_main_a_module_must_be_named() -> None:
    with pytest.raises(InputError, match="-m MODULE"):
        choose_entry(app(), [package("demo", {})])


@pytest.mark.parametrize("reference", ["demo", "demo:", "de mo:x", "demo:x()", "demo;import os:x"])
def test_a_reference_that_is_no_function_is_refused(reference: str) -> None:
    with pytest.raises(InputError, match="expected module:function"):
        choose_entry(app(), [package("demo", {"run": reference})])


@pytest.mark.parametrize(
    ("module", "reason"), [("demo", None), ("demo.tool", None), ("plain", "no __main__"), ("missing", "no such module")]
)
def test_a_named_module_must_be_one_that_runs(module: str, reason: str | None) -> None:
    files = rows({"demo/__init__.py": b"", "demo/__main__.py": b"", "demo/tool.py": b"", "plain/__init__.py": b""})
    tree = collect(DIST, [package("demo", {}, files)])
    entry = Entry(kind="module", name="x", shown="x", module=module)
    if reason is None:
        check_entry(entry, tree, DIST)
        return
    with pytest.raises(InputError, match=reason):
        check_entry(entry, tree, DIST)


def test_a_script_of_a_module_that_is_not_there_is_refused() -> None:
    part = package("demo", {"run": "demo.cli:main"}, rows({"demo/__init__.py": b""}))
    entry = choose_entry(app(), [part])
    with pytest.raises(InputError, match=r"the script run refers to demo\.cli"):
        check_entry(entry, collect(DIST, [part]), DIST)


def test_a_script_may_name_the_file_of_a_package() -> None:
    files = rows({"demo/__init__.py": b"def main(): pass\n"})
    part = package("demo", {"run": "demo.__init__:main"}, {**files, "bin/run": b""})
    check_entry(choose_entry(app(), [part]), collect(DIST, [part]), DIST)


MAIN = b"import os\n\ndef main():\n    pass\n"


def calls(reference: str, source: bytes, **more: bytes) -> None:
    files = rows({"demo/__init__.py": b"", "demo/cli.py": source, **{f"demo/{name}.py": more[name] for name in more}})
    part = package("demo", {"run": reference}, {**files, "bin/run": b""})
    check_entry(choose_entry(app(), [part]), collect(DIST, [part]), DIST)


def test_a_script_of_a_function_that_its_module_cannot_have_is_refused() -> None:
    with pytest.raises(InputError, match=r"calls demo\.cli:mian, and demo/cli\.py has no mian; did you mean main\?"):
        calls("demo.cli:mian", MAIN)
    with pytest.raises(InputError, match=r"has no quite_different$"):
        calls("demo.cli:quite_different.run", MAIN)


@pytest.mark.parametrize(
    "more",
    [
        b"from os import *", b"from os import (\n*)", b"def __getattr__(name): pass", b"globals()['mi' + 'an'] = 1",
        b"exec(text)", b"setattr(me, name, 1)", b"sys.modules[__name__] = x", b"from .a import mian",
        b"with x as mian: y",
    ],
)  # fmt: skip
def test_a_function_that_might_be_made_is_believed_in(more: bytes) -> None:
    calls("demo.cli:mian", MAIN + more + b"\n")


def test_what_a_script_calls_may_be_a_module() -> None:
    calls("demo:cli.main", MAIN)
    calls("demo:tool.run", MAIN, tool=b"def run(): pass\n")


def test_several_scripts_can_be_named_each_once() -> None:
    parts = [package("demo", {"one": "demo:a", "two": "demo:b"}), package("other", {"tool": "other:main"})]
    entries = choose_entries(app(scripts=("two", "tool", "two")), DIST, parts)
    assert [entry.path for entry in entries] == ["bin/two", "bin/tool"]


def test_all_scripts_of_packages_have_a_launcher_where_they_can() -> None:
    parts = [
        package("demo", {"one": "demo:a", "bad/name": "demo:a", "none": "demo", "..": "x:y"}, {"bin/old": b"x"}),
        package("other", {"one": "other:b", "old": "other:c", "two": "other:d.e"}),
    ]
    made = {file.path: file for file in launchers((), parts)}
    assert sorted(made) == ["bin/one", "bin/two"]
    assert b"from demo import a" in made["bin/one"].data
    assert made["bin/two"].executable
    assert made["bin/two"].data.startswith(SCRIPT_MARK)


def test_the_launcher_of_the_entry_wins() -> None:
    parts = [package("first", {"run": "first:a"}), package("demo", {"run": "demo:b"})]
    entries = choose_entries(app(), DIST, parts)
    (launcher,) = launchers(entries, parts)
    assert b"from demo import b" in launcher.data


def test_an_entry_that_was_excluded_is_refused() -> None:
    entry = Entry(kind="script", name="x", shown="x", path="bin/x")
    with pytest.raises(InputError, match="bin/x, where the application starts, is excluded"):
        check_entry(entry, collect(DIST, []), DIST)
