"""Only an import that is certain to fail is reported."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pydist.link.compile import compile_sources
from pydist.link.entry import Entry
from pydist.link.image import ModuleFlag, ModuleRow
from pydist.link.imports import Graph, idle_names, missing_imports, unmet_imports
from pydist.link.part import TreeFile

SITE = "lib/python3.14/site-packages/"
LAUNCHED = Entry(
    kind="script", name="app", shown="app", path="bin/app", module="app",
    launcher=TreeFile(path="bin/app", data=b"import app\n", script=True),
)  # fmt: skip
SCRIPT = Entry(kind="script", name="tool", shown="tool", path=f"{SITE}tool.py")


def graph(files: Mapping[str, str], entry: Entry = SCRIPT, extensions: tuple[str, ...] = ()) -> Graph:
    """What a search needs to know of an application of `files` (below the folder of packages)."""
    sources = {f"{SITE}{path}": text.encode() for path, text in files.items()}
    if entry.launcher:
        sources[entry.path] = entry.launcher.data
    compiled = compile_sources(Path(sys.executable), sources)
    modules = {}
    for path in files:
        name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        flags = ModuleFlag.PACKAGE if path.endswith("__init__.py") else ModuleFlag.NONE
        modules[name] = ModuleRow(name=name, path=SITE + path, flags=flags)
    for name in extensions:
        modules[name] = ModuleRow(name=name, path=f"{SITE}{name}.so", flags=ModuleFlag.EXTENSION)
    return Graph(
        modules=modules,
        builtin={"sys", "builtins"},
        imports={path: result.imports for path, result in compiled.items()},
        sources={path: memoryview(data) for path, data in sources.items()},
        owner={path: "foo" if path.startswith(f"{SITE}foo") else "app" for path in sources},
    )


def test_names_that_may_be_missing_and_are_not_asked_for_are_idle() -> None:
    known = graph({"tool.py": "import gone.deeper, json\ntry:\n    import guarded\nexcept ImportError: pass\n"})
    assert idle_names(("gone", "blub", "guarded", "blub", "tool"), known, (SCRIPT,)) == ("blub", "guarded", "tool")


def found(files: Mapping[str, str], entry: Entry = SCRIPT, extensions: tuple[str, ...] = ()) -> list[str]:
    """The chains to what is missing in an application of `files`."""
    missing = missing_imports(graph(files, entry, extensions), entry)
    return [" > ".join((*item.chain, item.name)) for item in missing]


@pytest.mark.parametrize(
    ("module", "reached"),
    [
        ("import tkinter.ttk", {"tkinter"}),
        ("import sys\nsys.path.append('x')\nimport tkinter", {"tkinter"}),  # which could be found there, too
        ("try:\n    import tkinter\nexcept ImportError: pass", set()),
        ("def f():\n    import tkinter", set()),
        ("", set()),
    ],
)
def test_what_is_left_out_is_reached_by_imports_that_run_at_the_start(module: str, reached: set[str]) -> None:
    files = {"tool.py": "import foo", "foo/__init__.py": "from .window import x", "foo/window.py": module,
             "foo/other.py": "import tkinter"}  # fmt: skip
    assert unmet_imports(graph(files), SCRIPT) == reached


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("import sys, builtins.x\nfrom sys import path\n", []),
        ("import sys\nimport nowhere\n", ["tool.py:2 > nowhere"]),
        ("from nowhere.deep import x\n", ["tool.py:1 > nowhere"]),
        ("import a.b, sys, c\n", ["tool.py:1 > a", "tool.py:1 > c"]),
        ("try:\n    import nowhere\nexcept ImportError:\n    nowhere = None\n", []),
        ("try:\n    import nowhere\nfinally:\n    import gone\n", ["tool.py:2 > nowhere", "tool.py:4 > gone"]),
        ("if False:\n    import nowhere\n", []),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import nowhere\n", ["tool.py:1 > typing"]),
        ("import sys\nif sys.platform == 'win32':\n    import winreg\nelse:\n    import gone\n", ["tool.py:5 > gone"]),
        ("import sys\nif sys.version_info < (3, 8):\n    import old\n", []),
        ("import sys\nif sys.version_info[:2] >= (3, 8) and not sys.platform.startswith('win'):\n    import gone\n",
         ["tool.py:3 > gone"]),
        ("if setting:\n    import nowhere\n", []),
        ("if setting or True:\n    import gone\n", ["tool.py:2 > gone"]),
        ("def f():\n    import nowhere\nclass C:\n    import nowhere\n", []),
        ("with suppress(ImportError):\n    import nowhere\nfor x in y:\n    import nowhere\n", []),
        ("import sys\nsys.exit()\nimport nowhere\n", []),
        ("raise SystemExit\nimport nowhere\n", []),
        ("from . import sibling\n", []),
        ("this is not Python\n", []),
        ("\0", []),
    ],
)  # fmt: skip
def test_what_is_certain_to_fail_is_found(source: str, missing: list[str]) -> None:
    assert found({"tool.py": source}) == missing


def test_the_chain_leads_from_the_entry_to_the_import() -> None:
    files = {
        "app/__init__.py": "from .cli import main\n",
        "app/cli.py": "import foo.bar\n",
        "foo/__init__.py": "",
        "foo/bar.py": "\nfrom .. import x\nfrom . import baz\n",
        "foo/baz.py": "from missing_dep import y\n",
    }
    assert found(files, LAUNCHED) == ["app:1 > app.cli:1 > foo.bar:3 > foo.baz:1 > missing_dep"]


def test_what_is_imported_under_a_guard_is_not_followed() -> None:
    files = {"tool.py": "try:\n    import opt\nexcept Exception:\n    pass\n", "opt.py": "import nowhere\n"}
    assert found(files) == []


def test_a_module_that_a_package_lost_is_missing_unless_the_package_makes_modules() -> None:
    files = {"tool.py": "import foo.old\n", "foo/__init__.py": "x = 1\n"}
    assert found(files) == ["tool.py:1 > foo.old"]
    assert found(files | {"foo/__init__.py": "import sys\nsys.modules['foo.old'] = sys\n"}) == []
    assert found(files | {"foo/__init__.py": "__path__.append('x')\n"}) == []
    assert found(files | {"foo/make.py": "def f():\n    sys.modules[name] = made()\n"}) == []
    assert found(files | {"tool.py": "import foo.__init__\n"}) == []


def test_a_name_taken_from_a_package_may_be_anything() -> None:
    assert found({"tool.py": "from foo import bar\n", "foo/__init__.py": ""}) == []


def test_what_native_code_has_below_its_name_is_not_known() -> None:
    assert found({"tool.py": "import fast.part\n"}, extensions=("fast",)) == []


@pytest.mark.parametrize(
    "other",
    [
        {"patch.py": "import sys\nsys.modules['gone'] = sys\n"},
        {"vendor/lib/gone/__init__.py": "", "vendor/__init__.py": "def f():\n    sys.path.append(HERE)\n"},
        {"vendor/gone.py": "", "vendor/__init__.py": "site.addsitedir(HERE)\n"},
    ],
)
def test_what_could_come_from_elsewhere_inside_is_not_reported(other: dict[str, str]) -> None:
    assert found({"tool.py": "import gone\n"}) == ["tool.py:1 > gone"]
    assert found({"tool.py": "import gone\n"} | other) == []
    assert found({"tool.py": "import gone\n", "vendor/gone.py": ""}) == ["tool.py:1 > gone"]


SEARCH = "import sys\nsys.path.insert(0, 'plugins')\n"
IN_FUNCTION = "import sys\ndef add():\n    sys.path[:0] = ['plugins']\ndef start():\n    add()\n"


@pytest.mark.parametrize(
    "files",
    [
        {"tool.py": SEARCH + "import gone\n"},
        {"tool.py": "import other\nimport gone\n", "other.py": SEARCH},
        {"tool.py": "import other\nother.start()\nimport gone\n", "other.py": IN_FUNCTION},
        {"tool.py": IN_FUNCTION + "if __name__ == '__main__':\n    start()\nimport gone\n"},
        {"tool.py": SEARCH + "import foo\n", "foo.py": "import gone\n"},
        {"tool.py": "import foo\n", "foo.py": "class A:\n    def __init__(self):\n"
                                             "        sys.path += ['x']\nA()\nimport gone\n"},
    ],
)  # fmt: skip
def test_an_application_that_searches_elsewhere_may_find_it_there(files: dict[str, str]) -> None:
    assert found(files) == []


@pytest.mark.parametrize(
    "files",
    [
        {"tool.py": "import gone\n", "other.py": SEARCH},
        {"tool.py": "import foo\nimport gone\n", "foo.py": SEARCH},
        {"tool.py": IN_FUNCTION + "import gone\n"},
        {
            "tool.py": "import other\nimport gone\n",
            "other.py": IN_FUNCTION + "if __name__ == '__main__':\n    start()\n",
        },
        {"tool.py": "import gone\nfor path in paths:\n    path.write_text('')\n"},
    ],
)
def test_what_adds_folders_later_or_for_others_is_no_doubt(files: dict[str, str]) -> None:
    assert [chain.rpartition(" ")[2] for chain in found(files)] == ["gone"]


def test_what_a_launcher_calls_comes_after_its_imports() -> None:
    call = TreeFile(path="bin/app", data=b"from app import start\nstart()\n", script=True)
    entry = replace(LAUNCHED, launcher=call)
    assert found({"app.py": IN_FUNCTION + "import gone\n"}, entry) == ["app:6 > gone"]


def test_a_module_as_entry_is_searched_with_its_packages() -> None:
    files = {"app/__init__.py": "import one\n", "app/sub/__init__.py": "", "app/sub/__main__.py": "import two\n"}
    entry = Entry(kind="module", name="app", shown="app", module="app.sub")
    assert found(files, entry) == ["app:1 > one", "app.sub.__main__:1 > two"]
