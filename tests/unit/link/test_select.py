"""What goes in: rules leave files out, imports and `include` bring them back, `exclude` drops them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link import omissions
from pydist.link.app import AppKind, AppSpec
from pydist.link.collect import collect
from pydist.link.leftout import divide_package, divide_stdlib
from pydist.link.part import Gathered, Part, TreeFile, make_part
from pydist.link.part_source import Compiling, PartSource, gathered
from pydist.link.select import NO_SOURCE, Selected, select, without_sources
from pydist.link.settings import Settings
from pydist.store import Store
from tests.support.dist import distribution

DIST = distribution()
LIB = "lib/python3.14"
SITE = f"{LIB}/site-packages"
STDLIB = {f"{LIB}/encodings/__init__.py": b"", f"{LIB}/json/__init__.py": b"x = 1\n"}
TESTS = {"p/__init__.py": b"", "p/tests/__init__.py": b"", "p/tests/test_x.py": b"import q.tests\n"}


def source(store: Store, name: str, files: Mapping[str, bytes]) -> PartSource:
    trees = tuple(TreeFile(path=path, data=data) for path, data in files.items())
    divided = divide_package(dict(files), omissions.load().packages, SITE)

    def gather(wanted: frozenset[str] | None) -> Gathered:
        return gathered(trees, divided, wanted, omissions.load().words, DIST)

    compiling = Compiling(store=store, interpreter=DIST.interpreter, optimize=0)
    return PartSource(name=name, kind="wheel", inputs={"name": name}, gather=gather, compiling=compiling)


def standard(store: Store) -> PartSource:
    """A standard library with what of Tk a distribution for glibc has, and a part of CPython's tests."""
    paths = (
        "encodings/__init__.py",
        "multiprocessing/util.py",
        "test/__init__.py",
        "test/support/__init__.py",
        "tkinter/__init__.py",
        "lib-dynload/_tkinter.so",
        "turtle.py",
        "../tcl8.6/init.tcl",
    )
    texts = {
        "test/support/__init__.py": b"from test.support import os_helper\n",
        "turtle.py": b"import tkinter",
        "multiprocessing/util.py": b"def f():\n    from test import support\n",
    }
    trees = tuple(TreeFile(path=f"{LIB}/{path}".replace("python3.14/../", ""),
                           data=texts.get(path, b"")) for path in paths)  # fmt: skip
    names = {tree.path: path for tree, path in zip(trees, paths, strict=True)}
    table = omissions.load()
    divided = divide_stdlib(
        dict.fromkeys(names, 0), lambda path: table.of_file(names[path], {"_tkinter"}, dynamic=True)
    )

    def gather(wanted: frozenset[str] | None) -> Gathered:
        return gathered(trees, divided, wanted, table.words, DIST)

    compiling = Compiling(store=store, interpreter=DIST.interpreter, optimize=0)
    return PartSource(name="stdlib", kind="stdlib", inputs={}, gather=gather, compiling=compiling)


def of_tk(tmp_path: Path, package: bytes, *, own: bool = False, reached: tuple[str, ...] = (),
          **settings: tuple[str, ...]) -> tuple[set[str], dict[str, str]]:  # fmt: skip
    """What of Tk goes into an application with a package of this source, and the reasons."""
    store = Store(tmp_path / "s")
    sources = [standard(store), replace(source(store, "p", {f"{SITE}/p.py": package}), own=own)]
    made = [item.part() for item in sources]
    nothing = make_part("own", (), DIST.interpreter)
    chosen = select(sources, made, nothing, app(**settings), DIST, reached=reached)
    paths = {file.path.removeprefix(f"{LIB}/") for file in chosen.parts.stdlib.files}
    files = {path.rpartition("/")[2] if "test" not in path else path for path in paths - AT_FIRST}
    return files, dict(chosen.reasons)


