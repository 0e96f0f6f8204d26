"""What an installed tree says of its place can be read by those who run it, and by those who only install it."""

from __future__ import annotations

import ast
import re
import sys

import pytest

from pydist.policy.relocation import MARK, PREFIX, sysconfig_source

VALUES: dict[str, object] = {
    "BINDIR": f"{MARK}/bin",
    "CFLAGS": f"-O2 -I{MARK}/include " * 20,
    "CONFIG_ARGS": f"'--prefix={MARK}' 'CPPFLAGS=\"x\"'",
    "INSTALL": f"/usr/bin/install -c {MARK}",
    "LINES": "a\n\tb\x7f\xa0",
    "NUMBER": -15,
    "PATH": "C:\\x",
}


@pytest.fixture
def source() -> str:
    return sysconfig_source(VALUES)


def test_it_follows_the_prefix(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "base_prefix", "/the place")
    names: dict[str, object] = {}
    exec(source, names)  # noqa: S102
    assert names["build_time_vars"] == {
        key: value.replace(MARK, "/the place") if isinstance(value, str) else value for key, value in VALUES.items()
    }


def test_installers_that_run_nothing_find_a_table_of_plain_texts(source: str) -> None:
    """uv takes no other first line, and no other escapes."""
    first, _, rest = source.partition("\n")
    assert first == "# system configuration generated and used by the sysconfig module"
    table = ast.parse(rest).body[0]
    assert isinstance(table, ast.Assign)
    assert rest.startswith("build_time_vars = {")
    literal = ast.get_source_segment(rest, table) or ""
    assert set(re.findall(r"\\(.)", literal)) <= {"\\", "'", '"'}
    values = ast.literal_eval(table.value)
    assert values["BINDIR"] == f"{PREFIX}/bin"
    assert values["INSTALL"] == f"/usr/bin/install -c {PREFIX}"
    assert (values["LINES"], values["NUMBER"], values["PATH"]) == ("a  b  ", -15, "C:\\x")
