"""Collecting removes what is old and unused, whole or not at all, and nothing that somebody holds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pydist.store import Key, Store
from pydist.store.collect import Area, collect, contents

KEY = Key.of("test", {"input": 1})
DAY = 86400
DIGEST = "0123456789abcdef"


def fill(out: Path) -> None:
    (out / "result").write_text("made")


def old(path: Path, days: float = 40) -> Path:
    """`path` and everything below it, as it would be if it was last touched `days` ago."""
    then = time.time() - days * DAY
    for item in [*path.rglob("*"), path]:
        os.utime(item, (then, then))
    return path


def made(path: Path, text: str = "content") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def unfinished(store: Store, key: Key = KEY) -> Path:
    """The work folder that a failed maker leaves."""

    def fail(out: Path) -> None:
        made(out.parent / "build.log", "what went wrong")
        raise ValueError

    with pytest.raises(ValueError):
        store.produce(key, "label", fail)
    return store.root / "work" / key.name


def test_old_results_go_but_not_named_kept_or_fresh_ones(tmp_path: Path) -> None:
    store = Store(tmp_path)
    stale, named, kept, fresh = (Key.of("test", {"n": n}) for n in range(4))
    for key in (stale, named, kept, fresh):
        store.produce(key, "label", fill)
    store.set_ref("distribution/x", named)
    for key in (stale, named, kept):
        old(tmp_path / "nodes" / key.name)
    removed = collect(store, older_than=30 * DAY, keep=frozenset({kept}))
    assert [(item.key, item.area, item.size > 0) for item in removed] == [(stale, Area.NODES, True)]
    assert store.find(stale) is None
    assert all(store.find(key) for key in (named, kept, fresh))


def test_a_result_found_a_moment_ago_stays(tmp_path: Path) -> None:
    store = Store(tmp_path)
    old(store.produce(KEY, "label", fill))
    assert store.find(KEY)
    assert collect(store, older_than=30 * DAY) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from pydist.store import Store
from pydist.store.collect import collect

removed = 0
def hook(event, arguments):
    global removed
    if event == "os.remove" and str(arguments[0]).rpartition("/")[2].startswith(("file", "node.json")):
        removed += 1
        if removed == 2:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
collect(Store(Path(sys.argv[1])), older_than=3600)
"""


def test_a_collector_killed_while_deleting_leaves_no_half_of_a_result(tmp_path: Path) -> None:
    def many(out: Path) -> None:
        for number in range(100):
            (out / f"file{number}").write_text("x")

    store = Store(tmp_path)
    old(store.produce(KEY, "label", many))
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len([path for path in tmp_path.rglob("file*") if path.is_file()]) == 99
    assert store.find(KEY) is None
    assert collect(store, older_than=30 * DAY) == []
    assert not list(tmp_path.rglob("file*"))
    assert len(list(store.produce(KEY, "label", many).iterdir())) == 101


def test_a_folder_without_stamp_is_no_result_and_goes(tmp_path: Path) -> None:
    torn = made(tmp_path / "nodes" / KEY.name / "half").parent
    collect(Store(tmp_path), older_than=30 * DAY)
    assert not torn.exists()


def test_the_work_folder_of_a_failure_stays_until_it_is_old(tmp_path: Path) -> None:
    store = Store(tmp_path)
    work = unfinished(store)
    old(work)
    os.utime(work / "build.log")
    assert collect(store, older_than=30 * DAY) == []
    assert (work / "build.log").read_text() == "what went wrong"
    old(work)
    assert [(item.area, item.path) for item in collect(store, older_than=30 * DAY)] == [(Area.WORK, work)]
    assert not work.exists()


def test_what_somebody_holds_stays_however_old(tmp_path: Path) -> None:
    store = Store(tmp_path)
    work = old(unfinished(store))
    other = Key.of("test", {"input": 2})
    node = old(store.produce(other, "label", fill))
    file = old(made(store.downloads / f"{DIGEST}-a.tar.gz.part"))
    wheel = old(made(store.downloads / DIGEST / "a.whl"))
    with store.lock(KEY.name), store.lock(other.name), store.lock(f"download-{DIGEST}{'9' * 24}"):
        assert collect(store, older_than=0) == []
    assert work.exists() and node.exists() and file.exists() and wheel.exists()
    assert len(collect(store, older_than=30 * DAY)) == 4


