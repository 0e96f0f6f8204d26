"""Facts about finding the archives of a build."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pydist.errors import EnvironmentLacking
from pydist.policy.recipes import Origin, Recipe, Release
from pydist.progress import Silent
from pydist.sources import fetch_all
from pydist.store import Store

DATA = b"an archive"


class Notes(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)


def origin(data: bytes, name: str) -> Origin:
    # A port on the loopback interface at which nothing answers.
    return Origin(url=f"http://127.0.0.1:9/{name}", pool="", sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def wanted(*origins: Origin, name: str = "thing") -> list[tuple[Recipe, Release]]:
    recipe = Recipe(
        name=name,
        folder=Path(),
        licenses=(),
        license_files=(),
        public_domain=False,
        libraries=(),
        links=(),
        needs=(),
        releases=(),
    )
    return [(recipe, Release(version="1", series="", origins=origins, source=""))]


def test_a_folder_of_downloads_is_enough(tmp_path: Path) -> None:
    (tmp_path / "thing-1.tar").write_bytes(DATA)
    found = fetch_all(wanted(origin(DATA, "thing-1.tar")), Store(tmp_path / "store"), folder=tmp_path)
    assert found["thing"].path.read_bytes() == DATA


def test_what_was_fetched_once_needs_no_folder_and_no_network(tmp_path: Path) -> None:
    (tmp_path / "thing-1.tar").write_bytes(DATA)
    request = wanted(origin(DATA, "thing-1.tar"))
    fetch_all(request, Store(tmp_path / "store"), folder=tmp_path)
    again = fetch_all(request, Store(tmp_path / "store"), folder=tmp_path / "nowhere")
    assert again["thing"].path.read_bytes() == DATA


def test_an_archive_of_another_origin_with_its_own_digest_is_taken(tmp_path: Path) -> None:
    (tmp_path / "repacked.tar").write_bytes(DATA)
    found = fetch_all(wanted(origin(b"?", "thing.tar"), origin(DATA, "repacked.tar")), Store(tmp_path / "store"),
                      folder=tmp_path)  # fmt: skip
    assert found["thing"].origin.filename == "repacked.tar"


def test_wrong_files_in_the_folder_are_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / "thing-1.tar").write_bytes(b"AN ARCHIVE")
    notes = Notes()
    with pytest.raises(EnvironmentLacking, match=r"refused.*thing-1\.tar.*SHA-256"):
        fetch_all(wanted(origin(DATA, "thing-1.tar")), Store(tmp_path / "store"), folder=tmp_path, reporter=notes)
    assert any("refused" in note for note in notes.notes)


def test_everything_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    request = wanted(origin(DATA, "a"), name="first") + wanted(origin(DATA, "b"), name="second")
    with pytest.raises(EnvironmentLacking) as caught:
        fetch_all(request, Store(tmp_path / "store"), folder=tmp_path)
    assert "first, second" in str(caught.value)
    assert "PYDIST_DOWNLOADS" in str(caught.value)
