"""Names of two series or builds find each other, and nothing else does."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydist.diff.names import pairs, unversioned


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("install/lib/python3.14/os.py", "install/lib/python3.13t/os.py"),
        ("install/bin/python3.14", "install/bin/python3.9"),
        ("install/lib/libpython3.14.so.1.0", "install/lib/libpython3.13t.so.1.0"),
        ("install/lib/pkgconfig/python-3.14-embed.pc", "install/lib/pkgconfig/python-3.12-embed.pc"),
        (
            "lib/python3.14/config-3.14-x86_64-linux-gnu/Makefile",
            "lib/python3.13/config-3.13-aarch64-linux-musl/Makefile",
        ),
        (
            "lib/python3.14/_sysconfigdata__linux_x86_64-linux-gnu.py",
            "lib/python3.13t/_sysconfigdata_t_linux_aarch64-linux-gnu.py",
        ),
        ("lib/__pycache__/os.cpython-314.pyc", "lib/__pycache__/os.cpython-313.pyc"),
        ("lib/__pycache__/os.cpython-314.opt-1.pyc", "lib/__pycache__/os.cpython-313.opt-1.pyc"),
        ("lib-dynload/_ssl.cpython-314-x86_64-linux-gnu.so", "lib-dynload/_ssl.cpython-313t-aarch64-linux-musl.so"),
        ("lib-dynload/_ssl.cpython-314-darwin.so", "lib-dynload/_ssl.cpython-313-x86_64-linux-gnu.so"),
        ("install/python314.dll", "install/python313.dll"),
        ("install/share/man/man1/python3.14.1", "install/share/man/man1/python3.13.1"),
    ],
)
def test_names_that_differ_by_version_or_tag_are_one_file(first: str, second: str) -> None:
    assert unversioned(first) == unversioned(second)
    assert pairs([first, "x"], [second, "x"]) == [(first, second), ("x", "x")]


@pytest.mark.parametrize(
    ("first", "second"),
    [("lib/a-1.2.py", "lib/a-1.3.py"), ("os.cpython-314.pyc", "os.cpython-314.opt-1.pyc"), ("a.py", "b.py"),
     ("python3.14/os.py", "python3.14/re.py"), ("python314.dll", "python3.dll"), ("tcl8.6/x", "tcl9.0/x")],
)  # fmt: skip
def test_other_names_are_other_files(first: str, second: str) -> None:
    assert pairs([first], [second]) == sorted(
        [(first, None), (None, second)], key=lambda pair: pair[0] or pair[1] or ""
    )


def test_names_of_two_series_in_one_distribution_have_no_partner() -> None:
    two = ["lib/python3.14/os.py", "lib/python3.13/os.py"]
    assert (
        pairs(two, ["lib/python3.12/os.py"])
        == [
            ("lib/python3.13/os.py", None),
            ("lib/python3.14/os.py", None),
            (None, "lib/python3.12/os.py"),
        ]
        or len(pairs(two, ["lib/python3.12/os.py"])) == 3
    )
    assert (two[0], two[0]) in pairs(two, [two[0]])


NAMES = st.sets(st.from_regex(r"\A(python3\.1[0-4]|cpython-31[0-4]|a)(/x|\.so|)\Z"), max_size=6)


@given(NAMES, NAMES)
def test_every_name_is_in_one_pair_and_exchanging_both_exchanges_the_pairs(first: set[str], second: set[str]) -> None:
    found = pairs(first, second)
    assert sorted(one for one, _ in found if one is not None) == sorted(first)
    assert sorted(other for _, other in found if other is not None) == sorted(second)
    assert {(other, one) for one, other in found} == set(pairs(second, first))


def test_long_names_do_not_take_long() -> None:
    began = time.process_time()
    for letters in ("_", "3.", "cpython-3", "cpython-314-", "x86_64-linux-", "mips", "python3"):
        for _ in range(500):
            unversioned((letters * 4096)[:4096])
    assert time.process_time() - began < 10
