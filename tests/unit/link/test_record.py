"""RECORD lists every file once with its digest, and what is listed is what is there."""

from __future__ import annotations

import pytest

from pydist.errors import FaultCollector
from pydist.link.record import Record
from tests.support.wheels import row

PATH = "a-1.dist-info/RECORD"


def faults_of(text: str, files: dict[str, bytes]) -> list[str]:
    faults = FaultCollector("a.whl")
    Record.parse(text, PATH, faults).check(files, faults)
    return [str(fault) for fault in faults.faults]


def test_a_right_record_has_no_faults() -> None:
    assert faults_of(f"{row('a.py', b'x')}\n{PATH},,\n", {"a.py": b"x", PATH: b""}) == []


def test_folders_that_are_listed_do_not_count() -> None:
    assert faults_of(f"a/,,\n{PATH},,\n", {PATH: b""}) == []


def test_names_with_commas_are_quoted() -> None:
    line = row("b", b"x").replace("b,", '"a,b.txt",', 1)
    assert faults_of(f"{line}\n", {"a,b.txt": b"x"}) == []


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        (row("a.py", b"x"), {"a.py": b"y"}, "a.py: expected sha256"),
        (row("a.py", b"x"), {"a.py": b"xy"}, "a.py: expected 1 bytes, found 2"),
        (row("a.py", b"x"), {}, "a.py: is listed"),
        ("", {"a.py": b"x"}, "a.py: is in the wheel and not listed"),
        ("a.py,,\n", {"a.py": b"x"}, "a.py: has no digest"),
        ("a.py,md5=rL0Y20zC-Fzt72VPzMSk2A,1", {"a.py": b"x"}, "expected a digest like sha256="),
        ("a.py,sha256=,1", {"a.py": b"x"}, "expected a digest like sha256="),
        ("a.py,sha256=AAAA,x", {"a.py": b"x"}, "expected a size in bytes"),
        ("a.py\n", {"a.py": b"x"}, "expected three fields"),
        (f"{row('a', b'x')}\n{row('a', b'y')}", {"a": b"y"}, "listed twice"),
    ],
)
def test_every_difference_is_named(text: str, files: dict[str, bytes], expected: str) -> None:
    assert any(expected in fault for fault in faults_of(text, files))
