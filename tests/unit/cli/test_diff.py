"""`pydist diff` ends with 0, 1 or 2, and says what differs as text, JSON or a page; nothing in a name is obeyed."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from pydist.cli.main import main
from pydist.policy import resources
from tests.support import tiny

HOSTILE = "python/<script>alert(1)</script>\x1b[2J"


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return tiny.pack(tmp_path / "a.tar", tiny.distribution())


@pytest.fixture
def second(tmp_path: Path) -> Path:
    content = {**tiny.distribution(lambda manifest, _: manifest.update(run_tests="[red]x\x1b[2J")), HOSTILE: b"x"}
    content["python/install/lib/python3.14/os.py"] = b"<b>\n[red]\x1b[2J\n"
    for number in range(40):
        content[f"python/install/lib/python3.14/{number:02}.py"] = b""
    return tiny.pack(tmp_path / "b.tar", content)


def test_exit_codes_tell_equal_different_and_unreadable(
    first: Path, second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", str(first), str(first)]) == 0
    assert capsys.readouterr().out.startswith("equal")
    assert main(["diff", str(first), str(second)]) == 1
    assert capsys.readouterr().out.startswith("different")
    assert main(["diff", str(first), "/no/such/file"]) == 2
    assert main(["diff", str(first), str(second), "--show", "no/such/file"]) == 2
    assert main(["diff", str(first), str(second), "--select", "nonsense"]) == 2


def test_the_summary_comes_first_and_long_lists_are_cut_and_say_so(
    first: Path, second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["diff", str(first), str(second)])
    text = capsys.readouterr().out
    assert text.index("files: 41 added") < text.index("files  ") < text.rindex("--all shows them")
    assert "38.py" not in text
    main(["diff", "--all", str(first), str(second)])
    text = capsys.readouterr().out
    assert "38.py" in text and "--all shows them" not in text
    main(["diff", "--quiet", str(first), str(second)])
    assert "38.py" not in capsys.readouterr().out


def test_nothing_in_the_archives_commands_the_terminal(
    first: Path, second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["diff", "--all", "--show", "install/lib/python3.14/os.py", "--show", "PYTHON.json", str(first), str(second)])
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "<script>alert(1)</script>\ufffd[2J" in text
    assert "+[red]\ufffd[2J" in text


def test_json_keeps_to_the_published_schema_and_has_everything(
    first: Path, second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--json", "--show", "PYTHON.json", str(first), str(second)]) == 1
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((resources.schema() / "diff-report-1.schema.json").read_text()))
    assert sum(item["what"] == ["added"] for item in document["files"]) == 41
    assert document["shown"][0]["path"] == "PYTHON.json"
    assert not document["equal"]


class Page(HTMLParser):
    """Tags in order, names of attributes, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_has_the_differences_and_nothing_that_a_browser_would_run(
    first: Path, second: Path, tmp_path: Path
) -> None:
    out = tmp_path / "x.html"
    arguments = ["diff", "--show", "install/lib/python3.14/os.py", "--html", str(out), str(first), str(second)]
    assert main(arguments) == 1
    text = out.read_text()
    shown = Page(text)
    assert "default-src 'none'" in text
    assert {"script", "b", "img"}.isdisjoint(shown.tags)
    assert not any(name.startswith("on") or name in ("src", "href") for name in shown.attributes)
    for words in ("<script>alert(1)</script>", "run_tests", "38.py", "What grew and shrank", "+<b>"):
        assert words in shown.text
    assert main([*arguments[:-2], str(first), str(first)]) == 0
    assert "equal" in Page(out.read_text()).text
