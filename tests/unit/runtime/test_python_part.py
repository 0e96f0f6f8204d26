"""The Python part of the run time over a tree in memory: what importlib is given for files that are on no disk."""

from __future__ import annotations

import fcntl
import importlib
import linecache
import os
import re
import sys
import types
import warnings
from collections.abc import Iterator
from types import ModuleType

import pytest

from pydist.policy import resources

ROOT = "/opt/app"
FILES = {
    "lib/pkg/__init__.py": b"x = 1\n",
    "lib/pkg/data/poem.txt": "eins\r\nzw\u00f6lf\r\n".encode(),
    "lib/Some.Name-1.5.dist-info/METADATA": b"Metadata-Version: 2.1\nName: Some.Name\nVersion: 1.5\n",
    "lib/Some.Name-1.5.dist-info/RECORD": (
        b"pkg/__init__.py,sha256=abc,6\nSome.Name-1.5.dist-info/METADATA,,\n../bin/tool,,\n"
    ),
    "lib/Some.Name-1.5.dist-info/entry_points.txt": b"[console_scripts]\ntool = pkg:main\n",
}


def tree() -> ModuleType:
    """What the C sources define as `_pydist_image`, with the files above."""
    image = types.ModuleType("_pydist_image")
    folders = {"", *(path[:at] for path in FILES for at in range(len(path)) if path[at] == "/")}

    def below(path: str) -> str:
        return path[len(ROOT) + 1 :] if path == ROOT or path.startswith(f"{ROOT}/") else "\0"

    def stat(path: str) -> tuple[bool, int] | None:
        name = below(path)
        return (name in folders, len(FILES.get(name, b""))) if name in folders or name in FILES else None

    def listdir(path: str) -> list[str]:
        if below(path) not in folders:
            raise FileNotFoundError(2, "No such file or directory", path)
        start = f"{below(path)}/" if below(path) else ""
        return sorted({name[len(start) :].split("/")[0] for name in FILES if name.startswith(start)})

    def read(path: str) -> bytes:
        if below(path) not in FILES:
            raise FileNotFoundError(2, "No such file or directory", path)
        return FILES[below(path)]

    members = {"root": ROOT, "stat": stat, "listdir": listdir, "read": read,
               "distributions": lambda: [("some-name", f"{ROOT}/lib/Some.Name-1.5.dist-info")]}  # fmt: skip
    for name, value in members.items():
        setattr(image, name, value)
    return image


@pytest.fixture(autouse=True)
def _as_in_an_application(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "_pydist_image", tree())
    monkeypatch.syspath_prepend(resources.runtime() / "python")
    monkeypatch.setattr(sys, "path", [*sys.path, f"{ROOT}/lib"])
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "_pydist"]:
        del sys.modules[name]


def part(name: str) -> ModuleType:
    return importlib.import_module(f"_pydist.{name}")


def test_a_path_reads_what_is_in_the_tree() -> None:
    path = part("paths").ImagePath(f"{ROOT}/lib/pkg") / "data" / "poem.txt"
    assert path.read_bytes() == FILES["lib/pkg/data/poem.txt"]
    assert path.read_text(encoding="utf-8") == "eins\nzw\u00f6lf\n"
    assert path.open(encoding="utf-8", newline="").readline() == "eins\r\n"
    assert path.open("rb").read(4) == b"eins"
    assert os.fspath(path) == str(path) == f"{ROOT}/lib/pkg/data/poem.txt"
    assert (path.name, path.stem, path.suffix, path.parent.name) == ("poem.txt", "poem", ".txt", "data")
    assert path.parts[:3] == ("/", "opt", "app")


def test_a_path_knows_folders_from_files() -> None:
    folder = part("paths").ImagePath(f"{ROOT}/lib/pkg")
    assert [item.name for item in folder.iterdir()] == ["__init__.py", "data"]
    assert (folder.is_dir(), folder.is_file(), folder.exists()) == (True, False, True)
    assert ((folder / "data/poem.txt").is_dir(), (folder / "data/poem.txt").is_file()) == (False, True)
    assert not (folder / "none").exists()
    assert (folder / "../pkg/./data").is_dir()
    assert folder.joinpath("data", "poem.txt").is_file()
    assert sorted([folder / "b", folder / "a"])[0] == folder / "a"
    assert len({folder, part("paths").ImagePath(f"{ROOT}/lib/pkg/")}) == 1


