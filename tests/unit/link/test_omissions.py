"""The table of what stays out has a reason for each row, and keeps everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link import omissions

TABLE = omissions.load()


@pytest.mark.parametrize(
    "path", ["test/test_os.py", "idlelib/run.py", "json/__pycache__/tool.cpython-314.pyc", "config-3.14-x/Makefile",
             "site-packages/pip/__init__.py", "ensurepip/_bundled/pip.whl", "turtle.py", "tkinter/ttk.py"],
)  # fmt: skip
def test_what_an_application_cannot_use_stays_out(path: str) -> None:
    row = TABLE.of_file(path, ())
    assert row is not None
    assert row.reason


@pytest.mark.parametrize("path", ["json/tool.py", "unittest/mock.py", "ensurepip/__init__.py", "testing.py", "this.py"])
def test_everything_else_goes_in(path: str) -> None:
    assert TABLE.of_file(path, ()) is None


def test_tkinter_comes_back_where_its_module_is() -> None:
    for path in ("tkinter/ttk.py", "../tk8.6/tk.tcl", "lib-dynload/_tkinter.cpython-314-x86_64-linux-gnu.so"):
        row = TABLE.of_file(path, {"_tkinter"}, dynamic=True)
        assert row is not None
        assert not row.final
        assert "tkinter" in row.imports
    without = TABLE.of_file("tkinter/ttk.py", ())
    assert without is not None
    assert without.final


def test_what_brings_files_back_is_known_by_its_words() -> None:
    assert {"tests", "test", "tkinter", "turtle"} <= TABLE.words


@pytest.mark.parametrize(
    ("name", "out"), [("_testcapi", True), ("xxsubtype", True), ("_ssl", False), ("_struct", False)]
)
def test_extension_modules_for_tests_stay_out(name: str, out: bool) -> None:
    assert bool(TABLE.of_extension(name)) is out


def test_a_wrong_table_is_refused_with_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "omissions.toml"
    path.write_text('[[stdlib]]\npath = "x"\n[[extension]]\nname = "y"\nreason = "z"\nwhy = "?"\n[more]\n')
    with pytest.raises(InputError) as caught:
        omissions.load(path)
    text = str(caught.value)
    assert "stdlib[0].reason: expected a string" in text
    assert "extension[0].why: not a known key" in text
    assert "more: not a known table" in text
