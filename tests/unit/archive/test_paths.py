"""Which member names and links are safe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydist.archive.paths import UnsafeName, check_name, link_escapes

_parts = st.lists(st.sampled_from(["a", "b", "..", ".", "", "c d", "…"]), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd", "absolute"),
        ("C:/x", "absolute"),
        ("c:x", "absolute"),
        ("a/../b", "'..'"),
        ("..", "'..'"),
        (".. /a", "full stops and spaces"),
        ("a/.../b", "full stops and spaces"),
        ("a/ ", "full stops and spaces"),
        ("a\\b", "backslash"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("", "empty"),
        ("./.", "empty"),
        ("\udcff", "UTF-8"),
        ("a" * 256, "255 bytes"),
        ("é" * 128, "255 bytes"),
        ("a/" * 2100, "4096"),
    ],
)
def test_an_unsafe_name_is_refused_with_its_reason(name: str, reason: str) -> None:
    with pytest.raises(UnsafeName, match=reason):
        check_name(name)


@pytest.mark.parametrize(
    ("name", "normal"), [("./a//b/", "a/b"), ("a", "a"), ("python/lib/..x", "python/lib/..x"), ("ab:c", "ab:c")]
)
def test_a_safe_name_comes_back_in_normal_form(name: str, normal: str) -> None:
    assert check_name(name) == normal


@given(_parts)
def test_a_checked_name_stays_inside_when_joined(parts: list[str]) -> None:
    try:
        name = check_name("/".join(parts))
    except UnsafeName:
        return
    assert os.path.normpath("/root/" + name) == "/root/" + name


@pytest.mark.parametrize(
    ("path", "link", "escapes"),
    [
        ("bin/python", "python3", False),
        ("bin/python", "../lib/x", False),
        ("bin/python", "..", False),
        ("bin/python", "../..", True),
        ("python", "../x", True),
        ("bin/python", "/usr/bin/python", True),
        ("a/b/c", "d/../../x", True),
        ("a/b", "", True),
        ("a/b", "x\0y", True),
    ],
)
def test_links_that_may_leave_the_root_are_told_from_those_that_stay(path: str, link: str, escapes: bool) -> None:
    assert link_escapes(path, link) is escapes


@given(st.lists(st.tuples(st.sampled_from(["l1", "d/l2", "d/e/l3", "d/e/l4"]), _parts), max_size=4))
def test_cleared_links_never_resolve_outside_whatever_they_combine_to(
    tmp_path_factory: pytest.TempPathFactory, links: list[tuple[str, list[str]]]
) -> None:
    """The kernel's own resolution is the oracle."""
    root = tmp_path_factory.mktemp("links") / "root"
    (root / "d" / "e").mkdir(parents=True)
    names = ["l1", "d/l2", "d/e/l3", "d/e/l4"]
    for path, parts in links:
        target = "/".join(names[len(part) % 4] if part in ("a", "b") else part for part in parts)
        if not link_escapes(path, target) and not (root / path).is_symlink():
            (root / path).symlink_to(target)
    for place in root.rglob("*"):
        if place.is_symlink():
            try:
                real = Path(os.path.realpath(place, strict=True))
            except OSError:
                continue
            assert real == root or root in real.parents