@pytest.mark.parametrize("mode", ["w", "a", "r+", "wb", "x"])
def test_a_path_cannot_be_written(mode: str) -> None:
    with pytest.raises(OSError, match="Read-only file system"):
        part("paths").ImagePath(f"{ROOT}/lib/pkg/data/poem.txt").open(mode)


def test_a_missing_file_is_an_os_error_with_its_name() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        part("paths").ImagePath(f"{ROOT}/none").read_bytes()
    assert caught.value.filename == f"{ROOT}/none"


def test_the_reader_gives_the_files_of_a_package() -> None:
    reader = part("resources").Reader(f"{ROOT}/lib/pkg")
    assert list(reader.contents()) == ["__init__.py", "data"]
    assert reader.is_resource("__init__.py")
    assert reader.open_resource("data/poem.txt").read(4) == b"eins"
    with pytest.raises(FileNotFoundError):
        reader.resource_path("__init__.py")


def test_metadata_is_complete() -> None:
    (found,) = part("metadata").find_distributions()
    assert (found.metadata["Name"], found.version) == ("Some.Name", "1.5")
    assert [point.value for point in found.entry_points] == ["pkg:main"]
    files = found.files or []
    assert {"pkg/__init__.py", "Some.Name-1.5.dist-info/METADATA"} <= {str(file) for file in files}
    assert (files[0].hash.mode, files[0].size, files[0].read_text()) == ("sha256", 6, "x = 1\n")
    assert found.read_text("direct_url.json") is None


@pytest.mark.parametrize("name", ["Some.Name", "some-name", "SOME__name", "some.-_name"])
def test_a_distribution_is_found_by_any_spelling_of_its_name(name: str) -> None:
    context = types.SimpleNamespace(name=name, path=sys.path)
    assert [found.version for found in part("metadata").find_distributions(context)] == ["1.5"]


@pytest.mark.parametrize("wanted", [{"name": "other", "path": [f"{ROOT}/lib"]}, {"name": None, "path": ["/other"]}])
def test_a_distribution_is_not_found_elsewhere(wanted: dict[str, object]) -> None:
    assert list(part("metadata").find_distributions(types.SimpleNamespace(**wanted))) == []


def test_linecache_finds_virtual_sources_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linecache, "updatecache", linecache.updatecache)
    monkeypatch.setattr(linecache, "cache", {})
    part("lines").install()
    assert linecache.getline(f"{ROOT}/lib/pkg/__init__.py", 1) == "x = 1\n"
    assert linecache.getline(f"{ROOT}/lib/none.py", 1) == ""
    assert linecache.getline(__file__, 1).startswith('"""The Python part')
    shown = warnings.formatwarning("careful", UserWarning, f"{ROOT}/lib/pkg/__init__.py", 1)
    assert shown.endswith("UserWarning: careful\n  x = 1\n")


def test_helper_processes_are_marked_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from multiprocessing import util

    calls: list[tuple[bytes, list[str], bytes, int]] = []

    def spawn(path: bytes, arguments: list[str], descriptors: list[int]) -> None:
        assert all(number > 2 for number in descriptors)
        content = b"".join(os.pread(number, 100, 0) for number in descriptors)
        seals = sum(fcntl.fcntl(number, fcntl.F_GET_SEALS) for number in descriptors)
        calls.append((path, arguments, content, seals))

    monkeypatch.setattr(util, "spawnv_passfds", spawn)
    sys.modules["_pydist_image"].mark = "MARK"  # type: ignore[attr-defined]
    part("processes").install()
    util.spawnv_passfds(os.fsencode(sys.executable), [sys.executable, "-c", "x"], [])
    util.spawnv_passfds(b"/bin/true", ["true"], [])
    assert calls[1] == (b"/bin/true", ["true"], b"", 0)
    path, arguments, content, seals = calls[0]
    assert (path, content, seals) == (os.fsencode(sys.executable), b"MARK", 15)
    assert re.fullmatch(r"MARK:\d+", arguments.pop(1))
    assert arguments == [sys.executable, "-c", "x"]
