"""The page of a report: everything that was found, nothing that a browser would run."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from pydist.cli.main import main
from pydist.trial.outcome import Verdict
from pydist.validate import validate
from pydist.validate.page import page
from pydist.validate.report import Report, Tried
from pydist.validate.waivers import Waiver
from tests.support import tiny


class Page(HTMLParser):
    """Tags in order, attributes by name, and all text."""

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


def judged(folder: Path, *waivers: Waiver, name: str = "outside") -> Report:
    content = tiny.distribution()
    content[name] = b""
    return validate(tiny.pack(folder / "a.tar", content), run=False, waivers=waivers)


def test_findings_and_what_takes_the_space_are_on_it(tmp_path: Path) -> None:
    report = judged(tmp_path)
    shown = Page(page([report]))
    for finding in report.findings:
        assert finding.rule in shown.text and finding.message in shown.text and finding.fix in shown.text
    assert "bad" in shown.text and "standard library" in shown.text
    assert shown.tags.count("svg") == 2
    assert sum(share.bytes for share in report.summary.space) == report.summary.bytes
    assert sum(share.files for share in report.summary.space) > 5


def test_waived_findings_have_their_reason_on_it(tmp_path: Path) -> None:
    waiver = Waiver(number=1, rule="archive", reason="a note of the vendor")
    shown = Page(page([judged(tmp_path, waiver), Report.unreadable("gone.tar", "no such file")]))
    assert "Nothing was found." in shown.text and "a note of the vendor" in shown.text
    assert "gone.tar" in shown.text and "no such file" in shown.text


def test_what_was_tried_is_on_it_with_what_the_interpreter_said_as_text(tmp_path: Path) -> None:
    report = judged(tmp_path)
    tried = (
        Tried(rule="run.tls", verdict=Verdict.PASSED, detail="<script>OpenSSL 3.5.7</script>"),
        Tried(rule="run.pip", verdict=Verdict.NOT_APPLICABLE),
    )
    shown = Page(page([replace(report, summary=replace(report.summary, tried=tried))]))
    assert "run.tls" in shown.text and "<script>OpenSSL 3.5.7</script>" in shown.text and "not applicable" in shown.text
    assert "script" not in shown.tags
    assert "What was tried" not in page([report])


def test_hostile_names_are_text(tmp_path: Path) -> None:
    hostile = judged(tmp_path, name="<script>alert(1)</script><img src=x onerror=alert(1)>")
    shown = Page(page([hostile]))
    assert {"script", "img"}.isdisjoint(shown.tags)
    assert not any(name.startswith("on") or name in ("src", "href") for name in shown.attributes)
    assert "<script>alert(1)</script>" in shown.text
    assert "default-src 'none'" in page([hostile])


def test_the_command_writes_it(tmp_path: Path) -> None:
    archive = tiny.pack(tmp_path / "a.tar", tiny.distribution())
    assert main(["validate", "--no-run", "--html", str(tmp_path / "x.html"), str(archive)]) == 0
    assert (tmp_path / "x.html").read_text().startswith("<!doctype html>")
