"""The Python that runs the tests is adopted, moved, judged, and works without what it was installed with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pydist.adopt import AdoptReport, Request, adopt
from pydist.archive.extract import extract
from pydist.link.dist import Distribution
from pydist.manifest.load import load
from pydist.validate import validate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> tuple[AdoptReport, Path]:
    """The archive, and its folder `python`, unpacked in another place, with a space in its name."""
    folder = tmp_path_factory.mktemp("adopted")
    report = adopt(Request(source=Path(sys.executable), output=f"{folder}/out/"))
    extract(Path(report.output), folder / "another place")
    return report, folder / "another place/python"


def asked(root: Path, code: str) -> str:
    python = root / load((root / "PYTHON.json").read_bytes(), "PYTHON.json").python_exe
    return subprocess.run([python, "-I", "-c", code], check=True, capture_output=True, text=True, env={}).stdout


def test_it_is_the_same_python_in_another_place(adopted: tuple[AdoptReport, Path]) -> None:
    report, root = adopted
    version = ".".join(map(str, sys.version_info[:3]))
    assert (report.python_version, report.prefix, report.ran) == (version, sys.base_prefix, True)
    said = asked(root, "import sys, sysconfig; print(sys.prefix, sysconfig.get_paths()['stdlib'])")
    assert said.strip() == f"{root}/install {root}/install/lib/python3.{sys.version_info[1]}"


def test_its_libraries_are_its_own(adopted: tuple[AdoptReport, Path]) -> None:
    report, root = adopted
    code = "import zlib, ssl, sqlite3, ctypes, bz2, lzma; print(open('/proc/self/maps').read())"
    mapped = {line.split(maxsplit=5)[-1] for line in asked(root, code).splitlines() if ".so" in line}
    names = {os.path.basename(item.path) for item in report.libraries}  # noqa: PTH119
    wrong = {path for path in mapped if os.path.basename(path) in names and not path.startswith(str(root))}  # noqa: PTH119
    assert names and not wrong


def test_every_module_that_the_manifest_lists_is_there(adopted: tuple[AdoptReport, Path]) -> None:
    _, root = adopted
    listed = load((root / "PYTHON.json").read_bytes(), "PYTHON.json").build_info.extensions
    names = [name for name in listed if "test" not in name and name != "_crypt"]
    assert asked(root, f"import importlib; [importlib.import_module(x) for x in {names!r}]; print('all')") == "all\n"


def test_validate_finds_nothing_that_is_ours(adopted: tuple[AdoptReport, Path]) -> None:
    report, _ = adopted
    judged = validate(Path(report.output), profile="adopted", run=False)
    assert [item.rule for item in judged.findings if item.severity == "error"] == []


def test_the_same_installation_gives_the_same_bytes(adopted: tuple[AdoptReport, Path], tmp_path: Path) -> None:
    report, _ = adopted
    again = adopt(Request(source=Path(sys.base_prefix), output=f"{tmp_path}/out/"))
    assert again.sha256 == report.sha256


def test_a_static_prefix_with_its_libraries_can_be_linked(distribution: Distribution, tmp_path: Path) -> None:
    """Objects come from the static libpython that `make install` leaves, libraries from beside it."""
    prefix = tmp_path / "prefix"
    command = ["cp", "-a", str(distribution.root / "install"), str(prefix)]
    subprocess.run(command, check=True)
    for path in (distribution.root / "build/lib").glob("*.a"):
        (prefix / "lib" / path.name).write_bytes(path.read_bytes())
    report = adopt(Request(source=prefix, folder=tmp_path / "adopted"))
    assert report.linkable and not report.libraries
    (tmp_path / "hello.py").write_text("import sys, zlib, ssl\nprint('hello', sys.version_info[:2])")
    linking = [sys.executable, "-m", "pydist", "link", "hello.py", "--dist", "adopted", "-o", "hello", "--json"]
    done = subprocess.run(linking, check=True, cwd=tmp_path, capture_output=True, text=True)
    assert any("no objects of these extension modules" in note for note in json.loads(done.stdout)["notes"])
    assert subprocess.run(["./hello"], check=True, cwd=tmp_path, capture_output=True).stdout.startswith(b"hello (3, ")


def test_an_installed_tree_without_objects_is_linked_with_its_shared_libpython(
    tree: Callable[..., Path], tmp_path: Path
) -> None:
    installed = tree("x86_64-unknown-linux-gnu") / "install"
    adopt(Request(source=installed, folder=tmp_path / "adopted"))
    (tmp_path / "hello.py").write_text("import sys, ssl\nprint('hello', sys.version_info[:2])")
    linking = [sys.executable, "-m", "pydist", "link", "hello.py", "--dist", "adopted", "-o", "hello", "--explain"]
    done = subprocess.run(linking, check=True, cwd=tmp_path, capture_output=True, text=True)
    assert "shared libpython" in done.stdout
    assert subprocess.run(["./hello"], check=True, cwd=tmp_path, capture_output=True).stdout.startswith(b"hello (3, ")
