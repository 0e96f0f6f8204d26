"""The wheel that people install holds everything that pydist reads at run time."""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path

import pytest

import pydist
from pydist.policy import resources

CHECKOUT = Path(__file__).resolve().parents[2]


def digests(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_package_under_test_is_the_installed_one(installed: Path) -> None:
    assert installed.parent.name == "site-packages"
    assert not (CHECKOUT / "pydist").samefile(installed)
    files = importlib.metadata.files("pydist") or []
    assert Path(pydist.__file__).resolve() in {Path(str(file.locate())).resolve() for file in files}


@pytest.mark.parametrize("name", ["builders", "schema", "containers"])
def test_the_data_folders_are_inside_the_wheel(installed: Path, name: str) -> None:
    folder: Path = getattr(resources, name)()
    assert folder == installed / "_data" / name
    assert digests(folder) == digests(CHECKOUT / name)
    assert digests(folder), f"{name} is empty"


def test_the_run_time_is_inside_the_wheel_with_its_c_sources(installed: Path) -> None:
    folder = resources.runtime()
    assert folder == installed / "runtime"
    assert digests(folder) == digests(CHECKOUT / "pydist" / "runtime")
    assert any(path.suffix == ".c" for path in folder.rglob("*"))
    assert any(path.suffix == ".h" for path in folder.rglob("*"))


def test_build_scripts_keep_what_the_store_digests(installed: Path) -> None:
    """The executable bit counts for a component's key: a wheel that lost it would build everything anew."""
    for script in (installed / "_data" / "builders").rglob("*"):
        if script.is_file():
            twin = CHECKOUT / "builders" / script.relative_to(installed / "_data" / "builders")
            assert bool(script.stat().st_mode & 0o100) == bool(twin.stat().st_mode & 0o100), script


def test_the_command_is_installed_and_typed(installed: Path) -> None:
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="pydist")
    assert script.value == "pydist.cli.main:main"
    assert (installed / "py.typed").is_file()


def test_the_licence_travels_with_the_wheel(installed: Path) -> None:
    files = [str(file) for file in importlib.metadata.files("pydist") or []]
    assert any(name.endswith("licenses/LICENSE") for name in files)
    assert importlib.metadata.metadata("pydist")["License-Expression"] == "MIT"
