"""The table of checks, the functions and probes behind it, and the table of wheels agree."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.examine import families, wheels
from pydist.examine.checks import Checks, choose, load_checks
from pydist.manifest.convert import decode, encode
from pydist.trial import probes

PROBES = Path(probes.__file__).parent


def test_every_check_has_either_a_probe_or_a_function() -> None:
    own = {check.id for check in load_checks().values() if not check.probe and check.family != "wheel"}
    assert own == set(families.FUNCTIONS)


def test_every_probe_belongs_to_one_check() -> None:
    probes = [check.probe for check in load_checks().values() if check.probe]
    assert sorted(probes) == sorted(path.stem for path in PROBES.glob("*.py") if path.stem not in ("say", "__init__"))


@pytest.mark.parametrize("path", sorted(PROBES.glob("*.py")), ids=lambda path: path.stem)
def test_a_probe_says_that_it_reached_its_end_and_needs_nothing_of_pydist(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert {module for module in modules if module.startswith("pydist")} <= {"pydist.trial.probes.say"}
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert path.stem in ("say", "__init__") or "done" in calls


def test_thirty_wheels_are_installed_and_their_code_is_python() -> None:
    rows = wheels.load()
    assert len(rows) == 30
    for row in rows:
        compile(row.run, row.name, "exec")
    assert {f"wheel.{row.name}" for row in rows} <= load_checks().keys()


def test_checks_are_chosen_by_id_and_family_in_the_order_of_the_table() -> None:
    assert [check.id for check in choose(["compile", "start.version"], ["compile.relink"])] == [
        "start.version",
        "compile.extension",
        "compile.embed-static",
        "compile.embed-shared",
    ]
    assert len(choose()) == len(load_checks())


def test_every_unknown_name_is_reported() -> None:
    with pytest.raises(InputError) as caught:
        choose(["nonsense", "start"], ["more.nonsense"])
    assert [fault.where for fault in caught.value.faults] == ["nonsense", "more.nonsense"]


def test_a_promise_for_dynamic_gnu_distributions_says_why_it_is_not_made_for_others() -> None:
    check = load_checks()["userland.oldest"]
    assert check.why_not("x86_64-unknown-linux-gnu", "dynamic") is None
    assert check.why_not("x86_64_v3-unknown-linux-gnu", "dynamic") is None
    assert check.why_not("x86_64-unknown-linux-musl", "dynamic") == "promised for *-linux-gnu only"
    assert check.why_not("x86_64-unknown-linux-gnu", "static") == "promised for dynamic distributions only"


def test_the_list_of_checks_can_be_read_back() -> None:
    listed = Checks(checks=tuple(load_checks().values()))
    assert decode(Checks, encode(listed), "list") == listed
