"""SIGKILL for the builder, or for what runs in a container, at random moments: what is in the store stays whole."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import APIClient
from docker.errors import APIError

from pydist.policy import engine
from pydist.store import Store, digest_tree
from tests.support.engine import needs_engine

pytestmark = [pytest.mark.slow, needs_engine]

KILLS = 20
ATTEMPTS = 60  # some builds are over before they are killed
COMPONENTS = ("bzip2", "expat", "zlib")
PROGRAM = f"""
import sys
from pathlib import Path
from pydist.build.box import BoxKind
from pydist.build.components import build_components
from pydist.build.request import BuildRequest
from pydist.errors import PydistError
from pydist.store import Store
request = BuildRequest.parse(python="3.14", target="x86_64-unknown-linux-musl", options="")
try:
    build_components({COMPONENTS!r}, request, box=BoxKind.CONTAINER, jobs=2, store=Store(Path(sys.argv[1])),
                     downloads=Path(sys.argv[2]))
except PydistError as error:
    sys.exit(f"{{type(error).__name__}}: {{error}}")
"""


@pytest.fixture
def client() -> Iterator[APIClient]:
    client = engine.connect()
    yield client
    client.close()


def start(store: Store, downloads: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(store.root), str(downloads)],
                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # fmt: skip


def finish(store: Store, downloads: Path) -> None:
    builder = start(store, downloads)
    _, complaint = builder.communicate(timeout=600)  # the first one may have to make the image
    assert builder.returncode == 0, complaint


def published(store: Store) -> dict[str, str]:
    """Digests of all results by their names; nothing but results may be in their folder."""
    nodes = list(store.nodes())
    folder = store.root / "nodes"
    assert {node.path.name for node in nodes} == {path.name for path in folder.glob("*")}
    return {node.label: digest_tree(node.path, skip=("node.json", "build.log")) for node in nodes}


def running(client: APIClient, store: Store) -> list[str]:
    return [found["Id"] for found in client.containers(filters={"label": f"pydist.store={store.root}"})]


def kill_a_container(client: APIClient, store: Store, choice: random.Random) -> bool:
    """Whether there was one to be killed, now or a moment later."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        if found := sorted(running(client, store)):
            try:
                client.kill(choice.choice(found), "SIGKILL")
            except APIError:
                continue  # it ended meanwhile
            return True
        time.sleep(0.02)
    return False


def test_the_store_is_whole_after_a_kill_at_any_moment_and_the_next_build_finishes(
    client: APIClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("PYDIST_KILL_SEED") or random.SystemRandom().randrange(1 << 32))
    choice = random.Random(seed)  # noqa: S311  no secret
    clean = Store(tmp_path / "clean")
    downloads = Path(os.environ.get("PYDIST_DOWNLOADS", tmp_path / "none"))
    finish(clean, downloads)  # makes the image where it is not there, and fetches
    for fetched in clean.downloads.iterdir():
        (tmp_path / "downloads").mkdir(exist_ok=True)
        (tmp_path / "downloads" / fetched.name[17:]).symlink_to(fetched)
    downloads = tmp_path / "downloads"
    expected = published(clean)
    assert set(expected) == set(COMPONENTS)
    began = time.monotonic()
    finish(Store(tmp_path / "timed"), downloads)
    whole = 0.8 * (time.monotonic() - began)

    counts: Counter[str] = Counter()
    kills = 0
    for attempt in range(ATTEMPTS):
        store = Store(tmp_path / f"store-{attempt}")
        builder = start(store, downloads)
        time.sleep(choice.uniform(0, whole))
        victim = "containers" if attempt % 2 and kill_a_container(client, store, choice) else "builders"
        if victim == "builders":
            builder.kill()
        _, complaint = builder.communicate(timeout=60)
        where = f"seed {seed}, attempt {attempt}"
        assert "Traceback" not in complaint, f"{where}: {complaint}"
        if builder.returncode == 0:
            counts["came too late"] += 1
        else:
            kills += 1
            counts[f"{victim} killed"] += 1
        found = published(store)
        assert found.items() <= expected.items(), f"{where}: a result is not whole"
        counts["results found whole"] += len(found)
        if builder.returncode != 0:
            finish(store, downloads)
            assert published(store) == expected, where
        left = client.containers(all=True, filters={"label": f"pydist.store={store.root}"})
        assert left == [], f"{where}: containers are left"
        if kills == KILLS:
            break
    with capsys.disabled():
        said = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
        print(f"\nseed {seed}, moments within {whole:.1f} s: {said}")
    assert kills == KILLS
