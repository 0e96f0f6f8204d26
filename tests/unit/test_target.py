"""Levels of x86-64 processors are told from the flags that Linux lists."""

from __future__ import annotations

import pytest

from pydist.target import Target, level_of

V2 = "fpu cx16 lahf_lm pni popcnt sse4_1 sse4_2 ssse3"
V3 = f"{V2} abm avx avx2 bmi1 bmi2 f16c fma movbe xsave"
V4 = f"{V3} avx512bw avx512cd avx512dq avx512f avx512vl"


@pytest.mark.parametrize(
    ("flags", "level"),
    [("fpu sse2", 1), (V2, 2), (V3.replace("movbe", ""), 2), (V3, 3), (V4, 4), (V4.replace(" fma", ""), 2)],
)
def test_a_level_needs_all_flags_of_itself_and_of_those_below(flags: str, level: int) -> None:
    assert level_of(f"processor : 0\nvendor_id : X\nflags\t\t: {flags}\nbugs : none\n") == level


def test_a_processor_that_is_not_described_has_the_lowest_level() -> None:
    assert level_of("") == level_of("Features : fp asimd\n") == 1


def test_what_runs_on_a_higher_level_runs_on_a_lower_one() -> None:
    levels = [Target.parse(f"x86_64{name}-unknown-linux-gnu").runs_here for name in ("", "_v2", "_v3", "_v4")]
    assert levels == sorted(levels, reverse=True)
