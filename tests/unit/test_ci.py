"""Facts about what CI may not leave out."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.support.engine import REQUIRED

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("value", "skipped"), [("required", False), ("", True)])
def test_tests_of_the_container_box_are_skipped_only_where_no_engine_is_required(
    value: str, skipped: bool, tmp_path: Path
) -> None:
    environment = {**os.environ, REQUIRED: value, "DOCKER_HOST": f"unix://{tmp_path}/nobody"}
    # Behind the installed package, which must be the one that is tested.
    program = (
        "import sys; sys.path.append('.'); from tests.support.engine import needs_engine; print(needs_engine.args[0])"
    )
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(skipped)


def test_ci_ends_at_once_where_no_engine_answers(tmp_path: Path) -> None:
    make = tmp_path / "make"
    make.write_text("#!/bin/sh\necho made\n")
    make.chmod(0o755)
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "CI": "true", "DOCKER_HOST": f"unix://{tmp_path}/nobody"}
    run = [CHECKOUT / ".ci" / "run"]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no Docker engine answers" in done.stderr

    class Engine(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/version" else 404)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Engine) as server:
        threading.Thread(target=server.handle_request).start()
        there = {**environment, "DOCKER_HOST": f"tcp://127.0.0.1:{server.server_port}"}
        done = subprocess.run(run, env=there, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (0, "made\nmade\n"), "an engine without its client counts as none"
    del environment["CI"]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (0, "made\nmade\n")
