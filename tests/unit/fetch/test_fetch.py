"""What is fetched is what the index says, from a real server that behaves and misbehaves."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pydist.errors import EnvironmentLacking, InputError
from pydist.fetch import Fetched, Wanted, fetch, listing
from pydist.progress import Silent
from pydist.sources.download import Patience
from pydist.store import Store
from pydist.store.collect import collect, contents
from tests.support.index import PUBLISHED, address, archive, metadata, metadata_row, sums
from tests.support.server import Server, serving

TARGET = "x86_64-unknown-linux-gnu"
NAME = f"cpython-3.13.1+20250101-{TARGET}-install_only.tar.gz"
OLDER = f"cpython-3.13.0+20241001-{TARGET}-install_only.tar.gz"
DATA, OLD_DATA = archive() + bytes(700_000), archive("older")
SHA256 = hashlib.sha256(DATA).hexdigest()
WANTED = Wanted.parse("3.13", target=TARGET)
ARRIVED = len(DATA) // 2 // 65536 * 65536  # whole chunks of what was sent before it broke off
QUICK = Patience(wait=0.01, read=0.3)


class Notes(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)

    def advance(self, name: str, done: int, total: int | None = None) -> None:
        self.said.append(f"{name} {done}/{total}")

    def finish(self, name: str, detail: str = "", *, cached: bool = False) -> None:
        self.said.append(f"{name} finished{' from the store' if cached else ''}")


@pytest.fixture
def server() -> Iterator[Server]:
    """A release's folder, with its sums, and uv's metadata of it."""
    with serving() as server:
        files = {NAME: DATA, OLDER: OLD_DATA}
        server.files = {f"20250101/{name}": data for name, data in files.items()}
        server.files["20250101/SHA256SUMS"] = sums(files)
        root = server.url("20250101")
        server.files["index.json"] = metadata(
            metadata_row(address(root, name), hashlib.sha256(data).hexdigest()) for name, data in files.items()
        )
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def get(server: Server, store: Store, index: str = "index.json", *, wanted: Wanted = WANTED, output: Path | None = None,
        notes: Notes | None = None, allow_unverified: bool = False) -> Fetched:  # fmt: skip
    return fetch(wanted, server.url(index), store=store, output=output, reporter=notes, patience=QUICK,
                 allow_unverified=allow_unverified)  # fmt: skip


@pytest.mark.parametrize("index", ["index.json", "20250101", "20250101/", "20250101/SHA256SUMS"])
def test_the_newest_archive_is_fetched_from_every_form_of_index(server: Server, store: Store, index: str) -> None:
    fetched = get(server, store, index)
    assert fetched.path.read_bytes() == DATA
    assert fetched.path.name == NAME
    assert fetched.path.is_relative_to(store.downloads)
    assert (fetched.sha256, fetched.verified, fetched.cached) == (SHA256, True, False)
    with tarfile.open(fetched.path) as tar:
        assert tar.getnames() == ["python/bin/python3"]


def test_what_was_fetched_once_is_taken_from_the_store(server: Server, store: Store) -> None:
    first = get(server, store)
    notes = Notes()
    again = get(server, store, notes=notes)
    assert (again.path, again.cached) == (first.path, True)
    assert [path for path, _ in server.asked].count(f"20250101/{NAME}") == 1
    assert f"fetch {NAME} finished from the store" in notes.said


def test_a_file_of_the_store_that_was_damaged_is_fetched_again(server: Server, store: Store) -> None:
    get(server, store).path.write_bytes(b"damaged")
    notes = Notes()
    fetched = get(server, store, notes=notes)
    assert fetched.path.read_bytes() == DATA
    assert not fetched.cached
    assert any("fetched again" in note for note in notes.said)


def test_the_archive_is_put_into_a_folder_complete_or_not_at_all(server: Server, store: Store, tmp_path: Path) -> None:
    output = tmp_path / "a" / "b"
    fetched = get(server, store, output=output)
    assert fetched.path == output / NAME
    assert fetched.path.read_bytes() == DATA
    (output / NAME).write_bytes(b"older")
    server.moods = ["good", "lies"]
    store.remove(store.downloads)
    with pytest.raises(InputError, match="refused"):
        get(server, store, output=output)
    assert [path.name for path in output.iterdir()] == [NAME]
    assert (output / NAME).read_bytes() == b"older"


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_fetched(
    server: Server, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is no folder"):
        get(server, store, output=tmp_path / "file")
    assert [path for path, _ in server.asked] == ["index.json"]


def test_other_bytes_than_the_index_says_are_refused_and_not_kept(server: Server, store: Store) -> None:
    server.moods = ["good", "lies"]
    with pytest.raises(InputError, match=f"expected SHA-256 {SHA256}, found [0-9a-f]{{64}}; it was refused"):
        get(server, store)
    assert not list(store.downloads.rglob("cpython*"))


def test_an_archive_without_a_digest_is_refused_unless_it_is_allowed(server: Server, store: Store) -> None:
    server.files["index.json"] = metadata([metadata_row(server.url(f"20250101/{NAME.replace('+', '%2B')}"), None)])
    with pytest.raises(InputError, match="--allow-unverified"):
        get(server, store)
    for _ in range(2):  # and it is never believed to be there
        fetched = get(server, store, allow_unverified=True)
        assert (fetched.sha256, fetched.verified, fetched.cached) == (SHA256, False, False)
        assert fetched.path.read_bytes() == DATA


def test_a_download_that_broke_off_goes_on(server: Server, store: Store) -> None:
    server.moods = ["good", "breaks off"]
    notes = Notes()
    assert get(server, store, notes=notes).path.read_bytes() == DATA
    assert server.ranges[1:] == [None, f"bytes={ARRIVED}-"]
    assert f"fetch {NAME} {len(DATA)}/{len(DATA)}" in notes.said


def test_one_of_all_that_was_ever_published_is_fetched_though_it_broke_off(server: Server, store: Store) -> None:
    """The whole index of the ecosystem, with 3.13 of the newest release: 3.13.15 of 2026-08-14."""
    newest = f"cpython-3.13.15+20260814-{TARGET}-install_only_stripped.tar.gz"
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in PUBLISHED} | {newest: SHA256}
    rows = [metadata_row(address(server.url("releases"), name), digest) for name, digest in digests.items()]
    server.files |= {"index.json": metadata(rows), f"releases/{newest}": DATA}
    found = listing(server.url("index.json"), store=store)
    assert [str(entry.name) for entry in found.entries] == list(PUBLISHED)
    assert found.left_out == ()
    server.moods = ["good", "breaks off"]
    fetched = get(server, store)
    assert (fetched.path.name, fetched.path.read_bytes(), fetched.verified) == (newest, DATA, True)
    assert server.ranges[-2:] == [None, f"bytes={ARRIVED}-"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_download_goes_on_in_another_process_where_one_was_ended(
    server: Server, store: Store, number: signal.Signals
) -> None:
    server.moods = ["good", "stalls"]
    command = [sys.executable, "-m", "pydist", "fetch", "3.13", "--target", TARGET, "--index", server.url("index.json")]
    variables = {**os.environ, "PYDIST_CACHE": str(store.root), "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(command, env=variables, cwd=store.root.parent, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while not any(part.stat().st_size == ARRIVED for part in store.root.rglob("*.part")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(number)
    assert process.returncode == (130 if number is signal.SIGINT else -signal.SIGKILL)
    assert get(server, store).path.read_bytes() == DATA
    assert server.ranges[-1] == f"bytes={ARRIVED}-"
    assert not list(store.downloads.rglob("*.part*"))


@pytest.mark.parametrize("mood", ["redirect", "503", "slow", "ignores range", "encoded", "no length"])
def test_a_server_with_a_mood_is_borne(server: Server, store: Store, mood: str) -> None:
    server.moods = ["good", mood]
    assert get(server, store).path.read_bytes() == DATA


def test_a_missing_archive_is_said_with_its_address(server: Server, store: Store) -> None:
    del server.files[f"20250101/{NAME}"]
    with pytest.raises(EnvironmentLacking, match=r"cannot be downloaded: http://127\.0\.0\.1.*answered 404"):
        get(server, store)


@pytest.mark.parametrize("index", ["nothing", "nothing.json"])
def test_a_missing_index_is_said_with_its_address(server: Server, store: Store, index: str) -> None:
    with pytest.raises(EnvironmentLacking, match=r"the index cannot be had.*nothing.*404"):
        get(server, store, index)


def test_without_a_network_the_index_of_last_time_is_used_and_said(store: Store) -> None:
    with serving() as server:
        server.files = {"20250101/SHA256SUMS": sums({NAME: DATA}), f"20250101/{NAME}": DATA}
        get(server, store, "20250101")
    notes = Notes()
    assert get(server, store, "20250101", notes=notes).cached
    assert any("the copy of 20" in note for note in notes.said)
    with pytest.raises(EnvironmentLacking, match="refused"):
        get(server, store, "20250102")


def test_a_page_in_place_of_an_index_is_refused(server: Server, store: Store) -> None:
    server.files["20250101/SHA256SUMS"] = b"<html>Sign in</html>"
    with pytest.raises(InputError, match="names no distribution"):
        get(server, store, "20250101")


def test_an_endless_index_is_refused(server: Server, store: Store) -> None:
    server.files["index.json"] = bytes(17 << 20)
    with pytest.raises(InputError, match="at most"):
        get(server, store)


def test_a_hostile_index_has_nothing_written_outside_and_nothing_read(
    server: Server, store: Store, tmp_path: Path
) -> None:
    secret = tmp_path / NAME
    secret.write_bytes(b"secret")
    digest = hashlib.sha256(b"secret").hexdigest()
    rows = [
        metadata_row(NAME, digest, url=url)
        for url in (secret.as_uri(), f"..%2f..%2f{NAME}", f"{server.root}/%2e%2e%2f{NAME}", f"/{NAME}%2F..", "x" * 9999)
    ]
    server.files["index.json"] = metadata(rows)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError) as caught:
        get(server, store)
    assert len(caught.value.faults) == len(rows)
    assert sorted(path for path in tmp_path.rglob("*") if store.root not in (path, *path.parents)) == before


@pytest.mark.parametrize("index", ["ftp://example.org/x.json", "file:///etc/passwd", "https://[::1", "http://a\nb/"])
def test_what_is_no_place_for_an_index_is_refused(store: Store, index: str) -> None:
    with pytest.raises(InputError, match="expected a file, a folder, or an address"):
        fetch(WANTED, index, store=store)


@pytest.mark.parametrize("place", ["", "SHA256SUMS"])
def test_a_local_folder_is_an_index_too(store: Store, tmp_path: Path, place: str) -> None:
    (tmp_path / "SHA256SUMS").write_bytes(sums({NAME: DATA, OLDER: OLD_DATA}))
    (tmp_path / OLDER).write_bytes(OLD_DATA)
    older = Wanted.parse("3.13.0", target=TARGET)
    assert fetch(older, str(tmp_path / place), store=store).path.read_bytes() == OLD_DATA
    with pytest.raises(InputError, match="No such file"):
        fetch(WANTED, str(tmp_path / place), store=store)
    (tmp_path / NAME).write_bytes(DATA[:-1])
    with pytest.raises(InputError, match="refused"):
        fetch(WANTED, str(tmp_path / place), store=store)


def test_an_index_that_is_not_there_is_said(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.json: cannot be read: No such file"):
        fetch(WANTED, str(tmp_path / "nothing.json"), store=store)


def test_several_at_once_download_once_and_all_get_it(server: Server, store: Store, tmp_path: Path) -> None:
    start = threading.Barrier(4)

    def one(number: int) -> Fetched:
        start.wait()
        return get(server, store, output=tmp_path / str(number % 2))

    with ThreadPoolExecutor(4) as pool:
        fetched = list(pool.map(one, range(4)))
    assert {found.path.read_bytes() for found in fetched} == {DATA}
    assert sorted(found.cached for found in fetched) == [False, True, True, True]
    assert [path for path, _ in server.asked].count(f"20250101/{NAME}") == 1


def test_the_store_shows_and_collects_what_was_fetched(server: Server, store: Store) -> None:
    path = get(server, store).path
    assert {item.label for item in contents(store)} == {NAME, "index"}
    os.utime(path, (0, 0))
    assert [item.path for item in collect(store, older_than=60)] == [path]


def test_passwords_in_an_address_are_sent_and_never_shown(server: Server, store: Store) -> None:
    index = server.url("20250101").replace("//", "//me:secret@")
    found = listing(index, store=store)
    assert "secret" not in found.where
    assert server.asked[-1][1]["Authorization"].startswith("Basic ")
    server.moods = ["404"]
    with pytest.raises(EnvironmentLacking) as caught:
        listing(index, store=store)
    assert "secret" not in str(caught.value)


def test_a_proxy_of_the_environment_is_used(server: Server, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy is asked for the whole address."""
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("http_proxy", server.root)
    server.files["http://files.example/20250101/SHA256SUMS"] = sums({NAME: DATA})
    found = listing("http://files.example/20250101", store=store)
    assert [str(entry.name) for entry in found.entries] == [NAME]
