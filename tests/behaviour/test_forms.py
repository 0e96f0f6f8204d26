"""The same distribution linked in each of the ways: from its objects, its static and its shared libpython, and as an
`install_only` archive. What an application sees is the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydist.link.app import Request
from pydist.link.link import link
from pydist.link.report import LinkReport
from pydist.link.trace import read_trace
from pydist.repack import Request as Repacking
from pydist.repack import repack
from pydist.repack.profile import profile_named
from pydist.store import Store

pytestmark = pytest.mark.slow

GNU = "x86_64-unknown-linux-gnu"
SCRIPT = """
import ctypes, json, multiprocessing, sqlite3, ssl, subprocess, sys, zlib
def square(number): return number * number
if __name__ == "__main__":
    row = sqlite3.connect(":memory:").execute("select 1").fetchone()
    print(json.__file__.startswith(sys.prefix), zlib.crc32(b"a"), row)
    print(subprocess.check_output([sys.executable, "-c", "import ssl, sys; print(sys.argv)", "x"]).decode(), end="")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(square, [2, 3]))
    print(ctypes.CDLL(None).getpid() > 0, ctypes.pythonapi.Py_IsInitialized())
    sys.exit(3)
"""
EXPECTED = "True 3904355907 (1,)\n['-c', 'x']\n[4, 9]\nTrue 1\n"
MEMORY = "/proc, to load Python from memory"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("app") / "app.py"
    path.write_text(SCRIPT)
    return path


def changed(root: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The distribution at `root` with another manifest."""
    made = folder / "python"
    shutil.copytree(root, made, symlinks=True, copy_function=os.link)
    manifest = json.loads((root / "PYTHON.json").read_text())
    change(manifest["build_info"])
    (made / "PYTHON.json").unlink()
    (made / "PYTHON.json").write_text(json.dumps(manifest))
    return made


def only(key: str) -> Callable[[dict[str, Any]], None]:
    """Leave nothing to link the interpreter from but `core[key]`."""

    def change(info: dict[str, Any]) -> None:
        core = info["core"]
        info["core"] = {"objs": [], "links": core["links"], key: core[key]}
        for variants in info["extensions"].values():
            for variant in variants:
                variant["objs"] = []

    return change


def run(report: LinkReport) -> None:
    done = subprocess.run([report.output], env={}, cwd="/", capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (EXPECTED, 3), done.stderr


def test_relinked_from_objects(tree: Callable[..., Path], store: Store, script: Path, tmp_path: Path) -> None:
    report = link(Request(app=str(script), output=tmp_path / "app", distribution=str(tree(GNU, "noopt"))), store=store)
    run(report)
    assert report.reasons["interpreter"].startswith("relinked from its objects")
    assert MEMORY not in report.needs


def test_with_a_static_libpython(tree: Callable[..., Path], store: Store, script: Path, tmp_path: Path) -> None:
    place = changed(tree(GNU, "noopt"), tmp_path, only("static_lib"))
    report = link(Request(app=str(script), output=tmp_path / "app", distribution=str(place)), store=store)
    run(report)
    assert "build_info.core.objs" in report.reasons["interpreter"]
    assert any("has not all of these built-in modules: _blake2" in note for note in report.notes)


def test_with_a_shared_libpython(tree: Callable[..., Path], store: Store, script: Path, tmp_path: Path) -> None:
    place = changed(tree(GNU, "noopt"), tmp_path, only("shared_lib"))
    report = link(Request(app=str(script), output=tmp_path / "app", distribution=str(place)), store=store)
    run(report)
    assert MEMORY in report.needs
    traced = subprocess.run([report.output], env={"PYDIST_TRACE": f"{tmp_path}/trace.json"}, cwd="/", check=False)
    assert traced.returncode == 3
    phases = [phase.name for phase in read_trace(tmp_path / "trace.json").phases]
    assert phases == ["mapping", "library", "interpreter", "main", "exit"]
    jail = [
        "unshare",
        "--mount",
        "--map-root-user",
        "sh",
        "-c",
        'mount -t tmpfs none /proc && exec "$0"',
        report.output,
    ]
    done = subprocess.run(jail, env={}, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 127
    assert "Python cannot be loaded" in done.stderr and "needs the folder /proc" in done.stderr


def test_from_an_archive_without_a_manifest(
    tree: Callable[..., Path], store: Store, script: Path, tmp_path: Path
) -> None:
    packed = repack(
        Repacking(source=tree(GNU, "noopt").parent, profile=profile_named("install-only"), output=f"{tmp_path}/")
    )
    report = link(Request(app=str(script), output=tmp_path / "app", distribution=packed.output), store=store)
    run(report)
    assert MEMORY in report.needs
