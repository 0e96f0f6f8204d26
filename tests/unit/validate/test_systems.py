"""The tables of what systems have can be asked by the names that files use."""

from __future__ import annotations

import pytest

from pydist.binary.macho import Version
from pydist.target import Arch
from pydist.validate.systems import mac_version, macos, windows


@pytest.mark.parametrize(
    ("name", "system", "runtime", "debugging"),
    [
        ("KERNEL32.dll", True, False, False),
        ("WINSPOOL.DRV", True, False, False),
        ("api-ms-win-crt-heap-l1-1-0.dll", True, False, False),
        ("VCRUNTIME140_1.dll", False, True, False),
        ("MSVCP140.dll", False, True, False),
        ("VCRUNTIME140D.dll", False, False, True),
        ("ucrtbased.dll", False, False, True),
        ("msvcp140_1d.dll", False, False, True),
        ("python314.dll", False, False, False),
        ("kernel32.dll.exe", False, False, False),
    ],
)
def test_libraries_of_windows_are_known_in_any_case(name: str, system: bool, runtime: bool, debugging: bool) -> None:
    table = windows()
    assert (table.has(name), table.is_runtime(name), table.is_debugging(name)) == (system, runtime, debugging)


@pytest.mark.parametrize(("series", "oldest"), [("3.8", (6, 1)), ("3.12", (6, 3)), ("3.13", (10, 0)), ("", (10, 0))])
def test_each_series_has_its_oldest_windows(series: str, oldest: tuple[int, int]) -> None:
    assert windows().oldest_for(series) == oldest


@pytest.mark.parametrize(
    ("text", "version"),
    [("11", Version(11, 0, 0)), ("10.15.4", Version(10, 15, 4)), ("11.0.0.1", None), ("x", None), ("", None)],
)
def test_versions_of_macos_are_numbers_with_dots(text: str, version: Version | None) -> None:
    assert mac_version(text) == version


def test_every_library_of_macos_has_an_absolute_name_and_offers_a_version() -> None:
    assert all(path.startswith(("/usr/lib/", "/System/Library/Frameworks/")) for path in macos().libraries)
    assert all(library.offers >= Version(1, 0, 0) for library in macos().libraries.values())
    assert macos().oldest == {Arch.AARCH64: Version(11, 0, 0)}
