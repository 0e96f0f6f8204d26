"""Rules are chosen by id and family; the table is complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.validate import choose, validate
from pydist.validate.rules import load_rules
from tests.support import tiny


def test_every_rule_says_what_holds_and_what_to_do() -> None:
    for rule in load_rules().values():
        assert rule.id == f"{rule.family}.{rule.id.partition('.')[2]}"
        assert rule.meaning and rule.fix


def test_families_and_ids_select_and_ignore() -> None:
    assert choose() == frozenset(load_rules())
    assert choose(["record"]) == {rule.id for rule in load_rules().values() if rule.family == "record"}
    assert choose(["run.start", "record"], ["record"]) == {"run.start"}
    assert "manifest.path" not in choose(ignore=["manifest.path"])


def test_all_unknown_names_are_reported_together() -> None:
    with pytest.raises(InputError) as caught:
        choose(["nonsense", "run"], ["binary.machines"])
    assert [fault.where for fault in caught.value.faults] == ["nonsense", "binary.machines"]


def test_a_rule_that_was_not_chosen_finds_nothing_and_does_not_decide(tmp_path: Path) -> None:
    content = tiny.distribution()
    content["outside"] = b""
    path = tiny.pack(tmp_path / "a.tar", content)
    assert not validate(path, run=False).good
    report = validate(path, rules=choose(ignore=["archive"]), run=False)
    assert report.good
    assert report.findings == ()
