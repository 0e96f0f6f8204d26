"""An application for another processor: linked here, and run by an emulator."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pydist.link.app import Request
from pydist.link.dist import Distribution
from pydist.link.link import link
from pydist.store import Store

pytestmark = pytest.mark.slow

TARGET = "aarch64-unknown-linux-musl"
SCRIPT = """
import inspect, json, platform, sqlite3, threading
kept = [bytes(size) for size in range(0, 20000, 7)]
print(platform.machine(), sum(map(len, kept)), sqlite3.connect(":memory:").execute("select 1").fetchone())
threading.Thread(target=lambda: print(len(inspect.getsource(json)) > 9999)).start()
"""


def test_an_application_for_aarch64_runs(
    tree: Callable[..., Path], distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    """The interpreter of this machine, which is in the store, compiles for the other one."""
    emulator = shutil.which("qemu-aarch64-static")
    if emulator is None:
        pytest.skip("nothing here runs programs for AArch64: apt install qemu-user-static")
    (app := tmp_path / "app.py").write_text(SCRIPT)
    foreign = tree(TARGET, "noopt+static")
    assert foreign != distribution.root
    report = link(Request(app=str(app), output=tmp_path / "app", distribution=str(foreign)), store=store)
    done = subprocess.run([emulator, report.output], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("aarch64 28578571 (1,)\nTrue\n", 0), done.stderr
