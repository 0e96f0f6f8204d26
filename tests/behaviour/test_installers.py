"""uv and pip take our archives as they take those of others: from an index of ours, and from a folder of wheels."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from uv import find_uv_bin

from pydist.cli.main import main
from pydist.fetch.offer import METADATA
from pydist.repack import Request, repack
from pydist.repack.profile import profile_named
from tests.support import wheels

pytestmark = pytest.mark.slow

APPLICATION = b"""\
import os, ssl, sqlite3, sys, sysconfig
from importlib.metadata import version
def main():
    print(version("greeting"), sqlite3.connect(":memory:").execute("select 6 * 7").fetchone()[0], *sys.argv[1:])
    library = sysconfig.get_config_var("LIBDIR")
    print(sys.prefix != sys.base_prefix, os.path.samefile(library, sys.base_prefix + "/lib"))
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def archives(tree: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an `install_only` archive and a wheel of a distribution for glibc."""
    folder = tmp_path_factory.mktemp("archives")
    for to in ("install-only", "wheel-bundle"):
        source = tree("x86_64-unknown-linux-gnu", "noopt")
        repack(Request(source=source, profile=profile_named(to), output=f"{folder}/"))
    return folder


@pytest.fixture(scope="module")
def index(archives: Path) -> Iterator[str]:
    """The address of the index of `archives`, on the loopback interface."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(archives))) as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert main(["index", str(archives), "--url", url, "--quiet"]) == 0
        yield url
        server.shutdown()


Uv = Callable[..., str]


@pytest.fixture
def uv(index: str, tmp_path: Path) -> Uv:
    """A function: run uv with Pythons from the index, all that it writes in a temporary folder."""
    places = {name: str(tmp_path / name.lower()) for name in ("UV_PYTHON_INSTALL_DIR", "UV_CACHE_DIR", "HOME")}
    environment = {"PATH": os.defpath, "UV_NO_CONFIG": "1", "UV_NO_PROGRESS": "1", "UV_PYTHON_INSTALL_BIN": "0",
                   "UV_PYTHON_PREFERENCE": "only-managed", "UV_PYTHON_DOWNLOADS_JSON_URL": f"{index}{METADATA}",
                   **places}  # fmt: skip

    def run(*words: str | Path) -> str:
        done = subprocess.run([find_uv_bin(), *words], env=environment, cwd=tmp_path, capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL, timeout=600)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A wheel with a command."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    content = wheels.members("greeting", "1.5", {"greeting.py": APPLICATION}, scripts={"greet": "greeting:main"})
    return wheels.write(folder, "greeting", "1.5", content)


def said_by(*command: str | Path, **variables: str) -> str:
    return subprocess.run(command, env={"PATH": os.defpath, **variables}, capture_output=True, text=True, check=True,
                          timeout=600).stdout  # fmt: skip


def test_uv_installs_it_from_an_index_and_runs_an_application(uv: Uv, application: Path, tmp_path: Path) -> None:
    uv("python", "install", "3.14")
    listed: list[Mapping[str, str]] = json.loads(uv("python", "list", "--only-installed", "--output-format", "json"))
    assert {(row["implementation"], row["arch"], row["libc"]) for row in listed} == {("cpython", "x86_64", "gnu")}
    uv("venv", "--offline", "--python", "3.14", "environment")
    environment = tmp_path / "environment"
    words = ("--offline", "--no-index", "--find-links", application.parent)
    uv("pip", "install", "--python", environment / "bin/python", *words, "greeting")
    assert said_by(environment / "bin/greet", "you") == "1.5 42 you\nTrue True\n"
    assert said_by(environment / "bin/python", "-c", "import ssl; ssl.create_default_context()") == ""
    assert uv("run", "--offline", "--no-project", "--python", "3.14", "--with", application, "greet", "uv").startswith(
        "1.5 42 uv\n"
    )


def test_it_stays_installed_when_uv_installs_it_again(uv: Uv) -> None:
    """uv writes the table of sysconfig anew, which it must be able to read."""
    for _ in range(2):
        uv("python", "install", "--reinstall", "3.14")
    program = uv("python", "find", "3.14").strip()
    asked = (
        "import sysconfig; print(sysconfig.get_config_var('PYTHON_BUILD_STANDALONE'), sysconfig.get_config_var('CC'))"
    )
    assert said_by(program, "-c", asked) == "1 cc\n"


def test_a_wheel_of_it_brings_the_interpreter_into_an_environment_of_another(
    uv: Uv, archives: Path, tmp_path: Path
) -> None:
    """Here the other one is the same Python, installed by uv; the command is the one in the wheel."""
    uv("python", "install", "3.14")
    uv("venv", "--offline", "--python", "3.14", "environment")
    environment = tmp_path / "environment"
    words = ("--offline", "--no-index", "--find-links", archives)
    uv("pip", "install", "--python", environment / "bin/python", *words, "cpython-bundle")
    home = said_by(environment / "bin/python", "-c", "import cpython_bundle as it; print(it.prefix())").strip()
    for command in ([environment / "bin/cpython3.14"], [environment / "bin/python", "-m", "cpython_bundle"]):
        said = said_by(*command, "-c", "import ctypes, sqlite3, ssl, sys; print(sys.prefix, sys.version_info[:2])")
        assert said == f"{home} (3, 14)\n"
    pip = [str(environment / "bin/cpython3.14"), "-m", "pip", "--isolated", "--disable-pip-version-check"]
    target = tmp_path / "by pip"
    said_by(*pip, "install", "--quiet", "--no-index", "--find-links", archives, "--target", target, "cpython-bundle")
    shutil.rmtree(environment)
    assert said_by(target / "cpython_bundle/python/bin/python3", "-c", "print(6 * 7)") == "42\n"
