"""The thrower of damaged inputs notices misbehaviour, and its inputs can be made again."""

from __future__ import annotations

import tempfile  # noqa: F401  # for the lines of misbehaviour
from pathlib import Path

import pytest

from pydist.errors import InputError  # noqa: F401  # for the lines of misbehaviour
from tests.fuzz import throw as thrower
from tests.fuzz.inputs import make_input
from tests.fuzz.throw import throw


def test_an_input_can_be_made_again_from_its_number(tmp_path: Path) -> None:
    for number in range(40):
        kinds = [make_input(7, number, tmp_path / f"{number}-{name}", tmp_path) for name in "ab"]
        assert kinds[0] == kinds[1]
        if (tmp_path / f"{number}-a").is_file():
            assert (tmp_path / f"{number}-a").read_bytes() == (tmp_path / f"{number}-b").read_bytes()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("raise KeyError('x')", "KeyError"),
        ("raise InputError('')", "refused without a word"),
        ("while True: pass", "seconds"),
        ("Path('stray').write_text('x')", "wrote"),
        ("Path('../stray').write_text('x')", "beside its folders"),
        ("tempfile.mkdtemp()", "wrote"),
        ("with open('../out/app', 'wb') as file: file.truncate(1 << 30)", "bytes into out"),
    ],
)
def test_every_kind_of_misbehaviour_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, words: str
) -> None:
    def reader(_path: Path, **_: object) -> None:
        exec(fault)  # noqa: S102  # one of the lines above

    monkeypatch.setattr(thrower, "validate", reader)
    monkeypatch.setattr(thrower, "_PATIENCE", 1.0)
    outcome = throw(1, 1, tmp_path)
    assert any(words in failure for failure in outcome.failures)
