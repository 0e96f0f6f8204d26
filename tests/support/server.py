"""A real web server on the loopback interface that has files, and bad moods on request."""

from __future__ import annotations

import email.message
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

__all__ = ["Server", "serving"]


class Server(ThreadingHTTPServer):
    """Serves `files` by path. `moods` is what it does to the next requests, one by one:

    a status (`503`), `closes` (no answer), `breaks off` (after half of the bytes), `stalls` (there, until the test
    ends), `slow` (says nothing until then), `lies` (other bytes), `too long`, `ignores range`, `wrong range`,
    `no range` (does not say which part it is), `piece` (a quarter of the file from there on), `unasked` (only the
    second half), `ignores tag` (gives the rest of whatever there is), `encoded` (claims a content encoding),
    `redirect` (to the same path), `loop` (to itself for ever) and `no length`. `elsewhere` leads from a path to an
    address, and says `words` with it. With `secure` it speaks TLS.
    """

    daemon_threads = True

    def __init__(self, secure: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scheme = "https" if secure else "http"
        if secure:
            self.socket = secure.wrap_socket(self.socket, server_side=True)
        self.files: dict[str, bytes] = {}
        self.tags: dict[str, str] = {}
        self.elsewhere: dict[str, str] = {}
        self.retry_after = ""
        self.words = b""
        self.moods: list[str] = []
        self.asked: list[tuple[str, email.message.Message]] = []
        self.stopped = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that break off are what tests want."""

    @property
    def root(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

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
        if mood in ("redirect", "loop") or path in self.server.elsewhere:
            self.server.moods[:0] = ["loop"] if mood == "loop" else []
            self._answer(302, "Location", self.server.elsewhere.get(path, self.path), self.server.words)
        elif mood.isdigit() or path not in self.server.files:
            self._answer(int(mood) if mood.isdigit() else 404, "Retry-After", self.server.retry_after)
        else:
            self._file(self.server.files[path], self.server.tags.get(path), mood)

    def _answer(self, status: int, header: str, value: str, words: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(words)))
        if value:
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(words)

    def _file(self, content: bytes, tag: str | None, mood: str) -> None:
        wanted = self.headers.get("Range")
        same = self.headers.get("If-Range") in (None, tag) or mood == "ignores tag"
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and same and mood != "ignores range" else 0
        start = len(content) // 2 if mood == "unasked" else start
        if start >= len(content) and start:
            self._answer(416, "Content-Range", f"bytes */{len(content)}")
            return
        body = content[start:] + (b"more" if mood == "too long" else b"")
        body = b"?" * len(body) if mood == "lies" else body
        body = body[: len(content) // 4] if mood == "piece" and start else body
        self.send_response(206 if start else 200)
        if start and mood != "no range":
            first = start + 1 if mood == "wrong range" else start
            self.send_header("Content-Range", f"bytes {first}-{start + len(body) - 1}/{len(content)}")
        if mood not in ("too long", "no length"):
            self.send_header("Content-Length", str(len(body)))
        if mood == "encoded":
            self.send_header("Content-Encoding", "x-gzip")
        if tag is not None:
            self.send_header("ETag", tag)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if mood in ("breaks off", "stalls") else body)
        if mood == "stalls":
            self.server.stopped.wait(20)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving(secure: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server while the block runs."""
    with Server(secure) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stopped.set()
            server.shutdown()
            thread.join()
