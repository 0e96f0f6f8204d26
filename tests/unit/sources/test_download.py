"""Facts about downloads, held against a real server on the loopback interface."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pydist.sources.download import DownloadFailed, WrongBytes, download

CONTENT = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves CONTENT; `moods` is what it does to the next requests, one by one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.moods: list[str] = []
        self.ranges: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/file"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        mood = self.server.moods.pop(0) if self.server.moods else "good"
        if mood.isdigit():
            self.send_error(int(mood))
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and mood != "ignores range" else 0
        body = CONTENT[start:] + (b"more" if mood == "too long" else b"")
        body = b"?" * len(body) if mood == "lies" else body
        self.send_response(206 if start else 200)
        if mood != "too long":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if mood == "breaks off" else body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(server: Server, path: Path) -> None:
    download(server.url, path, sha256=SHA256, size=len(CONTENT))


def test_a_file_arrives_whole(server: Server, tmp_path: Path) -> None:
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_download_that_broke_off_is_resumed_where_it_stood(server: Server, tmp_path: Path) -> None:
    server.moods = ["breaks off"]
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={len(CONTENT) // 2}-"]


def test_a_server_that_ignores_ranges_is_read_from_the_start(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(CONTENT[:100])
    server.moods = ["ignores range"]
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("status", ["500", "503", "429"])
def test_a_server_that_stumbles_is_asked_again(server: Server, tmp_path: Path, status: str) -> None:
    server.moods = [status]
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_missing_file_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    server.moods = ["404"]
    with pytest.raises(DownloadFailed, match="404"):
        fetch(server, tmp_path / "file")
    assert len(server.ranges) == 1


@pytest.mark.parametrize(("mood", "message"), [("lies", "SHA-256"), ("too long", "bytes")])
def test_wrong_bytes_are_refused_and_not_kept(server: Server, tmp_path: Path, mood: str, message: str) -> None:
    server.moods = [mood]
    with pytest.raises(WrongBytes, match=f"{server.url}.*{message}"):
        fetch(server, tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_a_refused_connection_fails_at_once_and_names_the_url(tmp_path: Path) -> None:
    with Server() as server:
        url = server.url
    with pytest.raises(DownloadFailed, match=url):
        download(url, tmp_path / "file", sha256=SHA256, size=1)
