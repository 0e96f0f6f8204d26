"""A file is used only when it is the locked one; a project's digest follows its sources."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pydist.errors import EnvironmentLacking, InputError
from pydist.link.fetch import _digest_project, download
from pydist.link.lock import LockedFile
from pydist.store import Store

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


def test_a_projects_digest_follows_its_sources_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    first = _digest_project(tmp_path)
    for name in (".venv/x", "__pycache__/a.pyc", "dist/app", "node_modules/y"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("x")
    (tmp_path / "linked").write_bytes(b"\x7fELF...")
    assert _digest_project(tmp_path) == first
    for name in ("a.py", "pkg/build/b.py", "pkg/.data"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("2")
        changed = _digest_project(tmp_path)
        assert changed != first
        first = changed


def test_a_projects_digest_follows_its_commit(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/a.py").write_text("1")
    (tmp_path / ".git/refs/heads").mkdir(parents=True)
    (tmp_path / ".git/refs/heads/main").write_text("1\n")
    first = _digest_project(tmp_path / "p")
    (tmp_path / ".git/refs/heads/main").write_text("2\n")
    assert _digest_project(tmp_path / "p") != first
