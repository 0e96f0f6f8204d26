"""A profile says which rules are demanded of an input, and how serious they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.validate import choose, validate
from pydist.validate.inputs import Form
from pydist.validate.profiles import find_profile, load_profiles
from pydist.validate.rules import Severity, load_rules
from tests.support import tiny, trees


def test_every_form_of_input_has_a_profile_and_the_full_one_demands_everything() -> None:
    assert set(Form) <= set(load_profiles())
    assert find_profile(None, Form.FULL).rules == frozenset(load_rules())


def test_rules_about_the_manifest_are_demanded_of_full_archives_only() -> None:
    for form in (Form.INSTALL_ONLY, Form.TREE):
        families = {rule.partition(".")[0] for rule in find_profile(None, form).rules}
        assert families.isdisjoint({"manifest", "measured", "record", "quirk", "abi", "shared"})


def test_strict_makes_errors_of_warnings_and_leaves_notes(tmp_path: Path) -> None:
    content = tiny.distribution()
    content["python/install/bin/PYTHON3"] = b""
    path = tiny.pack(tmp_path / "a.tar", content)
    rules = choose(["archive"])
    assert validate(path, rules=rules, run=False).good
    report = validate(path, rules=rules, profile="strict", run=False)
    assert report.profile == "strict (full)"
    assert [(item.rule, item.severity) for item in report.findings] == [("archive.case-collision", Severity.ERROR)]
    assert find_profile("strict", Form.TREE).severity("hardening.pie", Severity.NOTE) is Severity.NOTE


def test_a_folder_can_be_held_against_another_profile_and_is_then_read_whole(tmp_path: Path) -> None:
    tree = trees.unix() | {"lib/python3.14/site-packages/link": ("sym", "/nowhere")}
    trees.write(tmp_path, tree)
    assert validate(tmp_path, run=False).good
    report = validate(tmp_path, profile="install-only", run=False)
    assert {item.rule for item in report.findings if item.severity == "error"} == {"archive.link-escape"}


def test_what_an_installed_python_lacks_is_a_note(tmp_path: Path) -> None:
    tree = trees.unix()
    tree["bin/python3.14"] = trees.elf().replace(b"__stack_chk_fail", b"__stack_not_fail")
    trees.write(tmp_path, tree)
    severities = {item.rule: item.severity for item in validate(tmp_path, run=False).findings}
    assert severities["hardening.stack-protector"] is Severity.NOTE


def test_no_profile_demands_files_of_a_manifest_alone(tmp_path: Path) -> None:
    path = tmp_path / "PYTHON.json"
    path.write_text(json.dumps(tiny.manifest()))
    for name in load_profiles():
        assert validate(path, profile=name).good, name
        assert find_profile(name, Form.MANIFEST).rules <= load_profiles()[Form.MANIFEST].rules


def test_unknown_profiles_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="full, install-only, tree, manifest, strict"):
        validate(tmp_path / "not there", profile="nonsense")
