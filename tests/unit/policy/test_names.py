"""Names of archives are read whole, spelled back as they were, and never let a path or a command through."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydist.errors import InputError
from pydist.policy.names import WORDS, AssetName, Flavour, check_tag
from pydist.target import Arch, Libc, Os, Target
from tests.support.index import PUBLISHED

# One of each form that was ever published, and what pydist itself makes.
NAMES = (Path(__file__).parent / "names.txt").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("text", NAMES)
def test_a_real_name_is_spelled_back_as_it_was(text: str) -> None:
    assert str(AssetName.parse(text)) == text


def test_every_name_of_the_real_index_is_spelled_back_as_it_was() -> None:
    assert len(set(PUBLISHED)) == 5485
    assert [str(AssetName.parse(text)) for text in PUBLISHED] == list(PUBLISHED)


def test_the_names_here_have_all_words_flavours_and_ways_of_linking() -> None:
    names = [AssetName.parse(text) for text in NAMES]
    words = {word for name in names for word in name.options}
    assert words == {word for text in WORDS for word in text.split("+")}
    # Nobody but pydist publishes minimal ones.
    assert {name.flavour for name in names} == {*Flavour, None} - {Flavour.INSTALL_ONLY_MINIMAL}
    assert {name.linkage for name in names} == {"", "shared", "static"}
    assert {name.target.arch for name in names if name.target} == set(Arch)
    assert {name.target.os for name in names if name.target} == set(Os)
    assert {name.target.libc for name in names if name.target} == set(Libc)
    assert {name.target.level for name in names if name.target} == {1, 2, 3, 4}


def test_a_tagged_name_says_all() -> None:
    name = AssetName.parse("cpython-3.15.0rc1+20260814-x86_64_v3-unknown-linux-gnu-freethreaded+pgo+lto-full.tar.zst")
    assert name == AssetName(
        version="3.15.0rc1",
        tag="20260814",
        platform="x86_64_v3-unknown-linux-gnu",
        options=("freethreaded", "pgo", "lto"),
        flavour=Flavour.FULL,
        suffix="tar.zst",
    )
    assert (name.series, name.build, name.content) == ("3.15", "20260814", Flavour.FULL)
    assert name.bare == "cpython-3.15.0rc1+20260814-x86_64_v3-unknown-linux-gnu-freethreaded+pgo+lto"


def test_a_name_of_before_there_were_flavours_is_a_full_archive_of_its_moment() -> None:
    name = AssetName.parse("cpython-3.7.6-windows-amd64-shared-pgo-20200217T0110.tar.zst")
    assert (name.tag, name.build, name.flavour, name.content) == ("", "20200217T0110", None, Flavour.FULL)
    assert (name.linkage, name.options, name.target) == ("shared", ("pgo",), Target.parse("x86_64-pc-windows-msvc"))


def test_a_cross_environment_has_no_version_of_python_in_its_name() -> None:
    name = AssetName.parse("xbuildenv-0.27.7.tar.gz")
    assert (name.version, name.series, name.target, name.content, name.build) == (None, None, None, None, "0.27.7")


GOOD = "cpython-3.13.1+20250101-x86_64-unknown-linux-gnu-pgo+lto-full.tar.zst"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "end with one of"),
        ("cpython", "end with one of"),
        (f"../{GOOD}", "VERSION"),
        (f"/etc/{GOOD}", "VERSION"),
        (GOOD.replace("-full", "/../../x-full"), "VERSION"),
        (GOOD.replace("-full", "%2F-full"), "VERSION"),
        (GOOD.replace("+20250101", "+../x"), "VERSION"),
        (f"-{GOOD}", "VERSION"),
        (f"{GOOD}\n", "end with one of"),
        (f"\x1b[2J{GOOD}", "VERSION"),
        (GOOD.replace("3.13.1", "3.13.01"), "VERSION"),
        (GOOD.replace("3.13.1", "\uff13.13.1"), "VERSION"),
        (GOOD.replace("3.13.1", "3.13"), "VERSION"),
        (GOOD.replace("3.13.1", "3.9999.1"), "VERSION"),
        (GOOD.replace("x86_64", "pdp11"), "pdp11"),
        (GOOD.replace("-full", "-empty"), "'empty'"),
        (GOOD.replace("pgo+lto", "pgo+pgo"), "each option once"),
        (GOOD.replace("pgo+lto", "fast"), "fast"),
        (GOOD.replace("pgo+lto", "pgo+"), "gnu-pgo"),
        (GOOD.replace("-full", "-20200217T0110"), "the moment"),
        (GOOD.replace("full", "full-full"), "triple"),
        ("cpython-3.13.1-full.tar.zst", "triple"),
        (GOOD.replace("x86_64", "x" * 300), "200 characters"),
        ("xbuildenv-../1.2.tar.gz", "VERSION"),
    ],
)
def test_what_is_no_name_is_refused_and_the_part_is_said(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("+", r"\+")):
        AssetName.parse(text)


@given(st.text(max_size=60), st.integers(0, len(GOOD)), st.integers(0, len(GOOD)))
def test_whatever_is_put_into_a_name_it_is_spelled_back_or_refused(text: str, start: int, end: int) -> None:
    damaged = GOOD[:start] + text + GOOD[end:]
    try:
        name = AssetName.parse(damaged)
    except InputError:
        return
    assert str(name) == damaged
    assert damaged.isascii()
    assert damaged.isprintable()
    assert not set(damaged) & set("/\\%:~ ")
    assert damaged[0] not in ".-"


@pytest.mark.parametrize("tag", ["", ".", "../x", "a b", "a-b", "x" * 41, "1\n"])
def test_a_tag_that_cannot_stand_in_a_name_is_refused(tag: str) -> None:
    with pytest.raises(InputError, match="release tag"):
        check_tag(tag)
