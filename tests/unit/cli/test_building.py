"""Facts about the options that all commands have which build."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from pydist.build.box import BoxKind
from pydist.cli import build, rebuild

COMMANDS = pytest.mark.parametrize(
    ("configure", "words"), [(build.configure, []), (rebuild.configure, ["an-archive"])], ids=["build", "rebuild"]
)


@COMMANDS
def test_they_are_read_alike(
    configure: Callable[[argparse.ArgumentParser], None], words: list[str], tmp_path: Path
) -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    plain = parser.parse_args(words)
    assert (plain.box, plain.jobs, plain.downloads) == (None, 0, None)
    given = parser.parse_args([*words, "--box", "host", "-j", "3", "--downloads", str(tmp_path)])
    assert (given.box, given.jobs, given.downloads) == (BoxKind.HOST, 3, tmp_path)


@COMMANDS
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--jobs=-1"], "'-1': expected a number from 1, or 0 for all cores"),
        (["--jobs", "two"], "'two': expected a number from 1"),
        (["--downloads", "nowhere"], "'nowhere': no such folder"),
        (["--box", "shed"], "'shed': expected container or host"),
    ],
)
def test_what_cannot_be_is_refused_with_what_could(
    configure: Callable[[argparse.ArgumentParser], None],
    words: list[str],
    wrong: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    with pytest.raises(SystemExit) as ended:
        parser.parse_args([*words, *wrong])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
