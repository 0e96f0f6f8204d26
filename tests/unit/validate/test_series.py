"""The tables of what each series of CPython has."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from pydist.target import Os
from pydist.validate.series import load_series, series_of

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def test_series_are_known_by_their_versions() -> None:
    assert [row.name for row in load_series().values()] == [f"3.{minor}" for minor in range(7, 16)]
    assert series_of("3.14.7") is series_of("3.14") is load_series()["3.14"]
    assert series_of("3.6.1") is series_of(None) is series_of("3.1") is series_of("4.14") is None


def test_the_magic_number_of_the_python_that_runs_is_that_of_its_series() -> None:
    magic = int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")
    row = series_of(HERE)
    assert row is not None and row.bytecode(magic, f"{HERE}.0") and not row.bytecode(magic + 1, f"{HERE}.0")


def test_a_series_in_development_has_one_of_many_magic_numbers() -> None:
    row = load_series()["3.14"]
    assert row.bytecode(3605, "3.14.0a3") and not row.bytecode(3605, "3.14.0")
    assert load_series()["3.15"].bytecode(3660, "3.15.0rc1") and not load_series()["3.15"].bytecode(3700, "3.15.0")


@pytest.mark.parametrize("name", sorted(load_series()))
def test_every_expected_and_starting_module_is_a_known_one(name: str) -> None:
    row = load_series()[name]
    for system in Os:
        assert row.expected(system) <= row.known
        assert row.start <= row.expected(system)
    assert row.whole <= load_series()["3.9"].library
    assert row.dispensable(None) - row.whole <= row.library


def test_what_only_another_system_uses_may_be_left_out_with_all_that_is_in_it() -> None:
    row = load_series()["3.14"]
    assert row.dispensable(Os.LINUX) - row.dispensable(Os.DARWIN) == {"ctypes.macholib"}
    assert "encodings.mbcs" in row.dispensable(Os.DARWIN) - row.dispensable(Os.WINDOWS)
    assert row.dispensable(None) == row.dispensable(Os.LINUX) > row.whole
    assert "ctypes.wintypes" not in row.dispensable(None)


def test_modules_of_the_python_that_runs_are_all_of_its_table() -> None:
    row = series_of(HERE)
    assert row is not None
    assert {name.partition(".")[0] for name in row.library} <= sys.stdlib_module_names
    # CPython does not count the last one as a part of the library.
    assert frozenset().union(*map(row.expected, Os)) <= sys.stdlib_module_names | {"_xxsubinterpreters"}


def test_series_differ_where_cpython_did() -> None:
    old, new = load_series()["3.11"], load_series()["3.14"]
    assert {"distutils", "asyncore"} <= old.library - new.library
    assert {"annotationlib", "compression.zstd"} <= new.library - old.library
    assert {"_sha256", "audioop"} <= old.known - new.known
    assert "_testclinic" in load_series()["3.10"].known - load_series()["3.9"].known
    assert "_zstd" in new.expected(Os.LINUX) and "_scproxy" in new.expected(Os.DARWIN) - new.expected(Os.LINUX)


def test_old_series_have_what_they_had_and_nothing_newer() -> None:
    oldest, old, new = (load_series()[f"3.{minor}"] for minor in (7, 8, 9))
    assert old.library - new.library == {"_dummy_thread", "dummy_threading"}
    assert new.library - old.library == {"_aix_support", "_bootsubprocess", "asyncio.threads", "graphlib", "zoneinfo"}
    assert oldest.library - old.library == {"macpath", "multiprocessing.semaphore_tracker"}
    assert {"importlib.metadata", "unittest.async_case", "zipimport"} <= old.library - oldest.library
    assert new.expected(Os.LINUX) - old.expected(Os.LINUX) == {"_zoneinfo"}
    assert new.expected(Os.WINDOWS) - old.expected(Os.WINDOWS) == {"_uuid", "_zoneinfo"}
    assert oldest.expected(Os.LINUX) - old.expected(Os.LINUX) == {"zipimport"}
    assert "_peg_parser" in new.known - old.known
    assert oldest.bytecode(3394, "3.7.9") and old.bytecode(3413, "3.8.20") and not old.bytecode(3425, "3.8.20")
