"""The XML of a test-suite is read for what it has, and never trusted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.errors import InputError
from pydist.trial.junit import read_junit

# As CPython 3.14 writes it: a subtest that failed leaves a case without name, setUpClass is counted only.
SAMPLE = b"""<testsuites tests="6" errors="1" failures="2"><testsuite start="2026" tests="6" errors="1" failures="2">
<testcase name="test.test_a.T.test_good" status="run" result="completed" time="0.1" />
<testcase name="test.test_a.T.test_skip" status="run" result="completed"><skipped>no such thing</skipped></testcase>
<testcase name="test.test_a.T.test_bad" status="run" result="completed"><system-out>said</system-out>
<failure type="AssertionError" message="1 != 2">Traceback: 1 != 2</failure></testcase>
<testcase name="test.test_a.T.test_xfail" status="run" result="completed"><output type="E">as marked</output></testcase>
<testcase name="test.test_a.T.test_xpass" status="run" result="completed" outcome="UNEXPECTED_SUCCESS" />
<testcase />
</testsuite></testsuites>"""


def written(folder: Path, data: bytes) -> Path:
    path = folder / "results.xml"
    path.write_bytes(data)
    return path


def test_tests_are_told_apart_by_how_they_ended(tmp_path: Path) -> None:
    results = read_junit(written(tmp_path, SAMPLE))
    assert results.passed == {"test.test_a.T.test_good", "test.test_a.T.test_xfail"}
    assert results.skipped == {"test.test_a.T.test_skip": "no such thing"}
    assert results.failed["test.test_a.T.test_bad"] == "Traceback: 1 != 2"
    assert "marked as failing" in results.failed["test.test_a.T.test_xpass"]
    assert results.unnamed == 1


def test_of_a_long_message_the_end_is_kept(tmp_path: Path) -> None:
    text = b"\n".join(b"line %d" % number for number in range(100_000))
    results = read_junit(written(tmp_path, SAMPLE.replace(b"Traceback: 1 != 2", text)))
    message = results.failed["test.test_a.T.test_bad"]
    assert message.endswith("line 99999")
    assert len(message) <= 2000


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        SAMPLE[:300],
        b"<other/>",
        SAMPLE + b"<more/>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + SAMPLE,
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + SAMPLE,
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_result_is_an_input_error(tmp_path: Path, damage: bytes) -> None:
    with pytest.raises(InputError, match=r"results\.xml"):
        read_junit(written(tmp_path, damage))


def test_missing_results_are_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="wrote no results"):
        read_junit(tmp_path / "results.xml")


@settings(max_examples=60)
@given(position=st.integers(0, len(SAMPLE) - 1), byte=st.integers(0, 255))
def test_a_changed_byte_gives_results_or_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, position: int, byte: int
) -> None:
    data = bytearray(SAMPLE)
    data[position] = byte
    try:
        results = read_junit(written(tmp_path_factory.mktemp("junit"), bytes(data)))
    except InputError:
        return
    assert len(results.passed) + len(results.failed) + len(results.skipped) + results.unnamed <= 6
