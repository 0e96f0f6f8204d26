"""Facts about our own tools: what boxes place is what keys are made from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pydist.build.tools import place_tools, programs, tools_digest
from pydist.policy import resources


def folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of our scripts, from now on in place of them."""
    shutil.copytree(resources.builders() / "box", path / "box")
    monkeypatch.setattr(resources, "builders", lambda: path)
    return path / "box"


def test_a_tool_that_is_changed_after_its_digest_was_taken_is_placed_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = folder(tmp_path / "builders", monkeypatch)
    before, digest, listed = (own / "ar").read_bytes(), tools_digest(), programs()
    for name in ("ar", "programs.txt"):
        (own / name).write_text("changed meanwhile\n")
    (tmp_path / "path").mkdir()
    place_tools(tmp_path / "path")
    assert (tmp_path / "path" / "ar").read_bytes() == before
    assert (programs(), tools_digest()) == (listed, digest)


@pytest.mark.parametrize("name", sorted(path.name for path in (resources.builders() / "box").iterdir()))
def test_every_tool_is_part_of_the_digest(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tools_digest()
    own = folder(tmp_path / "same", monkeypatch)
    assert tools_digest() == before
    monkeypatch.undo()
    own = folder(tmp_path / "other", monkeypatch)
    (own / name).write_text("other\n")
    assert tools_digest() != before
