"""`pydist adopt` on the command line: what it refuses, and that nothing stays behind then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pydist.adopt import AdoptReport
from pydist.adopt.report import Absent, Bundled
from pydist.cli.main import main
from tests.support import trees


def test_what_is_no_python_ends_with_2_and_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trees.write(tmp_path / "app", {"dist/base_library.zip": b""})
    assert main(["adopt", str(tmp_path / "app"), "-o", str(tmp_path / "out") + "/"]) == 2
    assert "PyInstaller" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["app"]


def test_a_folder_with_something_in_it_is_not_written_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/mine").write_text("")
    assert main(["adopt", "/usr", "--folder", str(tmp_path / "there")]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["mine"]


REPORT = AdoptReport(
    input="/usr", prefix="/usr", output="a.tar.zst", sha256="1" * 64, size=1234, python_version="3.11.2",
    target_triple="x86_64-unknown-linux-gnu", build_options="", crt_features=(), linkable=True,
    absent=(Absent(key="links", why="no objects", cost="much"),),
    libraries=(Bundled(path="install/lib/libz.so.1", source="/lib/libz.so.1"),), system_libraries=(), left_out=(),
    search_paths={}, fixed=(), remarks=(), ran=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("linkable", "words"),
    [(True, "pydist link can use it"), (False, "pydist link cannot use it: no headers or no libpython")],
)
def test_the_result_is_one_line_and_the_details_are_not_for_who_wants_it_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], linkable: bool, words: str
) -> None:
    monkeypatch.setattr("pydist.cli.adopt.adopt", lambda *_, **__: replace(REPORT, linkable=linkable))
    result = f"a.tar.zst  1,234 bytes  CPython 3.11.2  x86_64-unknown-linux-gnu  {words}\nsha256 {'1' * 64}\n"
    assert main(["adopt", "/usr", "-q"]) == 0
    assert capsys.readouterr().out == result
    assert main(["adopt", "/usr"]) == 0
    text = capsys.readouterr().out
    assert text.endswith(f"1 library came along: libz.so.1\n{result}")
    assert "no objects" in text


def test_help_says_that_the_interpreter_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["adopt", "--help"])
    assert "The interpreter is run" in capsys.readouterr().out
