"""A waiver takes a finding out of the verdict and not out of the report, until its day; a bad file is refused whole."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.validate import validate
from pydist.validate.report import found
from pydist.validate.waivers import Waiver, apply, load_waivers
from tests.support import tiny

DAY = datetime.date(2026, 5, 1)
OUTSIDE = found("archive.outside-root", "outside", "expected below python/")
DAMAGED = found("archive.damaged", "", "truncated")


def waiver(**values: object) -> Waiver:
    return Waiver(**{"number": 1, "rule": "archive.outside-root", "reason": "known", **values})  # type: ignore[arg-type]


def written(folder: Path, text: str) -> Path:
    path = folder / "waivers.toml"
    path.write_text(text)
    return path


def test_what_is_waived_does_not_count_and_is_told_with_its_reason(tmp_path: Path) -> None:
    content = tiny.distribution()
    content["outside"] = b""
    archive = tiny.pack(tmp_path / "a.tar", content)
    assert not validate(archive, run=False).good
    file = written(
        tmp_path, '[[waiver]]\nrule = "archive.outside-root"\nwhere = "*side*"\nreason = "a note of the vendor"'
    )
    report = validate(archive, run=False, waivers=load_waivers(file))
    assert report.good and not report.findings
    assert [(item.finding.rule, item.reason, item.until) for item in report.waived] == [
        ("archive.outside-root", "a note of the vendor", None)
    ]


@pytest.mark.parametrize(
    "values, counted",
    [
        ({}, ["archive.damaged"]),
        ({"rule": "archive"}, []),
        ({"where": "out*"}, ["archive.damaged"]),
        ({"where": "in*"}, ["archive.outside-root", "archive.damaged", "waiver.unused"]),
        ({"input": "b*"}, ["archive.outside-root", "archive.damaged"]),
        ({"until": DAY}, ["archive.damaged"]),
        ({"until": DAY - datetime.timedelta(1)}, ["archive.outside-root", "archive.damaged", "waiver.expired"]),
    ],
)
def test_rule_place_input_and_day_decide(values: dict[str, object], counted: list[str]) -> None:
    left, _ = apply([OUTSIDE, DAMAGED], [waiver(**values)], "a.tar", DAY)
    assert [finding.rule for finding in left] == counted


@pytest.mark.parametrize(
    "values, words",
    [
        ({}, "waiver 1 (archive.outside-root) is"),
        ({"input": "a*"}, "waiver 1 (archive.outside-root of a*) is"),
        ({"where": "in*", "input": "a*"}, "waiver 1 (archive.outside-root at in* of a*) is"),
    ],
)
def test_one_that_nothing_needs_is_named_with_what_it_is_for(values: dict[str, object], words: str) -> None:
    (unused,) = apply([], [waiver(**values)], "a.tar", DAY)[0]
    assert unused.rule == "waiver.unused"
    assert unused.message.startswith(words)


def test_a_place_is_found_as_the_report_writes_it() -> None:
    link = found("manifest.path", "build_info.extensions._ssl[0].links[1].path_static", "there is no such file")
    exact = waiver(rule="manifest.path", where=link.where)
    assert apply([link], [exact], "a.tar", DAY)[0] == []
    assert apply([link], [waiver(rule="manifest.path", where="*._ssl[[]0].links*")], "a.tar", DAY)[0] == []


def test_an_expired_waiver_of_what_is_mended_is_no_news() -> None:
    assert apply([], [waiver(until=datetime.date(2020, 1, 1))], "a.tar", DAY) == ([], ())


def test_everything_wrong_with_a_file_is_told_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '[[waiver]]\nrule = "archive.nonsense"\nuntil = 2026-01-01T00:00:00\n[[waiver]]\nreason = ""\n'
        'file = "x"\n[other]\n',
    )
    with pytest.raises(InputError) as caught:
        load_waivers(path)
    said = "\n".join(map(str, caught.value.faults))
    for words in ("waiver 1: rule", "waiver 1: reason", "waiver 1: until", "waiver 2: rule", "waiver 2: reason",
                  "waiver 2: file", "other"):  # fmt: skip
        assert words in said


@pytest.mark.parametrize("text", ["[[waiver", "waiver = 3", "waiver = [1]"])
def test_a_file_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load_waivers(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml: cannot be read"):
        load_waivers(tmp_path / "none.toml")
