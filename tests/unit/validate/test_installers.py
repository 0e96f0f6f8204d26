"""What installers read of an archive without running it is as they can read it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from pydist.policy.relocation import MARK, sysconfig_source
from pydist.validate import validate
from tests.support import tiny

FIRST = "# system configuration generated and used by the sysconfig module\n"
TABLE = "install/lib/python3.14/_sysconfigdata__linux_x86_64-linux-musl.py"


def findings(folder: Path, text: str, name: str = TABLE) -> dict[str, tuple[str, str]]:
    def change(_: dict[str, Any], content: tiny.Members) -> None:
        content[f"python/{name}"] = text.encode()

    report = validate(tiny.pack(folder / "a.tar", tiny.distribution(change)), run=False)
    return {item.rule: (item.where, item.message) for item in report.findings if item.rule.startswith("installers.")}


@pytest.mark.parametrize(
    "text",
    [
        f"{FIRST}build_time_vars = {{'A': 'a \\'b\\' \\\\',\n 'B': \"x\"\n      'y',\n 'N': -1, 'M': 2}}\n",
        f'{FIRST}build_time_vars = {{\n    "A": "a",\n    "N": 1\n}}\nimport sys\nx = "\\n"\n',
        f"{FIRST}build_time_vars = {{}}\n",
        sysconfig_source({"A": f"{MARK}/bin", "B": "a\nb", "C": "x " * 200, "N": 3}),
    ],
)
def test_a_table_of_texts_and_numbers_is_good(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, text) == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("build_time_vars = {}\n", "first line is 'build_time_vars = {}'"),
        ("", "first line is ''"),
        (f"{FIRST}import sys\nbuild_time_vars = {{}}\n", "second line"),
        (f"{FIRST}build_time_vars = dict(a=1)\n", "second line"),
        (f"{FIRST}build_time_vars = {{'A': 'a',\n 'B': 'a\\n'}}\n", "line 3: .*found \"'a"),
        (f"{FIRST}build_time_vars = {{'A': None}}\n", "line 2: .*found 'None"),
        (f"{FIRST}build_time_vars = {{'A': f'x'}}\n", "line 2: .*found \"f'x'"),
        (f"{FIRST}build_time_vars = {{'A': 'a'", "found the end"),
    ],
)
def test_what_would_have_to_be_run_is_found(tmp_path: Path, text: str, reason: str) -> None:
    found = findings(tmp_path, text)
    assert list(found) == ["installers.sysconfig"]
    where, message = found["installers.sysconfig"]
    assert where == TABLE
    assert re.search(reason, message), message


def test_other_files_of_that_name_are_none_of_theirs(tmp_path: Path) -> None:
    assert findings(tmp_path, "x", "install/lib/python3.14/site-packages/_sysconfigdata_x.py") == {}


@pytest.mark.parametrize("piece", ["'a", "'a'", "\\'", "' ", "\"'", "1", ":,"])
def test_a_hostile_table_takes_no_long_time(tmp_path: Path, piece: str) -> None:
    begin = time.process_time()
    findings(tmp_path, f"{FIRST}build_time_vars = {{{piece * 500_000}")
    assert time.process_time() - begin < 5
