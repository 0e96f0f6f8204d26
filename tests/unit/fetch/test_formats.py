"""Indexes are read entry by entry: what is wrong or wants too much is left out with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.errors import InputError
from pydist.fetch.formats import parse
from tests.support.index import metadata, metadata_row

ROOT = "https://example.org/20250101"
NAME = "cpython-3.13.1+20250101-x86_64-unknown-linux-gnu-install_only.tar.gz"
URL = f"{ROOT}/{NAME.replace('+', '%2B')}"
SHA256 = "ab" * 32
GOOD = metadata_row(URL.replace("3.13.1", "3.13.0"), SHA256)


def read(data: bytes, where: str = f"{ROOT}/index.json") -> Any:
    return parse(data, where, "the index")


def test_an_entry_of_uvs_metadata_has_name_version_address_and_digest() -> None:
    (entry,) = read(metadata([metadata_row(URL, SHA256.upper())])).entries
    assert (str(entry.name), entry.version, entry.url, entry.sha256) == (NAME, "3.13.1", URL, SHA256)


def test_other_implementations_are_passed_over_in_silence() -> None:
    pypy = {"name": "pypy", "url": "https://example.org/pypy3.11.zip"}
    listing = read(metadata([GOOD, pypy]))
    assert (len(listing.entries), listing.left_out) == (1, ())


def test_a_cross_environment_has_its_version_from_the_index() -> None:
    (entry,) = read(metadata([metadata_row(f"{ROOT}/xbuildenv-0.29.4.tar.gz", None)])).entries
    assert (entry.version, entry.sha256, entry.name.target) == ("3.13.2", None, None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"url": f"{ROOT}/..%2F..%2Fetc%2Fpasswd"}, "archive name"),
        ({"url": f"{ROOT}/%2e%2e/{NAME}%2Fx"}, "archive name"),
        ({"url": f"{ROOT}/{NAME}%00.tar.gz"}, "archive name"),
        ({"url": f"{ROOT}/C%3A%5C{NAME}"}, "archive name"),
        ({"url": f"{ROOT}/"}, "archive name"),
        ({"url": f"file:///etc/{NAME}"}, "https or http"),
        ({"url": f"ftp://example.org/{NAME}"}, "https or http"),
        ({"url": f"https://[::1/{NAME}"}, "https or http"),
        ({"url": f"https://example.org/\n{NAME}"}, "https or http"),
        ({"url": "https://example.org/" + "x" * 3000 + NAME}, "https or http"),
        ({"url": 1}, "expected a string"),
        ({"url": None}, "expected a string"),
        ({"sha256": "ab"}, "64 hexadecimal"),
        ({"sha256": "g" * 64}, "64 hexadecimal"),
        ({"sha256": 5}, "64 hexadecimal"),
        ({"sha256": ""}, "64 hexadecimal"),
        ({"minor": 12}, "says that it is Python 3.12.1"),
        ({"minor": "13"}, "three numbers"),
        ({"minor": True}, "three numbers"),
        ({"patch": -1}, "three numbers"),
        ({"prerelease": "; rm"}, "prerelease"),
        ({"prerelease": None}, "prerelease"),
    ],
)
def test_a_wrong_entry_is_left_out_and_the_others_stay(change: dict[str, Any], reason: str) -> None:
    listing = read(metadata([GOOD, metadata_row(URL, SHA256, **change)]))
    assert [entry.version for entry in listing.entries] == ["3.13.0"]
    (fault,) = listing.left_out
    assert reason in str(fault)
    assert fault.where == "key-1"


def test_an_archive_with_two_digests_is_not_believed() -> None:
    listing = read(metadata([GOOD, metadata_row(URL, SHA256), metadata_row(URL, "cd" * 32)]))
    assert [entry.version for entry in listing.entries] == ["3.13.0"]
    assert "two digests" in str(listing.left_out)


def test_an_index_without_one_good_entry_is_an_error_with_all_reasons() -> None:
    with pytest.raises(InputError, match="names no distribution") as caught:
        read(metadata([metadata_row(URL, "1"), metadata_row(URL, "2")]))
    assert [fault.where for fault in caught.value.faults] == ["key-0", "key-1"]


def test_addresses_are_relative_to_the_index_and_only_a_local_one_may_name_local_files() -> None:
    row = metadata_row(URL, SHA256, url=f"../files/{NAME.replace('+', '%2B')}")
    (entry,) = read(metadata([row])).entries
    assert entry.url.startswith("https://example.org/files/cpython-")
    (entry,) = read(metadata([row]), "file:///srv/mirror/index.json").entries
    assert entry.url.startswith("file:///srv/files/cpython-")


def test_sums_have_names_of_the_same_folder() -> None:
    lines = f"{SHA256}  {NAME}\n{SHA256.upper()} *{NAME.replace('3.13.1', '3.13.2')}\n\n"
    listing = read(lines.encode(), f"{ROOT}/SHA256SUMS")
    assert [entry.version for entry in listing.entries] == ["3.13.1", "3.13.2"]
    assert [entry.url for entry in listing.entries] == [URL, URL.replace("3.13.1", "3.13.2")]
    assert {entry.sha256 for entry in listing.entries} == {SHA256}


@pytest.mark.parametrize(
    "line",
    [
        f"{SHA256}  ../{NAME}",
        f"{SHA256}  /etc/{NAME}",
        f"{SHA256}  sub\\{NAME}",
        f"{SHA256}  other.tar.gz",
        f"{SHA256}  xbuildenv-0.29.4.tar.gz",
        f"{SHA256[1:]}  {NAME}",
        f"{SHA256}{NAME}",
        "<html>",
        f"\x1b[2J{SHA256}  {NAME}",
    ],
)
def test_a_line_that_is_something_else_is_left_out(line: str) -> None:
    listing = read(f"{SHA256}  {NAME.replace('3.13.1', '3.13.0')}\n{line}\n".encode(), f"{ROOT}/SHA256SUMS")
    assert [entry.version for entry in listing.entries] == ["3.13.0"]
    assert listing.left_out[0].where == "line 2"


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000, b"<html></html>"]
)
def test_what_is_no_index_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="the index"):
        read(data)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_there_is_a_listing_or_an_error(data: bytes) -> None:
    for wrapped in (data, b"{" + data, f"{SHA256}  ".encode() + data):
        with pytest.raises(InputError, match="the index"):
            read(wrapped)


ANY: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.just([]) | st.just({})
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*GOOD, "more"]), ANY))
def test_whatever_an_entry_has_the_good_one_stays(changes: dict[str, Any]) -> None:
    listing = read(metadata([GOOD, {**GOOD, "url": URL, **changes}]))
    assert listing.entries[0].version == "3.13.0"
    assert all(entry.url.startswith("https://example.org/") for entry in listing.entries)
