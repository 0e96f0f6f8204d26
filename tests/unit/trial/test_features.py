"""Facts about the comparison of features with a reference."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pydist.policy import features
from pydist.policy.features import Allowance, Groups, Reference
from pydist.target import Target
from pydist.trial.features import Difference, Standing, compare

GNU = Target.parse("x86_64-unknown-linux-gnu")


def groups(**names: str) -> Groups:
    return {group: frozenset(text.split()) for group, text in names.items()}


def reference(*names: str, sometimes: str = "") -> Reference:
    row = Allowance(target="*", static=None, group="os", names=names, reason="not for us", sometimes=sometimes)
    return Reference(groups=groups(os="chown fork lchown open", ssl="SSLContext"), allowances=(row,) if names else ())


def test_the_same_features_differ_in_nothing() -> None:
    assert compare(reference().groups, reference()) == ()


def test_what_is_missing_is_a_fault_unless_a_row_has_a_reason() -> None:
    assert compare(groups(os="chown open"), reference("f*")) == (
        Difference(standing=Standing.MISSING, group="os", name="lchown"),
        Difference(standing=Standing.MISSING, group="ssl", name="SSLContext"),
        Difference(standing=Standing.ALLOWED, group="os", name="fork", reason="not for us"),
    )


def test_what_is_beyond_the_reference_is_mentioned() -> None:
    (extra,) = compare(groups(os="chown fork lchown open plock", ssl="SSLContext"), reference())
    assert (extra.name, extra.standing, extra.fault) == ("plock", Standing.EXTRA, False)


def test_a_row_is_out_of_date_when_all_that_it_names_is_there() -> None:
    (stale,) = compare(reference().groups, reference("*chown"))
    assert (stale.name, stale.standing, stale.fault) == ("*chown", Standing.OUT_OF_DATE, True)


def test_a_row_for_what_others_may_lack_is_never_out_of_date() -> None:
    assert compare(reference().groups, reference("*chown", sometimes="the builder's choice")) == ()


@pytest.mark.parametrize("there", ["chown fork open", "fork open"])
def test_a_pattern_of_which_a_part_is_missing_is_in_use(there: str) -> None:
    found = compare(groups(os=there, ssl="SSLContext"), reference("*chown"))
    assert {difference.standing for difference in found} == {Standing.ALLOWED}


def test_a_row_for_names_that_only_another_series_has_is_no_fault() -> None:
    assert compare(reference().groups, reference("memfd_create")) == ()


def test_any_interpreter_can_say_what_it_offers() -> None:
    """This one is of another series, or was built elsewhere: groups and everyday names are all that is known of it."""
    command = [sys.executable, "-I", str(features.inventory())]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    found = features.parse_groups(said.stdout, "this interpreter")
    assert {"open", "fork", "F_OK", "sched_yield"} <= found["os"]
    assert {"multiprocessing spawn", "getrandom"} <= found["behaviour"]
    assert said.stdout == json.dumps({name: sorted(found[name]) for name in sorted(found)}, indent=0) + "\n"
    missing = {item.name for item in compare({}, features.reference("3.14", GNU, static=False)) if item.fault}
    assert "memfd_create" in missing
