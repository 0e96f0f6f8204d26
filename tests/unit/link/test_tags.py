"""Which wheel is taken is decided by its name as installers decide it, and the oldest glibc wins."""

from __future__ import annotations

import pytest

from pydist.link.tags import WheelTags
from pydist.target import Target

GNU = WheelTags(series="3.14", target=Target.parse("x86_64-unknown-linux-gnu"), abis=("cp314",), native=True)
THREADED = WheelTags(series="3.14", target=Target.parse("x86_64-unknown-linux-gnu"), abis=("cp314t",), native=True)
STATIC = WheelTags(series="3.14", target=Target.parse("x86_64-unknown-linux-musl"), abis=("cp314",), native=False)

BEST_FIRST = [
    "cp314-cp314-manylinux_2_17_x86_64.manylinux2014_x86_64",
    "cp314-cp314-manylinux_2_28_x86_64",
    "cp312-abi3-manylinux_2_17_x86_64",
    "cp39-abi3-manylinux_2_17_x86_64",
    "py3-none-manylinux_2_17_x86_64",
    "py3-none-any",
]


def test_what_is_made_for_this_python_comes_first() -> None:
    ranks = [GNU.rank(f"x-1-{tag}.whl") for tag in BEST_FIRST]
    assert None not in ranks
    assert ranks == sorted(ranks, key=lambda rank: -(rank or 0))


@pytest.mark.parametrize(
    "tag",
    [
        "cp314-cp314-musllinux_1_2_x86_64", "cp314-cp314-manylinux_2_17_aarch64", "cp314-cp314-manylinux_2_39_x86_64",
        "cp313-cp313-manylinux_2_17_x86_64", "cp314-cp314t-manylinux_2_17_x86_64", "py2-none-any", "py315-none-any",
        "cp314-cp314-win_amd64", "nonsense",
    ],
)  # fmt: skip
def test_what_does_not_fit_has_no_rank(tag: str) -> None:
    assert GNU.rank(f"x-1-{tag}.whl") is None


def test_free_threaded_builds_take_their_own() -> None:
    assert THREADED.rank("x-1-cp314-cp314t-manylinux_2_17_x86_64.whl") is not None
    assert THREADED.rank("x-1-cp314-cp314-manylinux_2_17_x86_64.whl") is None


@pytest.mark.parametrize("tag", BEST_FIRST[:-1])
def test_a_static_application_takes_nothing_native(tag: str) -> None:
    assert STATIC.rank(f"x-1-{tag}.whl") is None


def test_of_pure_wheels_the_one_for_this_python_is_best() -> None:
    own, any_of_3, older = (STATIC.rank(f"x-1-{tag}-none-any.whl") for tag in ("py314", "py2.py3", "py312"))
    assert own is not None
    assert any_of_3 is not None
    assert older is not None
    assert own > any_of_3 > older
