"""The table of built-in modules is C made of identifiers, and a stub made earlier serves without a compiler."""

from __future__ import annotations

import pytest

from pydist.errors import InputError
from pydist.link.stub import inittab_source


def test_the_table_lists_every_module_and_declares_each_function_once() -> None:
    source = inittab_source([("_io", "PyInit__io"), ("sys", "NULL"), ("posix", "PyInit_posix"), ("nt", "PyInit_posix")])
    assert source.count("extern PyObject *PyInit_posix(void);") == 1
    assert '{"_io", PyInit__io},' in source
    assert '{"sys", NULL},' in source
    assert "*NULL" not in source
    assert source.endswith("{0, 0}};\n")


@pytest.mark.parametrize(
    "pair", [('x"};int y;{"', "PyInit_x"), ("x", "PyInit_x(void);int y"), ("x", ""), ("", "PyInit_x"), ("a..b", "f")]
)
def test_what_is_no_identifier_never_reaches_the_compiler(pair: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="extension modules that C cannot"):
        inittab_source([("ok", "PyInit_ok"), pair])
