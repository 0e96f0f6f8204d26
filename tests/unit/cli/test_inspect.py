"""`pydist inspect` of what has no manifest says what its content says, as text, JSON and HTML."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import jsonschema
import pytest

from pydist.cli.main import main
from pydist.policy import resources
from tests.support import trees
from tests.support.dist import tree
from tests.support.linked import application


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    trees.write(tmp_path / "prefix", trees.unix())
    return tmp_path / "prefix"


def test_an_installed_python_is_known_by_its_content(prefix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(prefix)]) == 0
    text = capsys.readouterr().out
    for words in ("  learned  ", "Python 3.14.7  x86_64-unknown-linux-gnu", " bytes  programs",
                  "version 3.14.7, as include/python3.14/patchlevel.h says",
                  "floor glibc 2.34, as bin/python3.14 says", "only what belongs to this Python"):  # fmt: skip
        assert words in text


def test_json_keeps_to_the_published_schema(prefix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "--json", str(prefix)]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((resources.schema() / "inspect-report-1.schema.json").read_text()))
    assert (document["kind"], document["interpreter"]["version"]) == ("learned", "3.14.7")
    assert "distribution" not in document["interpreter"]
    assert document["space"]["programs"] == (prefix / "bin/python3.14").stat().st_size


def test_the_page_has_the_same_and_nothing_in_it_is_a_command(tmp_path: Path, prefix: Path) -> None:
    odd = prefix.rename(tmp_path / "<script>")
    for path in (odd, tree(tmp_path)):
        assert main(["inspect", "--quiet", "--html", str(tmp_path / "a.html"), str(path)]) == 0
        page = (tmp_path / "a.html").read_text()
        assert "3.14.7 x86_64-unknown-linux-" in page
        assert "<script" not in page
        assert ("<svg" in page) is (path == odd)  # of what has a manifest no more is read than that
        assert ("zlib" in page) is (path != odd)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--modules"], "--modules: "),
        (["--licences", "--text", "--modules"], "--licences, --modules: "),
        (["--sbom", "x.json"], "--sbom: "),
        (["--text"], "--text adds texts"),
    ],
)
def test_options_that_do_not_apply_are_refused(
    tmp_path: Path, prefix: Path, capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    for path in (prefix, tree(tmp_path)):
        assert main(["inspect", str(path), *words]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith(f"error: {expected}")


def test_what_an_option_asks_for_is_printed_beside_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = application(tmp_path)
    for words, expected in (
        (["--modules", "-q"], ["a"]),
        (["--text"], None),
        (["--text", "--licences", "--json"], None),
    ):
        assert main(["inspect", str(path), *words]) == (0 if expected else 2)
        assert capsys.readouterr().out.split() == (expected or [])
    assert main(["inspect", str(path), "--modules", "--licences", "--extract", str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    assert text.startswith("3 files written to ")
    assert "what  version  licence" in text
    assert text.endswith("\na\n")


def test_what_is_no_python_is_wrong_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        for name in ("bundle/python/bin/python3.14", "bundle-1.dist-info/WHEEL"):
            wheel.writestr(name, b"text")
    for name, words in (("empty", "is no Python"), ("a.whl", "is a wheel; there is a Python in it")):
        assert main(["inspect", str(tmp_path / name)]) == 2
        assert words in capsys.readouterr().err
