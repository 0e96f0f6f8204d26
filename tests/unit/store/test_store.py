"""Facts about the store."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pydist.errors import EnvironmentLacking
from pydist.store import Key, Store, digest_tree

KEY = Key.of("test", {"input": 1})


def fill(out: Path) -> None:
    (out / "result").write_text("made")


def test_keys_depend_on_every_input_and_on_nothing_else() -> None:
    assert Key.of("a", {"x": 1, "y": 2}) == Key.of("a", {"y": 2, "x": 1})
    assert len({Key.of("a", {"x": 1}), Key.of("a", {"x": 2}), Key.of("b", {"x": 1}), Key.of("a", {"x": "1"})}) == 4


def test_a_result_is_made_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = store.produce(KEY, "label", fill)
    again = store.produce(KEY, "label", lambda out: pytest.fail("made twice"))
    assert first == again
    assert (again / "result").read_text() == "made"


def test_a_failed_maker_publishes_nothing_and_the_next_starts_empty(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def fail(out: Path) -> None:
        (out / "half").write_text("")
        raise ValueError

    with pytest.raises(ValueError):
        store.produce(KEY, "label", fail)
    assert store.find(KEY) is None
    path = store.produce(KEY, "label", fill)
    assert sorted(item.name for item in path.iterdir()) == ["node.json", "result"]


def test_a_maker_killed_halfway_leaves_nothing_published_and_its_children_are_ended(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time\n"
        "from pathlib import Path\n"
        "from pydist.store import Key, Store\n"
        "def make(out):\n"
        "    (out / 'half').write_text('')\n"
        "    child = subprocess.Popen(['/bin/sleep', '60'], env={'PYDIST_WORK': str(out)})\n"
        "    print(child.pid, flush=True)\n"
        "    time.sleep(60)\n"
        "Store(Path(sys.argv[1])).produce(Key.of('test', {'input': 1}), 'label', make)\n"
    )
    maker = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert maker.stdout is not None
    child = int(maker.stdout.readline())
    maker.send_signal(signal.SIGKILL)
    maker.wait()
    maker.stdout.close()
    store = Store(tmp_path)
    assert store.find(KEY) is None
    assert Path(f"/proc/{child}").exists()
    path = store.produce(KEY, "label", fill)
    assert not (path / "half").exists()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}/cwd").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}/cwd").exists()


def test_two_processes_that_want_the_same_result_make_it_once(tmp_path: Path) -> None:
    script = (
        "import sys, time, os\n"
        "from pathlib import Path\n"
        "from pydist.store import Key, Store\n"
        "def make(out):\n"
        "    with open(sys.argv[2], 'a') as log: log.write('made\\n')\n"
        "    time.sleep(0.5)\n"
        "Store(Path(sys.argv[1])).produce(Key.of('test', {}), 'label', make)\n"
    )
    log = tmp_path / "log"
    makers = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "store"), str(log)]) for _ in range(3)]
    assert [maker.wait() for maker in makers] == [0, 0, 0]
    assert log.read_text() == "made\n"


def test_a_file_in_the_place_of_a_result_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / KEY.name).write_text("rubbish")
    store = Store(tmp_path)
    assert store.find(KEY) is None
    assert (store.produce(KEY, "label", fill) / "result").read_text() == "made"


def test_a_ref_to_a_result_that_is_gone_is_no_ref(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.set_ref("distribution/x", KEY)
    assert store.ref("distribution/x") is None
    assert store.refs("distribution") == {}
    store.produce(KEY, "label", fill)
    assert store.refs("distribution") == {"distribution/x": KEY}


def test_a_store_that_cannot_be_written_says_where_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentLacking, match="PYDIST_CACHE"):
        Store(tmp_path / "file").produce(KEY, "label", fill)


def test_the_digest_of_a_tree_sees_names_bytes_and_executable_bits(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    digests = {digest_tree(tmp_path)}
    (tmp_path / "a").chmod(0o755)
    digests.add(digest_tree(tmp_path))
    (tmp_path / "a").write_text("y")
    digests.add(digest_tree(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")
    digests.add(digest_tree(tmp_path))
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "c").write_text("")
    digests.add(digest_tree(tmp_path))
    assert len(digests) == 4


def test_a_shell_that_stands_in_a_work_folder_is_not_ended(tmp_path: Path) -> None:
    folder = tmp_path / "work" / KEY.name
    folder.mkdir(parents=True)
    bystander = subprocess.Popen(["sleep", "60"], cwd=folder)
    Store(tmp_path).produce(KEY, "label", fill)
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_strays_are_found_behind_a_symbolic_link_to_the_store(tmp_path: Path) -> None:
    real = tmp_path / "real"
    (real / "work" / KEY.name).mkdir(parents=True)
    (tmp_path / "link").symlink_to(real)
    stray = subprocess.Popen(["/bin/sleep", "60"], env={"PYDIST_WORK": str(real / "work" / KEY.name / "scratch")})
    Store(tmp_path / "link").produce(KEY, "label", fill)
    assert stray.wait(10) == -signal.SIGKILL
