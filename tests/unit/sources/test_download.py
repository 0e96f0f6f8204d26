"""Facts about downloads, held against a real server on the loopback interface."""

from __future__ import annotations

import gzip
import hashlib
import ssl
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from pydist.errors import EnvironmentLacking
from pydist.sources.download import DownloadFailed, Patience, WrongBytes, download, keep
from pydist.sources.http import shown
from tests.support.limits import small_files
from tests.support.server import Server, serving

CONTENT = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HALF = len(CONTENT) // 2
QUICK = Patience(wait=0.01, read=0.3)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.files["file"] = CONTENT
        yield server


def fetch(server: Server, path: Path, *, size: int | None = len(CONTENT), sha256: str | None = SHA256,
          limit: int = 1 << 30) -> str:  # fmt: skip
    return download(server.url("file"), path, sha256=sha256, size=size, limit=limit, patience=QUICK)


@pytest.mark.parametrize("size", [len(CONTENT), None])
@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_file_arrives_whole_whatever_is_known_of_it(
    server: Server, tmp_path: Path, size: int | None, sha256: str | None
) -> None:
    assert fetch(server, tmp_path / "file", size=size, sha256=sha256) == SHA256
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("size", [len(CONTENT), None])
def test_a_download_that_broke_off_is_resumed_where_it_stood(server: Server, tmp_path: Path, size: int | None) -> None:
    server.moods = ["breaks off"]
    fetch(server, tmp_path / "file", size=size)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={HALF}-"]


def test_what_an_earlier_process_left_is_used(server: Server, tmp_path: Path) -> None:
    server.tags["file"] = 'W/"weak"'
    (tmp_path / "file.part").write_bytes(CONTENT[:100])
    heard: list[tuple[int, int | None]] = []
    download(server.url("file"), tmp_path / "file", sha256=SHA256, size=None,
             advance=lambda done, total: heard.append((done, total)))  # fmt: skip
    assert server.ranges == ["bytes=100-"]
    assert heard[-1] == (len(CONTENT), len(CONTENT))
    assert heard[0][0] > 100


