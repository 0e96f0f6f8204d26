"""Of a folder only what is selected is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.archive.select import Selection
from pydist.archive.source import ArchiveDamaged, Limits, open_source


def test_folders_that_lead_nowhere_are_not_entered(tmp_path: Path) -> None:
    for name in ("bin/a", "bin/b", "lib/x/deep/er", "lib/y", "other/1", "other/2", "other/3"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    chosen = Selection(patterns=("bin/a", "lib/x/**"), without=("lib/x/deep/**",))
    with open_source(tmp_path, selection=chosen) as source:
        assert [member.entry.path for member in source.members()] == ["bin/a", "lib/x/deep"]
    with open_source(tmp_path, Limits(entries=2)) as source, pytest.raises(ArchiveDamaged):
        list(source.members())


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [("a/*", "a/b", True), ("a/*", "a/b/c", False), ("a/**", "a", False), ("a/**", "a/b/c", True), ("*", "a/b", False)],
)
def test_patterns_fit_part_by_part(pattern: str, name: str, fits: bool) -> None:
    assert Selection(patterns=(pattern,)).holds(name) is fits