AT_FIRST = {"encodings/__init__.py", "multiprocessing/util.py"}
TK = {"__init__.py", "_tkinter.so", "init.tcl"}
TESTS_OF_CPYTHON = {"test/__init__.py", "test/support/__init__.py"}


def test_tests_of_cpython_come_back_for_what_the_application_imports(tmp_path: Path) -> None:
    """The standard library has a function that imports them, which brings nothing."""
    assert of_tk(tmp_path / "0", b"import multiprocessing.util\n") == (set(), {})
    files, reasons = of_tk(tmp_path / "1", b"import test.support\n", own=True)
    assert files == TESTS_OF_CPYTHON
    assert reasons == {"tests of CPython of stdlib": "p.py of p imports test.support"}
    assert of_tk(tmp_path / "2", b"import test.support\n")[0] == set()
    assert of_tk(tmp_path / "3", b"import test.support\n", reached=("test",))[0] == TESTS_OF_CPYTHON
    assert of_tk(tmp_path / "4", b"", include=("test/support/*",))[0] == {"test/support/__init__.py"}


def test_a_pattern_for_tk_is_told_where_tk_is(tmp_path: Path) -> None:
    root = tmp_path / "python"
    (root / "install/lib/python3.14/tkinter").mkdir(parents=True)
    (root / "install/lib/python3.14/tkinter/__init__.py").touch()
    sources = [source(Store(tmp_path / "s"), "p", {})]
    made = [item.part() for item in sources]
    with pytest.raises(InputError, match=r"include 'tkinter': matches only what cannot go in: .* Tk is for glibc only"):
        select(sources, made, make_part("own", (), DIST.interpreter), app(include=("tkinter",)), distribution(root))
    with pytest.raises(InputError, match="include 'tkinker': matches no file"):
        select(sources, made, make_part("own", (), DIST.interpreter), app(include=("tkinker",)), distribution(root))


def test_tk_stays_out_although_a_package_imports_it_somewhere_and_that_is_said(tmp_path: Path) -> None:
    files, reasons = of_tk(tmp_path, b"def f():\n    import tkinter\n")
    assert files == set()
    assert reasons["tkinter and Tcl/Tk of stdlib"] == (
        "left out, although p.py of p imports tkinter: not when the application starts (--include tkinter)"
    )


def test_tk_goes_in_whole_when_it_is_imported_at_the_start_or_by_the_application_itself(tmp_path: Path) -> None:
    files, reasons = of_tk(tmp_path, b"import tkinter\n", reached=("tkinter",))
    assert (files, *reasons.values()) == (TK, "imported when the application starts")
    assert of_tk(tmp_path, b"def f():\n    import tkinter\n", own=True)[0] == TK


def test_tk_goes_in_whole_when_the_settings_name_any_of_it(tmp_path: Path) -> None:
    assert of_tk(tmp_path, b"", include=("tkinter",))[0] == TK


def test_what_comes_back_brings_tk_with_it(tmp_path: Path) -> None:
    """turtle is of no use without."""
    assert of_tk(tmp_path, b"", reached=("turtle",))[0] == {*TK, "turtle.py"}
    assert of_tk(tmp_path, b"", include=("turtle.py",))[0] == {*TK, "turtle.py"}


def app(**settings: tuple[str, ...]) -> AppSpec:
    return AppSpec(
        kind=AppKind.REQUIREMENT, name="demo", path=None, package="demo", requirements=("demo",), requires_python="",
        settings=Settings(**settings),  # type: ignore[arg-type]
    )  # fmt: skip


def selected(
    tmp_path: Path, *packages: Mapping[str, bytes], own: Part | None = None, **settings: tuple[str, ...]
) -> Selected:
    store = Store(tmp_path / "s")
    trees = [{f"{SITE}/{path}": data for path, data in files.items()} for files in packages]
    sources = [source(store, f"p{number}", files) for number, files in enumerate((STDLIB, *trees))]
    made = [item.part() for item in sources]
    return select(sources, made, own or make_part("own", (), DIST.interpreter), app(**settings), DIST)


