"""Settings are read from TOML with every fault at once, and from PEP 723 blocks as the specification says."""

from __future__ import annotations

import pytest

from pydist.errors import InputError
from pydist.link.settings import Settings, parse_toml, script_block


def block(*lines: str) -> str:
    return "\n".join(["#!/usr/bin/env python3", "# /// script", *lines, "# ///", "print()"])


def test_no_table_means_no_settings() -> None:
    assert Settings.parse({"project": {"name": "x"}}, "f") == Settings()


def test_every_setting_is_read() -> None:
    table = parse_toml(
        '[tool.pydist]\npython = "3.13"\ntarget = "t"\nscript = "s"\nwith = ["a", "b"]\ninclude = ["*.txt"]\n'
        'exclude = ["x"]\nsources = false\noptimize = 2\nallow-missing = ["m"]\nlocked = true\nstrict-memory = true\n'
        "fast-exit = true",
        "f",
    )
    expected = Settings(
        python="3.13", target="t", scripts=("s",), with_=("a", "b"), include=("*.txt",), exclude=("x",), sources=False,
        optimize=2, allow_missing=("m",), locked=True, strict_memory=True, fast_exit=True,
    )  # fmt: skip
    assert Settings.parse(table, "f") == expected


def test_all_faults_are_reported_with_their_place() -> None:
    table = {"tool": {"pydist": {"pyhton": "3.13", "with": "a", "script": "s", "module": "m", "locked": 1,
                                 "optimize": True, "sources": 1}}}  # fmt: skip
    with pytest.raises(InputError) as caught:
        Settings.parse(table, "pyproject.toml")
    text = str(caught.value)
    assert "pyproject.toml: tool.pydist.pyhton: not a setting" in text
    assert "tool.pydist.locked: expected true or false, found 1" in text
    assert "tool.pydist.with: expected a list of strings, found 'a'" in text
    assert "tool.pydist.module: the application starts in one way: give one of script, module" in text
    assert "tool.pydist.optimize: expected 0, 1 or 2, found True" in text
    assert "tool.pydist.sources: expected true or false, found 1" in text


def test_a_table_that_is_none_is_a_fault() -> None:
    with pytest.raises(InputError, match=r"tool\.pydist: expected a table, found int"):
        Settings.parse({"tool": {"pydist": 3}}, "f")


def test_toml_that_is_none_names_the_line() -> None:
    with pytest.raises(InputError, match="line 1"):
        parse_toml("a = = 1", "f")


def test_a_block_is_found_behind_other_lines() -> None:
    assert script_block(block('# dependencies = ["idna"]', "#", "# requires-python = '>=3.12'"), "f") == {
        "dependencies": ["idna"],
        "requires-python": ">=3.12",
    }


def test_a_file_without_block_has_an_empty_one() -> None:
    assert script_block("print()\n# /// other\n# a = 1\n# ///\n", "f") == {}


def test_the_last_closing_line_of_the_comment_counts() -> None:
    text = "# /// script\n# text = '''\n# ///\n# '''\n# ///\n"
    assert script_block(text, "f") == {"text": "///\n"}


def test_two_blocks_are_refused() -> None:
    with pytest.raises(InputError, match="found them at lines 1, 4"):
        script_block("# /// script\n# ///\n\n# /// script\n# ///\n", "f")


def test_a_block_without_end_is_refused() -> None:
    with pytest.raises(InputError, match="no closing"):
        script_block("# /// script\n# a = 1\nprint()\n", "f")
