"""Facts about what goes from an engine when the cache is collected; the engine is a server that speaks its language."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from pydist.build.container_box import volumes
from pydist.build.image import image_names
from pydist.build.kept import collect_kept, kept
from pydist.cli.main import main
from pydist.errors import EnvironmentLacking
from pydist.policy import toolchain
from pydist.policy.toolchain import Toolchain

DAY = 86400
TOOLCHAIN = Toolchain(path=Path("/nowhere/zig"), version="0", digest="0" * 64)
OLD, NEW = int(time.time()) - 40 * DAY, int(time.time()) - DAY


class Engine(HTTPServer):
    """`df` is its account of its disk, for which it takes `waits` seconds, `used` what it refuses to remove,
    `removed` what it was told to remove."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.used: set[str] = set()
        self.removed: list[str] = []
        self.status, self.waits = 200, 0.0
        images = dict.fromkeys(("pydist-box:old", "pydist-base:old", "debian:12", *image_names(TOOLCHAIN)), OLD)
        images["pydist-box:new"] = NEW
        names = ("pydist-toolchain-old", "data", *volumes(TOOLCHAIN))
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(OLD))
        self.df: dict[str, Any] = {
            "Images": [{"RepoTags": None, "Size": 1, "Created": OLD}]
            + [{"RepoTags": [tag], "Size": 100, "Created": made} for tag, made in images.items()],
            "Volumes": [{"Name": name, "CreatedAt": created, "UsageData": {"Size": 10}} for name in names],
        }


class Handler(BaseHTTPRequestHandler):
    server: Engine

    def do_GET(self) -> None:
        if self.path.endswith("/df"):
            time.sleep(self.server.waits)
            self.answer(self.server.status, self.server.df if self.server.status == 200 else {"message": "busy"})
        else:
            self.answer(200, {"ApiVersion": "1.43", "Version": "test"})

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


def test_a_volume_without_a_time_is_listed_and_stays(engine: Engine) -> None:
    for row in engine.df["Volumes"]:
        del row["CreatedAt"]
    assert "pydist-toolchain-old" in {item.path.name for item in kept()}
    collect_kept(older_than=30 * DAY)
    assert "pydist-toolchain-old" not in engine.removed


def test_an_engine_that_fails_or_is_silent_is_a_lack_and_no_crash(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.status = 500
    with pytest.raises(EnvironmentLacking, match="the Docker engine failed"):
        kept()
    engine.status, engine.waits = 200, 1.0
    monkeypatch.setattr("pydist.build.kept._SECONDS", 0.1)
    with pytest.raises(EnvironmentLacking, match="the Docker engine failed"):
        kept()


def test_the_store_is_listed_beside_an_engine_that_fails(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.status = 500
    monkeypatch.setenv("PYDIST_CACHE", str(tmp_path))
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "0123456789abcdef-zlib.tar.gz").touch()
    assert main(["cache", "list", "--json"]) == 0
    said = capsys.readouterr()
    assert "zlib.tar.gz" in said.out
    assert "without images and volumes: the Docker engine failed" in " ".join(said.err.split())