def test_a_server_that_ignores_ranges_is_read_from_the_start(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(CONTENT[:100])
    server.moods = ["ignores range"]
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_file_that_changed_on_the_server_is_read_from_the_start(server: Server, tmp_path: Path) -> None:
    """The server is asked for the rest of the same file only (If-Range), and compares for us."""
    server.tags["file"] = '"new"'
    (tmp_path / "file.part").write_bytes(b"old" * 100)
    (tmp_path / "file.part.etag").write_text('"old"')
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert [headers["If-Range"] for _, headers in server.asked] == ['"old"']


@pytest.mark.parametrize("tag", ['"v1"', 'W/"v1"', "v1"])
def test_only_a_strong_tag_lets_an_unverified_file_be_resumed(server: Server, tmp_path: Path, tag: str) -> None:
    server.tags["file"] = tag
    server.moods = ["breaks off"]
    fetch(server, tmp_path / "file", sha256=None)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={HALF}-" if tag == '"v1"' else None]


def test_a_beginning_of_another_file_costs_one_more_transfer_and_not_the_download(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "file.part").write_bytes(b"other bytes")
    fetch(server, tmp_path / "file", size=None)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == ["bytes=11-", None]


def test_a_part_that_is_longer_than_the_file_is_thrown_away(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(CONTENT + b"more")
    fetch(server, tmp_path / "file", size=None)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_another_range_than_the_wanted_one_is_not_used(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(CONTENT[:100])
    server.moods = ["wrong range"]
    fetch(server, tmp_path / "file")
    assert server.ranges == ["bytes=100-", None]


@pytest.mark.parametrize("mood", ["wrong range", "no range", "ignores tag"])
def test_a_part_that_may_not_continue_an_unverified_file_is_thrown_away(
    server: Server, tmp_path: Path, mood: str
) -> None:
    server.tags["file"] = '"new"'
    (tmp_path / "file.part").write_bytes(b"old" * 100)
    (tmp_path / "file.part.etag").write_text('"old"' if mood == "ignores tag" else '"new"')
    server.moods = [mood]
    fetch(server, tmp_path / "file", size=None, sha256=None)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == ["bytes=300-", None]


def test_a_file_that_comes_in_pieces_is_whole_though_nobody_knew_its_size(server: Server, tmp_path: Path) -> None:
    server.tags["file"] = '"v1"'
    server.moods = ["breaks off", "piece"]
    fetch(server, tmp_path / "file", size=None, sha256=None)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={HALF}-", f"bytes={HALF + len(CONTENT) // 4}-"]


def test_a_part_that_nobody_asked_for_is_not_the_file(server: Server, tmp_path: Path) -> None:
    server.moods = ["unasked"]
    fetch(server, tmp_path / "file", size=None, sha256=None)
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("mood", ["500", "503", "429", "closes", "slow", "redirect"])
def test_a_server_that_stumbles_is_asked_again(server: Server, tmp_path: Path, mood: str) -> None:
    server.moods = [mood]
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_server_that_says_when_to_come_back_is_obeyed(server: Server, tmp_path: Path) -> None:
    server.moods, server.retry_after = ["503"], "1"
    began = time.monotonic()
    fetch(server, tmp_path / "file")
    assert time.monotonic() - began >= 1


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Server]:
    """A server of https whose certificate no machine trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with serving(context) as server:
        server.files["file"] = CONTENT
        yield server


def test_certificates_are_those_that_the_environment_names(
    secure: Server, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    with pytest.raises(DownloadFailed, match=r"(?i)certificate"):
        download(secure.url("file"), tmp_path / "file", sha256=SHA256, size=None, patience=Patience(wait=100))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    assert fetch(secure, tmp_path / "file") == SHA256


def test_an_address_of_https_does_not_lead_to_one_of_http(
    secure: Server, server: Server, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    secure.elsewhere["file"] = server.url("file")
    with pytest.raises(DownloadFailed, match="leads from https to http://127"):
        fetch(secure, tmp_path / "file", sha256=None)
    server.elsewhere["file"] = secure.url("other")
    with pytest.raises(DownloadFailed, match="leads from https to http://127"):  # and back to https
        fetch(secure, tmp_path / "file", sha256=None)
    secure.files["other"] = CONTENT
    assert fetch(server, tmp_path / "file") == SHA256


def test_an_address_that_is_none_ends_the_following_of_redirects(server: Server, tmp_path: Path) -> None:
    server.elsewhere["file"] = "http://[::1"
    with pytest.raises(DownloadFailed, match=r"leads to 'http://\[::1'"):
        download(server.url("file"), tmp_path / "file", sha256=SHA256, size=1, patience=Patience(wait=100))


def test_what_a_redirect_says_beside_the_address_takes_no_memory(server: Server, tmp_path: Path) -> None:
    server.elsewhere["moved"] = server.url("file")
    server.words = bytes(64 << 20)
    tracemalloc.start()
    try:
        download(server.url("moved"), tmp_path / "file", sha256=SHA256, size=None, patience=QUICK)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 32 << 20


def test_who_gets_on_a_bit_each_time_arrives(server: Server, tmp_path: Path) -> None:
    server.files["file"] = CONTENT * 32
    digest = hashlib.sha256(CONTENT * 32).hexdigest()
    patience = Patience(tries=2, wait=0.001)
    server.moods = ["breaks off"] * 6
    download(server.url("file"), tmp_path / "file", sha256=digest, size=None, patience=patience)
    assert len(server.asked) == 7
    server.moods = ["breaks off"] * 20
    with pytest.raises(DownloadFailed):
        download(server.url("file"), tmp_path / "other", sha256=digest, size=None, patience=patience)


@pytest.mark.parametrize(("mood", "message"), [("slow", "in time"), ("closes", "127.0.0.1"), ("loop", "redirects")])
def test_a_server_that_never_gives_the_file_is_given_up(
    server: Server, tmp_path: Path, mood: str, message: str
) -> None:
    server.moods = [mood] * 9
    with pytest.raises(DownloadFailed, match=message):
        fetch(server, tmp_path / "file")
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("status", ["401", "404", "410"])
def test_a_missing_file_is_not_asked_for_again(server: Server, tmp_path: Path, status: str) -> None:
    server.moods = [status]
    with pytest.raises(DownloadFailed, match=status) as caught:
        fetch(server, tmp_path / "file")
    assert caught.value.status == int(status)
    assert len(server.asked) == 1


@pytest.mark.parametrize(("mood", "message"), [("lies", "SHA-256"), ("too long", "bytes")])
def test_wrong_bytes_are_refused_and_not_kept(server: Server, tmp_path: Path, mood: str, message: str) -> None:
    server.moods = [mood]
    with pytest.raises(WrongBytes, match=f"{server.url('file')}.*{message}"):
        fetch(server, tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mood", ["good", "no length"])
def test_a_file_beyond_the_limit_is_not_taken(server: Server, tmp_path: Path, mood: str) -> None:
    server.moods = [mood]
    with pytest.raises(WrongBytes, match="at most 1000 bytes"):
        fetch(server, tmp_path / "file", size=None, limit=1000)
    assert list(tmp_path.iterdir()) == []


def test_bytes_are_kept_as_they_are_stored_though_the_server_calls_them_encoded(server: Server, tmp_path: Path) -> None:
    """Web servers take `.tar.gz` for a `.tar` that was compressed on the way."""
    packed = server.files["file"] = gzip.compress(CONTENT)
    server.moods = ["encoded"]
    digest = hashlib.sha256(packed).hexdigest()
    download(server.url("file"), tmp_path / "file", sha256=digest, size=len(packed))
    assert (tmp_path / "file").read_bytes() == packed


def test_a_refused_connection_fails_at_once_and_names_the_url_without_its_password(tmp_path: Path) -> None:
    with Server() as server:
        url = server.url("file")
    with pytest.raises(DownloadFailed, match=f"{url}: the connection was refused") as caught:
        download(url.replace("//", "//me:secret@"), tmp_path / "file", sha256=SHA256, size=1)
    assert "secret" not in str(caught.value)
    assert shown("https://me:secret@example.org/a?b") == "https://example.org/a?b"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/a", "http://", "nothing", "http://[::1", "http://*/"])
def test_what_is_no_address_of_the_web_is_not_tried_again(tmp_path: Path, url: str) -> None:
    with pytest.raises(DownloadFailed):
        download(url, tmp_path / "file", sha256=SHA256, size=1, patience=Patience(wait=100))


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_what_is_wrong_with_an_address_is_said_without_its_password(tmp_path: Path, scheme: str) -> None:
    with pytest.raises(DownloadFailed, match=r"example\.org:999999") as caught:
        download(f"{scheme}://me:secret@example.org:999999/a", tmp_path / "file", sha256=SHA256, size=1)
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_the_environments_fault(server: Server, tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"a file")
    with pytest.raises(EnvironmentLacking, match="cannot be written"):
        fetch(server, tmp_path / "folder" / "file")


def test_on_a_full_disk_nothing_stays_in_the_way(server: Server, tmp_path: Path) -> None:
    server.tags["file"] = '"v1"'
    with small_files(HALF), pytest.raises(EnvironmentLacking, match="cannot be written: File too large"):
        fetch(server, tmp_path / "file")
    assert not list(tmp_path.iterdir())
    (tmp_path / "source").write_bytes(CONTENT)
    with small_files(HALF), pytest.raises(OSError, match="File too large"):
        keep(tmp_path / "source", tmp_path / "file", sha256=None, size=None)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_copy_of_a_local_file_is_verified_too(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(CONTENT)
    assert keep(tmp_path / "source", tmp_path / "file", sha256=None, size=None) == SHA256
    with pytest.raises(WrongBytes, match="SHA-256"):
        keep(tmp_path / "source", tmp_path / "other", sha256="0" * 64, size=None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "source"]
