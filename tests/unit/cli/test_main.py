"""Facts about how every command ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def pydist(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "pydist", *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, **variables}, stdin=subprocess.DEVNULL)  # fmt: skip


def test_wrong_use_ends_with_2() -> None:
    assert pydist("build", "--python", "2.7").returncode == 2
    assert pydist("no-such-command").returncode == 2


def test_an_option_that_is_none_is_told_by_the_command_with_the_nearest() -> None:
    done = pydist("link", "x.py", "--optimise", "1")
    assert done.returncode == 2
    assert done.stderr.startswith("usage: pydist link ")
    assert "unrecognized arguments: --optimise 1; did you mean --optimize?" in done.stderr
    assert "did you mean" not in pydist("cache", "path", "more").stderr


def test_arguments_are_looked_at_before_anything_is_built(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for arguments in (["--tag", "../x"], ["--tag", ""], ["--output", str(tmp_path / "file")], ["--jobs", "-1"]):
        done = pydist("build", *arguments, PYDIST_CACHE=str(tmp_path / "cache"))
        assert done.returncode == 2, done.stderr
        assert not (tmp_path / "cache").exists()
    assert pydist("build", SOURCE_DATE_EPOCH="abc", PYDIST_CACHE=str(tmp_path / "cache")).returncode == 2


def test_a_store_that_build_scripts_cannot_work_in_is_refused_at_once(tmp_path: Path) -> None:
    done = pydist("build", "--output", str(tmp_path / "out"), PYDIST_CACHE=str(tmp_path / "a store"))
    assert done.returncode == 2
    assert "PYDIST_CACHE" in done.stderr


def test_a_machine_that_lacks_something_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "hello.py").write_text("")
    done = pydist(
        "link", str(tmp_path / "hello.py"), "-o", str(tmp_path / "hello"), PYDIST_CACHE=str(tmp_path / "file")
    )
    assert done.returncode == 3, done.stderr


def test_a_reader_that_goes_away_is_no_error_message(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-m", "pydist", "validate", "--list-rules"], stdout=write, check=False,
                          stderr=subprocess.PIPE, text=True)  # fmt: skip
    os.close(write)
    assert done.returncode == 128 + signal.SIGPIPE, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_command_and_all_that_it_started(number: signal.Signals, code: int, tmp_path: Path) -> None:
    script = (
        "import sys, threading\n"
        "from pathlib import Path\n"
        "import pydist.cli.build\n"
        "from pydist.build.host_box import Processes\n"
        "from pydist.build.limits import Watch\n"
        "from pydist.build.schedule import PlannedNode, run\n"
        "from pydist.progress import Silent\n"
        "from pydist.store import Key, Store\n"
        "def command(args, terminal):\n"
        "    processes, folder = Processes(), Path(sys.argv[1])\n"
        "    def make(out, inputs):\n"
        "        with open(folder / 'log', 'wb') as log:\n"
        "            processes.run(['/bin/sh', '-c', 'sleep 60 & echo $! > child; wait'], folder, {'PATH': '/bin'},\n"
        "                          log.fileno(), (), watch=Watch(folder / 'log'))\n"
        "    node = PlannedNode(name='x', key=Key.of('test', {}), needs=(), make=make)\n"
        "    run([node], Store(folder / 'store'), jobs=1, reporter=Silent(), stop=processes.stop)\n"
        "    return 0\n"
        "pydist.cli.build.run = command\n"
        "from pydist.cli.main import main\n"
        "sys.exit(main(['build']))\n"
    )
    command = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stderr=subprocess.DEVNULL)
    child = tmp_path / "child"
    deadline = time.monotonic() + 20
    while not (child.exists() and child.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.05)
    command.send_signal(number)
    assert command.wait(20) == code
    state = Path(f"/proc/{child.read_text().strip()}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"
