"""Facts about the reference of features and the table of what may be missing."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from pydist.errors import InputError
from pydist.policy import features, recipes, targets
from pydist.policy.series import within
from pydist.target import Target

MUSL, GNU = Target.parse("x86_64-unknown-linux-musl"), Target.parse("x86_64-unknown-linux-gnu")
SERIES = sorted(release.series for release in recipes.load("cpython").releases)


@pytest.mark.parametrize("series", SERIES)
def test_the_native_build_had_what_floors_and_cross_compiling_take_away(series: str) -> None:
    groups = features.reference(series, GNU, static=False).groups
    assert {"memfd_create", "copy_file_range", "getrandom", "pidfd_open", "splice"} <= groups["os"]
    assert within(series, "", "3.12") or "POSIX_SPAWN_CLOSEFROM" in groups["os"]
    assert {"AF_VSOCK", "SO_INCOMING_CPU"} <= groups["socket"]
    assert {"HAVE_SEM_CLOCKWAIT", "HAVE_PREADV2", "no HAVE_BROKEN_SEM_GETVALUE"} <= groups["pyconfig.h"]
    assert {"_ssl", "_sqlite3", "_ctypes", "_tkinter", "_curses"} <= groups["modules"]
    assert {"hash siphash13", "locks semaphore"} <= groups["interpreter"]


def test_every_row_has_a_reason_a_target_that_can_be_built_and_names_something_of_a_reference() -> None:
    references = [features.reference(series, GNU, static=False).groups for series in SERIES]
    for row in features.load_allowances():
        assert row.reason
        assert any(fnmatchcase(triple, row.target) for triple in targets.load())
        for pattern in row.names:
            names = {name for groups in references for name in groups.get(row.group, ()) if fnmatchcase(name, pattern)}
            assert names, pattern


def test_a_row_holds_for_its_targets_and_kinds_only() -> None:
    static = {row.reason for row in features.reference("3.14", MUSL, static=True).allowances}
    dynamic = {row.reason for row in features.reference("3.14", MUSL, static=False).allowances}
    glibc = {row.reason for row in features.reference("3.14", GNU, static=False).allowances}
    assert "a static executable loads no extension modules" in static - dynamic
    assert dynamic < static
    assert {reason for reason in glibc - dynamic if "libcrypt" not in reason} == set()


@pytest.mark.parametrize("series", ["2.7", "3.10", "3.99", "", "three"])
def test_a_series_without_a_reference_is_refused_with_the_known_ones(series: str) -> None:
    with pytest.raises(InputError, match=r"3\.11, 3\.13, 3\.14"):
        features.reference(series, GNU, static=False)


def test_a_series_between_two_has_what_both_of_them_have() -> None:
    before, between, after = (
        features.reference(series, GNU, static=False).groups for series in ("3.11", "3.12", "3.13")
    )
    assert between["os"] == before["os"] & after["os"]
    assert "POSIX_SPAWN_CLOSEFROM" in after["os"] - between["os"]
    assert "nis" in before["modules"] - between["modules"]


def test_nothing_is_known_of_other_systems() -> None:
    with pytest.raises(InputError, match="darwin"):
        features.reference("3.14", Target.parse("aarch64-apple-darwin"), static=False)


@pytest.mark.parametrize("text", ["", "[]", '{"os": "open"}', '{"os": [1]}', "Traceback (most recent call last):"])
def test_what_is_no_inventory_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(InputError, match="the interpreter"):
        features.parse_groups(text, "the interpreter")
