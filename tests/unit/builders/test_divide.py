"""Facts about division of 128-bit integers in builders/cfloor: what Python's own integers say is right."""

from __future__ import annotations

import ctypes
import platform
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pydist.policy import recipes, toolchain

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="calls the functions by x86-64's convention")

BITS = 64
WIDE = st.one_of(
    st.integers(0, 2**128 - 1),
    st.integers(0, 2**64),
    st.integers(0, 127).map(lambda bit: 1 << bit),
    st.just(2**128 - 1),
)


class Wide(ctypes.Structure):
    _fields_ = (("low", ctypes.c_uint64), ("high", ctypes.c_uint64))


@pytest.fixture(scope="module", params=["with the processor's instruction", "portable"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    source = recipes.load("cfloor").folder / "src" / "divide.c"
    made = tmp_path_factory.mktemp("divide") / "divide.so"
    flags = ["-DPORTABLE"] if request.param == "portable" else []
    command = [
        str(toolchain.locate().path),
        "cc",
        "-target",
        "x86_64-linux-gnu.2.17",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
    ]
    subprocess.run([*command, "-shared", "-fPIC", "-nostdlib", *flags, str(source), "-o", str(made)], check=True)
    return ctypes.CDLL(str(made))


def call(library: ctypes.CDLL, name: str, number: int, by: int) -> int:
    function = getattr(library, name)
    function.restype, function.argtypes = Wide, [ctypes.c_uint64] * 4
    mask = 2**BITS - 1
    found = function(number & mask, number >> BITS & mask, by & mask, by >> BITS & mask)
    return int(found.high << BITS | found.low)


def signed(value: int) -> int:
    return value - 2**128 if value >> 127 else value


@given(number=WIDE, by=WIDE.filter(bool))
@example(number=2**128 - 1, by=2**64)
@example(number=2**127, by=2**128 - 1)
@settings(max_examples=300, deadline=None)
def test_quotient_and_rest_are_those_of_python(library: ctypes.CDLL, number: int, by: int) -> None:
    assert call(library, "__udivti3", number, by) == number // by
    assert call(library, "__umodti3", number, by) == number % by
    one, other = signed(number), signed(by)
    quotient = abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
    assert call(library, "__divti3", number, by) == quotient % 2**128
    assert call(library, "__modti3", number, by) == (one - quotient * other) % 2**128


def test_nothing_else_is_needed(library: ctypes.CDLL) -> None:
    said = subprocess.run(["nm", "-D", "--undefined-only", library._name], capture_output=True, text=True, check=False)
    assert Path(library._name).is_file()
    assert "ti3" not in said.stdout
