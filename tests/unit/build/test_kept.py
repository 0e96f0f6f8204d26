"""Facts about what goes from an engine when the cache is collected; the engine is a server that speaks its language."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from pydist.build.container_box import volumes
from pydist.build.image import image_names
from pydist.build.kept import collect_kept, kept
from pydist.policy import toolchain
from pydist.policy.toolchain import Toolchain

DAY = 86400
TOOLCHAIN = Toolchain(path=Path("/nowhere/zig"), version="0", digest="0" * 64)
OLD, NEW = int(time.time()) - 40 * DAY, int(time.time()) - DAY


class Engine(HTTPServer):
    """`df` is its account of its disk, `used` what it refuses to remove, `removed` what it was told to remove."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.used: set[str] = set()
        self.removed: list[str] = []
        images = dict.fromkeys(("pydist-box:old", "pydist-base:old", "debian:12", *image_names(TOOLCHAIN)), OLD)
        images["pydist-box:new"] = NEW
        names = ("pydist-toolchain-old", "data", *volumes(TOOLCHAIN))
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(OLD))
        self.df = {
            "Images": [{"RepoTags": None, "Size": 1, "Created": OLD}]
            + [{"RepoTags": [tag], "Size": 100, "Created": made} for tag, made in images.items()],
            "Volumes": [{"Name": name, "CreatedAt": created, "UsageData": {"Size": 10}} for name in names],
        }


class Handler(BaseHTTPRequestHandler):
    server: Engine

    def do_GET(self) -> None:
        self.answer(200, self.server.df if self.path.endswith("/df") else {"ApiVersion": "1.43", "Version": "test"})

    def do_DELETE(self) -> None:
        name = self.path.partition("?")[0].rpartition("/")[2]
        if name in self.server.used:
            self.answer(409, {"message": "in use"})
        else:
            self.server.removed.append(name)
            self.answer(200, [])

    def answer(self, status: int, document: object) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(toolchain, "locate", lambda: TOOLCHAIN)
    with Engine() as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_old_images_and_volumes_go_that_this_code_does_not_use_and_nothing_of_others(engine: Engine) -> None:
    removed = collect_kept(older_than=30 * DAY)
    assert engine.removed == ["pydist-box:old", "pydist-base:old", "pydist-toolchain-old"]
    assert [(item.path.name, item.size) for item in removed] == [
        ("pydist-box:old", 100), ("pydist-base:old", 100), ("pydist-toolchain-old", 10),
    ]  # fmt: skip


def test_what_a_container_uses_stays_and_is_not_said_to_be_gone(engine: Engine) -> None:
    engine.used = {"pydist-box:old", "pydist-toolchain-old"}
    assert [item.path.name for item in collect_kept(older_than=30 * DAY)] == ["pydist-base:old"]


def test_the_list_has_all_that_is_ours_and_removes_nothing(engine: Engine) -> None:
    names = {item.path.name for item in kept()}
    assert names == {"pydist-box:old", "pydist-box:new", "pydist-base:old", "pydist-toolchain-old",
                     *image_names(TOOLCHAIN), *volumes(TOOLCHAIN)}  # fmt: skip
    assert engine.removed == []