def test_downloads_go_when_they_were_neither_made_nor_read_for_long(tmp_path: Path) -> None:
    store = Store(tmp_path)
    stale = [
        old(made(store.downloads / f"{DIGEST}-a.tar.gz")),
        old(made(store.downloads / f"{DIGEST}-b.tar.gz.part")),
        old(made(store.downloads / DIGEST / "c.whl")),
    ]
    read = old(made(store.downloads / f"{DIGEST}-d.tar.gz"))
    os.utime(read, (time.time(), read.stat().st_mtime))
    touched = old(made(store.downloads / "fedcba9876543210" / "e.whl"))
    touched.touch()
    assert {item.path for item in collect(store, older_than=30 * DAY)} == set(stale)
    assert {path for path in store.downloads.rglob("*") if path.is_file()} == {read, touched}
    assert not (store.downloads / DIGEST).exists()


def test_lock_files_that_nobody_holds_go(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.lock("free"):
        pass
    with store.lock("held"):
        collect(store, older_than=30 * DAY)
        assert [path.name for path in (tmp_path / "locks").iterdir()] == ["held.lock"]


def test_removing_lock_files_lets_no_two_processes_in(tmp_path: Path) -> None:
    """Several makers of one result, whose lock file is removed again and again meanwhile."""
    script = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from pydist.store import Store\n"
        "store, folder = Store(Path(sys.argv[1])), Path(sys.argv[2])\n"
        "for _ in range(40):\n"
        "    with store.lock('name'):\n"
        "        (folder / 'inside').mkdir()\n"
        "        time.sleep(0.002)\n"
        "        (folder / 'inside').rmdir()\n"
    )
    store = Store(tmp_path / "store")
    makers = [
        subprocess.Popen([sys.executable, "-c", script, str(store.root), str(tmp_path)], stderr=subprocess.DEVNULL)
        for _ in range(3)
    ]
    while any(maker.poll() is None for maker in makers):
        collect(store, older_than=30 * DAY)
    assert [maker.wait() for maker in makers] == [0, 0, 0]


def test_everything_that_takes_room_is_listed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    node = store.produce(KEY, "label", fill)
    work = unfinished(store, Key.of("test", {"input": 2}))
    wheel = made(store.downloads / DIGEST / "a.whl", "12345")
    source = made(store.downloads / f"{DIGEST}-b.tar.gz", "123")
    made(tmp_path / "toolchain" / "global" / "o" / "libc.a", "1234567")
    found = {(item.area, item.path, item.label): item.size for item in contents(store)}
    assert found == {
        (Area.NODES, node, "label"): len("made"),
        (Area.WORK, work, "unfinished"): len("what went wrong"),
        (Area.DOWNLOADS, wheel, "a.whl"): 5,
        (Area.DOWNLOADS, source, "b.tar.gz"): 3,
        (Area.TOOLCHAIN, tmp_path / "toolchain" / "global", "compiler cache"): 7,
    }


def test_the_size_of_a_result_is_counted_when_it_is_made_and_later_only_where_an_earlier_version_did_not(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    node = store.produce(KEY, "label", fill)
    made(node / "more", "1234567")
    assert [item.size for item in contents(store)] == [len("made")]
    stamp = node / "node.json"
    facts = json.loads(stamp.read_text())
    del facts["size"]
    stamp.write_text(json.dumps(facts))
    assert [item.size for item in contents(store)] == [len("made") + 7 + stamp.stat().st_size]


def test_the_cache_of_the_compiler_stays(tmp_path: Path) -> None:
    file = old(made(tmp_path / "toolchain" / "global" / "libc.a"))
    assert collect(Store(tmp_path), older_than=0) == []
    assert file.exists()


def test_an_empty_store_holds_nothing(tmp_path: Path) -> None:
    assert contents(Store(tmp_path / "none")) == []
    assert collect(Store(tmp_path / "none"), older_than=0) == []
