"""What is kept in the store is found again only by the code that made it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.link import own_code, parts, stub
from pydist.link.own_code import code_digests
from pydist.store import digest_file


def test_a_changed_source_gives_other_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_code, "__file__", str(tmp_path / "own_code.py"))
    found = []
    for text in ("1", "2"):
        (tmp_path / "wheel.py").write_text(text)
        code_digests.cache_clear()
        found.append(code_digests("wheel"))
    code_digests.cache_clear()
    assert found[0] != found[1]


def test_the_digests_are_those_of_the_modules() -> None:
    assert code_digests("parts", "stub") == (digest_file(Path(parts.__file__)), digest_file(Path(stub.__file__)))
