"""A folder of archives becomes one to fetch from: for uv by its metadata, for all by digests."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pydist.cli.main import main
from pydist.errors import InputError
from pydist.fetch import Wanted, fetch, listing
from pydist.fetch.offer import METADATA, SUMS, Offer, offer
from pydist.progress import Silent
from pydist.store import Store

GNU, MUSL = "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"
PYTHON = "cpython-3.14.7+20260101"


def folder(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).write_bytes(name.encode())
    return root


def rows(made: Offer) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(made.files[METADATA])
    return read


def test_a_row_is_as_uv_writes_it(tmp_path: Path) -> None:
    name = f"{PYTHON}-x86_64_v3-unknown-linux-gnu-install_only.tar.gz"
    made = offer(folder(tmp_path, name), "https://example.org/p")
    assert rows(made) == {
        "cpython-3.14.7-linux-x86_64_v3-gnu": {
            "name": "cpython", "arch": {"family": "x86_64", "variant": "v3"}, "os": "linux", "libc": "gnu",
            "major": 3, "minor": 14, "patch": 7, "prerelease": "", "variant": None, "build": "20260101",
            "url": f"https://example.org/p/{name.replace('+', '%2B')}",
            "sha256": hashlib.sha256(name.encode()).hexdigest(),
        }
    }  # fmt: skip
    assert made.files[SUMS] == f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n".encode()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("cpython-3.15.0rc1+1-aarch64-apple-darwin-install_only.tar.gz", "cpython-3.15.0rc1-darwin-aarch64-none"),
        ("cpython-3.13.1+1-x86_64-pc-windows-msvc-install_only.tar.gz", "cpython-3.13.1-windows-x86_64-none"),
        ("cpython-3.13.1+1-armv7-unknown-linux-gnueabihf-install_only.tar.gz", "cpython-3.13.1-linux-armv7-gnueabihf"),
        ("cpython-3.13.1+1-ppc64le-unknown-linux-gnu-install_only.tar.gz", "cpython-3.13.1-linux-powerpc64le-gnu"),
        (f"cpython-3.13.1+1-{GNU}-freethreaded+debug-full.tar.zst",
         "cpython-3.13.1+freethreaded+debug-linux-x86_64-gnu"),
        (f"cpython-3.13.1+1-{GNU}-freethreaded+pgo+lto-full.tar.zst", "cpython-3.13.1+freethreaded-linux-x86_64-gnu"),
        (f"cpython-3.13.1+1-{MUSL}-noopt-full.tar.zst", "cpython-3.13.1-linux-x86_64-musl"),
    ],
)  # fmt: skip
def test_keys_are_as_uv_writes_them(tmp_path: Path, name: str, key: str) -> None:
    assert offer(folder(tmp_path, name)).metadata == {key: name}


def test_of_several_the_newest_then_the_smallest_then_the_fastest_is_offered(tmp_path: Path) -> None:
    ordered = [
        f"cpython-3.14.7+20260202-{GNU}-lto-full.tar.zst",
        f"{PYTHON}-{GNU}-install_only_stripped.tar.gz",
        f"{PYTHON}-{GNU}-install_only.tar.gz",
        f"{PYTHON}-{GNU}-pgo+lto-install_only.tar.gz",
        f"{PYTHON}-{GNU}-noopt-install_only.tar.gz",
        f"{PYTHON}-{GNU}-pgo+lto-full.tar.zst",
        f"{PYTHON}-{GNU}-noopt-full.tar.zst",
    ]
    folder(tmp_path, *ordered)
    for number, name in enumerate(ordered):
        made = offer(tmp_path)
        assert list(made.metadata.values()) == [name]
        assert set(made.sums) == set(ordered[number:])
        assert set(made.left_out.values()) <= {f"{name} comes before it"}
        (tmp_path / name).unlink()


def test_what_uv_can_do_nothing_with_is_left_out_with_its_reason(tmp_path: Path) -> None:
    static, minimal = f"{PYTHON}-{MUSL}-noopt+static-full.tar.zst", f"{PYTHON}-{GNU}-install_only_minimal.tar.gz"
    between = f"cpython-3.15.0a1+-{GNU}-noopt-full.tar.zst".replace("+-", "++1-")
    made = offer(folder(tmp_path, static, minimal, between, "README", f"{PYTHON}-{GNU}-noopt-full.tar.zst"))
    assert list(made.metadata) == ["cpython-3.14.7-linux-x86_64-gnu"]
    assert set(made.left_out) == {static, minimal, between, "README"}
    assert "C library" in made.left_out[static]
    assert {static, minimal, between} < set(made.sums)


def test_pydist_fetches_by_both_indexes_and_they_change_nothing_when_made_again(tmp_path: Path) -> None:
    """The folder's own address is the default."""
    pythons = tmp_path / "all pythons"
    pythons.mkdir()
    name = f"{PYTHON}-{GNU}-install_only.tar.gz"
    folder(pythons, name)
    assert main(["index", str(pythons), "--quiet"]) == 0
    before = {path.name: path.read_bytes() for path in pythons.iterdir()}
    assert main(["index", str(pythons), "--quiet"]) == 0
    assert {path.name: path.read_bytes() for path in pythons.iterdir()} == before
    for index in (pythons, pythons / METADATA):
        assert [str(entry.name) for entry in listing(str(index), reporter=Silent()).entries] == [name]
    fetched = fetch(Wanted.parse("3.14", target=GNU), str(pythons / METADATA), output=tmp_path,
                    store=Store(tmp_path / "store"))  # fmt: skip
    assert fetched.path.read_bytes() == name.encode()


def test_a_report_is_there_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = f"{PYTHON}-{GNU}-install_only.tar.gz"
    assert (
        main(["index", str(folder(tmp_path, name, "x", "a.cdx.json")), "--url", "https://example.org/", "--json"]) == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert said["written"] == [str(tmp_path / SUMS), str(tmp_path / METADATA)]
    assert said["metadata"] == {"cpython-3.14.7-linux-x86_64-gnu": name}
    assert said["left_out"] == {"x": "not the name of an archive"}


@pytest.mark.parametrize("url", ["example.org", "ftp://example.org", "https://example.org/?a=1"])
def test_an_address_is_checked(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="address of a folder"):
        offer(folder(tmp_path, f"{PYTHON}-{GNU}-install_only.tar.gz"), url)


def test_a_folder_without_archives_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no archive in it"):
        offer(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        offer(tmp_path / "nowhere")
