"""A project's wheel after an edit is the one that its backend would make, or is left to the backend."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pydist.errors import FaultCollector
from pydist.link import rewheel
from pydist.link.record import Record
from pydist.link.wheel import read_wheel
from tests.support import wheels

PYPROJECT = """
[project]
name = "tool"
version = "1"
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"
"""
SOURCES = {"src/tool/__init__.py": "", "src/tool/main.py": "print(1)\n", "src/tool/data.txt": "x\n"}


def project(folder: Path, pyproject: str = PYPROJECT, **changes: str) -> Path:
    for name, text in {"pyproject.toml": pyproject, **SOURCES, **changes}.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return folder


def built(folder: Path, place: Path) -> Path:
    """What a backend that copies makes of the project in `folder`."""
    place.mkdir()
    source = folder / "src"
    files = {path.relative_to(source).as_posix(): path.read_bytes() for path in sorted(source.rglob("*.*"))}
    return wheels.wheel(place, "tool", "1", files)


def kept(folder: Path, place: Path) -> Path:
    wheel = built(folder, place / "built")
    (place / "kept").mkdir()
    rewheel.keep(wheel, folder, place / "kept")
    return place / "kept"


def test_after_an_edit_the_wheel_is_the_one_that_the_backend_makes(tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    known = kept(folder, tmp_path)
    (folder / "src/tool/main.py").write_text("print(2)\n")
    (tmp_path / "edited").mkdir()
    assert rewheel.edited(known, folder, tmp_path / "edited")
    rewheel.settled(built(folder, tmp_path / "again"), tmp_path / "expected.whl")
    made = next((tmp_path / "edited").iterdir())
    assert made.read_bytes() == (tmp_path / "expected.whl").read_bytes()
    files = {file.path: file.data for file in read_wheel(made).files}
    assert files["tool/main.py"] == b"print(2)\n"


@pytest.mark.parametrize("name", ["src/tool/made.py", "tasks.py"])
def test_a_module_that_is_no_copy_is_left_to_the_backend(tmp_path: Path, name: str) -> None:
    """One that the backend wrote anew, and one that is not in the wheel."""
    folder = project(tmp_path / "p", **{name: "version = 'dev'\n"})
    wheel = built(folder, tmp_path / "built")
    with zipfile.ZipFile(wheel) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    if "tool/made.py" in content:
        content["tool/made.py"] = b"version = '1'\n"
    (tmp_path / "kept").mkdir()
    rewheel.keep(wheels.write(tmp_path, "tool", "1", content), folder, tmp_path / "kept")
    (tmp_path / "edited").mkdir()
    assert rewheel.edited(tmp_path / "kept", folder, tmp_path / "edited")
    next((tmp_path / "edited").iterdir()).unlink()
    (folder / name).write_text("version = 'new'\n")
    assert not rewheel.edited(tmp_path / "kept", folder, tmp_path / "edited")
    assert not list((tmp_path / "edited").iterdir())


def test_the_frame_is_the_same_after_an_edit_of_a_module_and_another_one_after_others(tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    first = rewheel.frame_key(folder, {"python": "3.14"})
    assert first is not None
    assert rewheel.frame_key(folder, {"python": "3.13"}) != first
    (folder / "src/tool/main.py").write_text("print(2)\n")
    assert rewheel.frame_key(folder, {"python": "3.14"}) == first
    for name in ("src/tool/more.py", "src/tool/data.txt", "README.md"):
        (folder / name).write_text("new\n")
        later = rewheel.frame_key(folder, {"python": "3.14"})
        assert later != first
        first = later


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('version = "1"', 'dynamic = ["version"]'),
        ('"hatchling>=1.27"', '"hatchling", "hatch-vcs"'),
        ('"hatchling.build"', '"other.build"'),
        ('"hatchling.build"', '"hatchling.build"\nbackend-path = ["."]'),
        ('"hatchling>=1.27"', '"hatchling @@ nonsense"'),
        ('"hatchling.build"', '"hatchling.build"\n[tool.hatch.build.hooks.custom]\npath = "hook.py"'),
        ('"hatchling.build"', '"hatchling.build"\n[tool.hatch.build.targets.wheel.hooks.custom]\npath = "hook.py"'),
        ('"hatchling.build"', '"hatchling.build"\n[tool.hatch.metadata.hooks.custom]\npath = "hook.py"'),
        ("[project]", "[other]"),
        ("[project]", "[project"),
    ],
)
def test_what_may_do_more_than_copy_is_left_to_the_backend(tmp_path: Path, old: str, new: str) -> None:
    assert old in PYPROJECT
    assert rewheel.frame_key(project(tmp_path / "p", PYPROJECT.replace(old, new)), {}) is None


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg", "hatch.toml"])
def test_a_project_with_other_settings_is_left_to_its_backend(tmp_path: Path, name: str) -> None:
    assert rewheel.frame_key(project(tmp_path / "p", **{name: ""}), {}) is None


def test_a_settled_wheel_has_its_files_sorted_their_modes_and_a_right_record(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        run = zipfile.ZipInfo("x-1.data/scripts/run")
        run.external_attr = 0o755 << 16
        archive.writestr(run, "#!python\n")
        archive.writestr("x-1.dist-info/RECORD", "wrong")
        archive.writestr("a,b.py", "")
    rewheel.settled(tmp_path / "x.whl", tmp_path / "y.whl")
    with zipfile.ZipFile(tmp_path / "y.whl") as archive:
        assert archive.namelist() == ["a,b.py", "x-1.data/scripts/run", "x-1.dist-info/RECORD"]
        assert archive.getinfo("x-1.data/scripts/run").external_attr >> 16 == 0o755
        content = {name: archive.read(name) for name in archive.namelist()}
    faults = FaultCollector("x.whl")
    name = "x-1.dist-info/RECORD"
    Record.parse(content[name].decode(), name, faults).check(content, faults)
    faults.raise_if_any("a wheel")


@pytest.mark.parametrize("damage", ["", "no zip", "no record", "twice"])
def test_what_is_no_wheel_is_left_as_it_is(tmp_path: Path, damage: str) -> None:
    wheel = tmp_path / "x.whl"
    wheel.write_bytes(damage.encode())
    if damage in ("no record", "twice"):
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("x-1.dist-info/METADATA", "")
            if damage == "twice":
                archive.writestr("x-1.dist-info/RECORD", "")
                with pytest.warns(UserWarning, match="Duplicate name"):
                    archive.writestr("x-1.dist-info/METADATA", "")
    rewheel.settled(wheel, tmp_path / "y.whl")
    assert (tmp_path / "y.whl").read_bytes() == wheel.read_bytes()
