"""The table of built-in modules is C made of identifiers, and a stub made earlier serves without a compiler."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link.dist import choose_distribution
from pydist.link.relink import Linking, inittab_source, response_text
from pydist.policy import toolchain
from pydist.progress import Silent
from pydist.store import Store
from pydist.target import Target
from tests.support.dist import tree

MUSL = Target.parse("x86_64-unknown-linux-musl")


def test_the_table_lists_every_module_and_declares_each_function_once() -> None:
    source = inittab_source([("_io", "PyInit__io"), ("sys", "NULL"), ("posix", "PyInit_posix"), ("nt", "PyInit_posix")])
    assert source.count("extern PyObject *PyInit_posix(void);") == 1
    assert '{"_io", PyInit__io},' in source
    assert '{"sys", NULL},' in source
    assert "*NULL" not in source
    assert source.endswith("{0, 0}};\n")


def test_a_module_of_a_package_is_told_its_whole_name() -> None:
    source = inittab_source([("_io", "PyInit__io"), ("a.b", "PyInit_b__1")])
    assert 'NAMED(PyInit_b__1, "a.b")' in source
    assert '{"a.b", MADE(PyInit_b__1)},' in source
    assert '{"_io", PyInit__io},' in source


@pytest.mark.parametrize(
    "pair", [('x"};int y;{"', "PyInit_x"), ("x", "PyInit_x(void);int y"), ("x", ""), ("", "PyInit_x"), ("a..b", "f")]
)
def test_what_is_no_identifier_never_reaches_the_compiler(pair: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="extension modules that C cannot"):
        inittab_source([("ok", "PyInit_ok"), pair])


def test_a_response_file_quotes_what_a_path_may_hold() -> None:
    assert response_text(["/a b/c.o", 'x"y', "back\\slash"]) == '"/a b/c.o"\n"x\\"y"\n"back\\\\slash"\n'


def test_every_object_that_is_not_there_is_named(tmp_path: Path) -> None:
    pytest.importorskip("ziglang")
    found = choose_distribution(str(tree(tmp_path)), "3.14", MUSL, Store(tmp_path / "s"), Silent())
    linking = Linking(found, toolchain.locate(), {}, tmp_path)
    objects = [found.root / "build/Python/core.o", found.root / "build/Modules/zlibmodule.o"]
    with pytest.raises(InputError) as caught:
        linking.program([], objects, (), tmp_path / "out")
    assert "no such file: build/Python/core.o" in str(caught.value)
    assert "no such file: build/Modules/zlibmodule.o" in str(caught.value)