def names(chosen: Selected) -> set[str]:
    return {file.path.removeprefix(f"{SITE}/") for part in chosen.parts.packages for file in part.files}


def test_tests_stay_out_and_are_reported(tmp_path: Path) -> None:
    chosen = selected(tmp_path, TESTS)
    assert names(chosen) == {"p/__init__.py"}
    (group,) = chosen.left_out["p1"]
    assert (group.name, len(group.files), chosen.excluded) == ("tests", 2, 0)


def test_what_is_included_comes_back_and_nothing_else(tmp_path: Path) -> None:
    chosen = selected(tmp_path, TESTS, include=("p/*/test_x.py",))
    assert names(chosen) == {"p/__init__.py", "p/tests/test_x.py"}
    (group,) = chosen.left_out["p1"]
    assert [path for path, _ in group.files] == [f"{SITE}/p/tests/__init__.py"]


def test_what_is_imported_comes_back_whole(tmp_path: Path) -> None:
    chosen = selected(
        tmp_path,
        TESTS | {"p/__init__.py": b"from .tests.test_x import f\n", "p/tests/__init__.py": b"from p.tests import a"},
    )
    assert names(chosen) == set(TESTS)
    assert chosen.left_out["p1"] == ()
    assert chosen.reasons == {"tests of p1": "p/__init__.py of p1 imports p.tests.test_x"}


def test_imports_of_what_came_back_count_too_also_of_another_package(tmp_path: Path) -> None:
    other = {"q/__init__.py": b"", "q/tests/__init__.py": b""}
    assert "q/tests/__init__.py" not in names(selected(tmp_path, TESTS, other))
    assert "q/tests/__init__.py" in names(selected(tmp_path, TESTS, other, include=("p/tests",)))


def test_imports_of_the_applications_own_files_count(tmp_path: Path) -> None:
    own = replace(make_part("own", (), DIST.interpreter), mentions={"p.tests.test_x": "app.py"})
    assert names(selected(tmp_path, TESTS, own=own)) == set(TESTS)


def test_what_is_excluded_stays_out_even_when_included(tmp_path: Path) -> None:
    chosen = selected(tmp_path, TESTS, include=("p/tests",), exclude=("*/test_x.py", "json"))
    assert names(chosen) == {"p/__init__.py", "p/tests/__init__.py"}
    assert [file.path for file in chosen.parts.stdlib.files] == [f"{LIB}/encodings/__init__.py"]
    assert chosen.excluded == 2


def test_idle_patterns_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        selected(tmp_path, TESTS, include=("p/tests", "x*"), exclude=("p/tests/*", "y*"))
    assert [str(fault) for fault in caught.value.faults] == [
        "include 'x*': matches no file",
        "exclude 'y*': matches no file",
    ]


def test_what_every_python_needs_cannot_be_excluded(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"encodings/__init__\.py: every Python imports it"):
        selected(tmp_path, TESTS, exclude=("*.py",))


def test_without_sources_modules_keep_their_code_and_files_that_are_none_their_text(tmp_path: Path) -> None:
    files = {"p/__init__.py": b"", "p/a.py": b"x = 1\n", "main.py": b"y = 2\n", "p/v1.0/t.py": b"z = 3\n"}
    parts = selected(tmp_path, files).parts
    tree = collect(DIST, parts.all)
    bare = without_sources(parts, tree, {f"{SITE}/main.py"}, 0x0A0D0E2B)
    data = {file.path.removeprefix(f"{SITE}/"): file for part in bare.packages for file in part.files}
    assert bytes(data["p/__init__.py"].data) == b""
    assert bytes(data["p/a.py"].data) == NO_SOURCE
    assert data["p/a.py"].code
    assert bytes(data["p/v1.0/t.py"].data) == b"z = 3\n"
    assert bytes(data["main.py"].data) == bytes.fromhex("2b0e0d0a") + bytes(12) + bytes(data["main.py"].code)
