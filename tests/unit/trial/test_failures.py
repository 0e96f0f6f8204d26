"""The table of known failures is right, and says for which distributions a row holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.policy import targets
from pydist.trial.failures import load_failures, read_failures

TOP = "resources = []\nseconds = 60\n"


def test_the_table_loads_and_every_row_holds_for_something_that_can_be_built() -> None:
    table = load_failures()
    for row in table.rows:
        assert any(
            row.holds_for(triple, [*row.options, "noopt"], series)
            for triple in targets.load()
            for series in ("3.13", "3.14", *row.series)
        ), row.test


def test_what_is_quickly_tried_is_tried_once_and_by_name_of_file() -> None:
    quick = load_failures().quick
    assert len(set(quick)) == len(quick) > 15
    assert all(name.startswith("test_") and name.isidentifier() for name in quick)


def test_no_row_is_there_twice() -> None:
    keys = [(row.test, row.targets, row.options, row.series) for row in load_failures().rows]
    assert len(keys) == len(set(keys))


def test_static_distributions_have_rows_that_dynamic_ones_have_not() -> None:
    static = load_failures().of("x86_64-unknown-linux-musl", ["noopt", "static"], "3.14")
    dynamic = load_failures().of("x86_64-unknown-linux-musl", ["noopt"], "3.14")
    assert set(dynamic) < set(static)


def test_a_row_holds_where_target_options_and_series_do(tmp_path: Path) -> None:
    path = tmp_path / "failures.toml"
    path.write_text(
        f"{TOP}[[failure]]\ntest = 'test.test_a.*'\nreason = 'x'\ntargets = ['aarch64-*']\noptions = ['lto']\n"
        "series = ['3.13']\n"
    )
    row = read_failures(path).rows[0]
    assert row.holds_for("aarch64-unknown-linux-gnu", ["pgo", "lto"], "3.13")
    assert not row.holds_for("x86_64-unknown-linux-gnu", ["pgo", "lto"], "3.13")
    assert not row.holds_for("aarch64-unknown-linux-gnu", ["pgo"], "3.13")
    assert not row.holds_for("aarch64-unknown-linux-gnu", ["lto"], "3.14")


def test_all_faults_of_a_table_are_reported_together(tmp_path: Path) -> None:
    path = tmp_path / "failures.toml"
    path.write_text(f"{TOP}[[failure]]\ntest = 'a b'\nreason = ' '\nnonsense = 1\n[[failure]]\ntest = 'test_a'\n")
    with pytest.raises(InputError) as caught:
        read_failures(path)
    said = str(caught.value)
    for words in ("failure[0].test", "failure[0].reason", "failure[0].nonsense", "failure[1].reason"):
        assert words in said
