"""A file is used only when it is the locked one; a project's digest follows its sources."""

from __future__ import annotations

import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pydist.errors import EnvironmentLacking, InputError
from pydist.link.choice import Choice, CompilerLacking
from pydist.link.fetch import _build, _CompilerWanted, download, fetch
from pydist.link.lock import LockedFile, LockedPackage
from pydist.progress import Silent
from pydist.store import Store
from tests.support.dist import distribution

BODY = b"the wheel's bytes" * 100


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.do_HEAD()
        if self.path.endswith("whl"):
            self.wfile.write(BODY)

    def do_HEAD(self) -> None:
        found = self.path.endswith("whl")
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(BODY) if found else 0))
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def locked(url: str, *, sha256: str = hashlib.sha256(BODY).hexdigest(), size: int | None = len(BODY)) -> LockedFile:
    return LockedFile(name=url.rpartition("/")[2], url=url, sha256=sha256, size=size)


@pytest.mark.parametrize("size", [len(BODY), None])
def test_a_download_is_kept_under_its_name(tmp_path: Path, server: str, size: int | None) -> None:
    path = download(locked(f"{server}/a-1-py3-none-any.whl", size=size), Store(tmp_path))
    assert path.read_bytes() == BODY
    assert path.name == "a-1-py3-none-any.whl"
    assert download(locked("http://127.0.0.1:1/a-1-py3-none-any.whl"), Store(tmp_path)) == path


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"size": 3}])
def test_another_file_is_refused_and_not_kept(tmp_path: Path, server: str, wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="expected"):
        download(locked(f"{server}/a-1-py3-none-any.whl", **wrong), Store(tmp_path))  # type: ignore[arg-type]
    assert not list(tmp_path.rglob("*.whl"))


def test_a_missing_file_is_the_environments_fault(tmp_path: Path, server: str) -> None:
    with pytest.raises(EnvironmentLacking, match="404"):
        download(locked(f"{server}/missing"), Store(tmp_path))


def test_a_local_file_is_used_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a b.whl"
    path.write_bytes(BODY)
    assert download(locked(path.as_uri()), Store(tmp_path / "s")) == path
    with pytest.raises(InputError, match="is not the locked file"):
        download(locked(path.as_uri(), sha256="0" * 64), Store(tmp_path / "s"))


@pytest.mark.parametrize("url", ["ftp://h/a.whl", "data:,x", "a.whl"])
def test_other_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="expected an https address"):
        download(locked(url), Store(tmp_path))


def test_a_project_is_built_outside_its_folder_and_without_what_an_earlier_build_left(tmp_path: Path) -> None:
    """The back-end packs all files beside it, and leaves one there."""
    project = tmp_path / "p"
    (project / "build").mkdir(parents=True)
    (project / "build/stale.txt").touch()
    (project / "a.txt").touch()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "back"\nbackend-path = ["."]\n'
        '[project]\nname = "p"\nversion = "1"\n'
    )
    (project / "back.py").write_text(
        "import pathlib, zipfile\n"
        "def build_wheel(folder, settings=None, metadata=None):\n"
        "    pathlib.Path('left.txt').touch()\n"
        "    with zipfile.ZipFile(pathlib.Path(folder, 'p-1-py3-none-any.whl'), 'w') as file:\n"
        "        [file.write(path) for path in sorted(pathlib.Path().rglob('*.txt'))]\n"
        "        file.writestr('p-1.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: p\\nVersion: 1\\n')\n"
        "        file.writestr('p-1.dist-info/WHEEL', 'Wheel-Version: 1.0\\nTag: py3-none-any\\n')\n"
        "        file.writestr('p-1.dist-info/RECORD', '')\n"
        "    return 'p-1-py3-none-any.whl'\n"
    )
    (tmp_path / "out").mkdir()
    _build(project, tmp_path / "out", {})
    with zipfile.ZipFile(tmp_path / "out/p-1-py3-none-any.whl") as file:
        assert [name for name in file.namelist() if name.endswith(".txt")] == ["a.txt", "left.txt"]
    assert not (project / "left.txt").exists()


def test_a_build_that_looks_for_a_compiler_is_noticed(tmp_path: Path) -> None:
    project = tmp_path / "p"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "back"\nbackend-path = ["."]\n'
        '[project]\nname = "p"\nversion = "1"\n'
    )
    (project / "back.py").write_text(
        "import os, pathlib, subprocess\n"
        "def build_wheel(folder, settings=None, metadata=None):\n"
        "    subprocess.run([os.environ['CC'], '-c', 'x.c'], check=pathlib.Path('strict').exists())\n"
        "    pathlib.Path(folder, 'p-1-py3-none-any.whl').touch()\n"
        "    return 'p-1-py3-none-any.whl'\n"
    )
    (tmp_path / "out").mkdir()
    _build(project, tmp_path / "out", {})
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"p-1-py3-none-any.whl", "compiler-wanted"}
    (project / "strict").touch()
    with pytest.raises(_CompilerWanted):
        _build(project, tmp_path / "out", {})


def test_native_code_without_a_compiler_is_the_environments_fault_and_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking() -> None:
        raise EnvironmentLacking("the compiler is not installed")

    monkeypatch.setattr("pydist.link.fetch.locate", lacking)
    sdist = tmp_path / "x-1.tar.gz"
    sdist.touch()
    package = LockedPackage(
        name="x", version="1", sdist=LockedFile(name=sdist.name, url=sdist.as_uri(), sha256="", size=0)
    )
    choice = Choice(package=package, sdist=package.sdist, native=True)
    with pytest.raises(CompilerLacking, match="x 1 has native code, which is built of its source: the compiler is not"):
        fetch((choice,), distribution(), Store(tmp_path / "s"), Silent())
