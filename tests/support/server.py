"""A real web server on the loopback interface that has files, and bad moods on request."""

from __future__ import annotations

import email.message
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

__all__ = ["Server", "serving"]


class Server(ThreadingHTTPServer):
    """Serves `files` by path. `moods` is what it does to the next requests, one by one:

    a status (`503`), `closes` (no answer), `breaks off` (after half of the bytes), `slow` (until the client is gone),
    `lies` (other bytes), `too long`, `ignores range`, `wrong range`, `encoded` (claims a content encoding),
    `redirect` (to the same path), `loop` (to itself for ever) and `no length`.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.tags: dict[str, str] = {}
        self.moods: list[str] = []
        self.asked: list[tuple[str, email.message.Message]] = []
        self.stopped = threading.Event()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def url(self, path: str) -> str:
        return f"{self.root}/{path}"

    @property
    def ranges(self) -> list[str | None]:
        return [headers.get("Range") for _, headers in self.asked]


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path = unquote(self.path).lstrip("/")
        self.server.asked.append((path, self.headers))
        mood = self.server.moods.pop(0) if self.server.moods else "good"
        if mood == "closes":
            return
        if mood == "slow":
            self.server.stopped.wait(20)
            return
        if mood in ("redirect", "loop"):
            self.server.moods[:0] = ["loop"] if mood == "loop" else []
            self.send_response(302)
            self.send_header("Location", self.path)
            self.end_headers()
            return
        if mood.isdigit() or path not in self.server.files:
            self.send_error(int(mood) if mood.isdigit() else 404)
            return
        self._file(self.server.files[path], self.server.tags.get(path), mood)

    def _file(self, content: bytes, tag: str | None, mood: str) -> None:
        wanted = self.headers.get("Range")
        same = self.headers.get("If-Range") in (None, tag)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and same and mood != "ignores range" else 0
        if start >= len(content) and start:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.end_headers()
            return
        body = content[start:] + (b"more" if mood == "too long" else b"")
        body = b"?" * len(body) if mood == "lies" else body
        self.send_response(206 if start else 200)
        if start:
            first = start + 1 if mood == "wrong range" else start
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        if mood not in ("too long", "no length"):
            self.send_header("Content-Length", str(len(body)))
        if mood == "encoded":
            self.send_header("Content-Encoding", "x-gzip")
        if tag is not None:
            self.send_header("ETag", tag)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if mood == "breaks off" else body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Server]:
    """A server while the block runs."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stopped.set()
            server.shutdown()
            thread.join()
