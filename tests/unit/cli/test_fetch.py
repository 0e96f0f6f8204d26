"""`pydist fetch` on the command line: where the index is said, what is printed, how it ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pydist.cli.main import main
from pydist.fetch.machine import Machine
from pydist.policy import resources
from pydist.target import Arch, Os
from tests.support.index import archive, metadata, metadata_row, sums
from tests.support.server import Server, serving

TARGET = "x86_64-unknown-linux-gnu"
NAME = f"cpython-3.13.1+20250101-{TARGET}-pgo+lto-full.tar.zst"
SMALL = f"cpython-3.13.1+20250101-{TARGET}-freethreaded-install_only.tar.gz"
FILES = {NAME: archive(), SMALL: archive("small")}
HERE = ["--target", TARGET]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("PYDIST_CACHE", str(tmp_path / "store"))
    monkeypatch.delenv("PYDIST_INDEX", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with serving() as server:
        server.files = {f"release/{name}": data for name, data in FILES.items()}
        server.files["release/SHA256SUMS"] = sums(FILES)
        yield server


def report(capsys: pytest.CaptureFixture[str]) -> Any:
    document = json.loads(capsys.readouterr().out)
    schema = json.loads((resources.schema() / "fetch-report-1.schema.json").read_text())
    jsonschema.validate(document, schema)
    return document


def test_the_archive_stands_here_and_its_path_and_digest_are_printed(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "3.13", "--index", server.url("release"), *HERE]) == 0
    assert Path(NAME).read_bytes() == FILES[NAME]
    assert capsys.readouterr().out == f"{NAME}\nsha256 {hashlib.sha256(FILES[NAME]).hexdigest()}\n"


def test_options_and_flavour_choose(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--options", "freethreaded", "--flavour", "install-only", "-o", "there", "--json"]
    assert main(["fetch", "3.13.1+20250101", "--index", server.url("release"), *HERE, *arguments]) == 0
    document = report(capsys)
    assert document["path"] == f"there/{SMALL}"
    assert (document["action"], document["verified"], document["cached"]) == ("fetch", True, False)
    (row,) = document["archives"]
    assert (row["name"], row["options"], row["flavour"]) == (SMALL, ["freethreaded"], "install_only")
    assert Path("there", SMALL).read_bytes() == FILES[SMALL]


def test_the_index_is_an_argument_a_variable_or_a_setting_in_this_order(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "3.13", *HERE]) == 2
    assert "--index, in PYDIST_INDEX, or as index in [tool.pydist]" in " ".join(capsys.readouterr().err.split())
    Path("pyproject.toml").write_text(f'[tool.pydist]\nindex = "{server.url("release")}"\n')
    assert main(["fetch", "3.13", *HERE]) == 0
    monkeypatch.setenv("PYDIST_INDEX", server.url("elsewhere"))
    assert main(["fetch", "3.13", *HERE]) == 3
    assert main(["fetch", "3.13", *HERE, "--index", server.url("release")]) == 0


def test_a_setting_that_is_wrong_is_said(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text("[tool.pydist]\nindex = 1\n")
    assert main(["fetch", "3.13", *HERE]) == 2
    assert "index: expected a string" in capsys.readouterr().err


def test_the_list_is_a_table_with_the_best_first(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "--list", "--index", server.url("release")]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if TARGET in line]
    assert [("pgo+lto" in line, "freethreaded" in line) for line in lines] == [(True, False), (False, True)]
    assert not list(Path().iterdir())


def test_the_list_can_be_filtered_and_read_by_programs(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "cpython-\x1b[2J.tar.gz"
    rows = [metadata_row(server.url(f"release/{name}").replace("+", "%2B"), "ab" * 32) for name in FILES]
    server.files["index.json"] = metadata([*rows, {**rows[0], "url": f"https://x/{hostile}"}])
    index = server.url("index.json")
    assert main(["fetch", "--list", "--json", "--index", index, "--options", "freethreaded"]) == 0
    document = report(capsys)
    assert [row["name"] for row in document["archives"]] == [SMALL]
    assert (document["action"], document["index"], len(document["left_out"])) == ("list", index, 1)
    assert main(["fetch", "--list", "--index", index]) == 0
    captured = capsys.readouterr()
    assert "left out: key-2" in captured.err
    assert "\x1b" not in captured.out + captured.err


@pytest.mark.parametrize("arguments", [["3.99"], ["3.99", "--json"], ["--options", "noopt"]])
def test_a_list_with_nothing_in_it_is_wrong_use_and_says_what_there_is(
    server: Server, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(["fetch", "--list", "--index", server.url("release"), *arguments]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert "nothing of 2 archives is" in captured.err
    assert ("series in it: 3.13" if "3.99" in arguments else "without --options noopt") in captured.err


def test_a_cross_environment_is_listed_and_never_chosen(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.files["index.json"] = metadata([metadata_row(server.url("xbuildenv-0.29.4.tar.gz"), None)])
    assert main(["fetch", "3.13", "--list", "--index", server.url("index.json")]) == 0
    assert "wasm32" in capsys.readouterr().out
    assert main(["fetch", "3.13", "--index", server.url("index.json"), "--allow-unverified"]) == 2


def test_an_archive_that_nobody_vouches_for_is_taken_only_when_allowed_and_said(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.files["index.json"] = metadata([metadata_row(server.url(f"release/{NAME}").replace("+", "%2B"), None)])
    arguments = ["fetch", "3.13", "--index", server.url("index.json"), *HERE]
    assert main(arguments) == 2
    assert "--allow-unverified" in capsys.readouterr().err
    assert main([*arguments, "--allow-unverified"]) == 0
    assert "nobody vouches" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "which version"),
        (["three"], 2, "3.13.1"),
        (["3.12"], 2, "nothing of 2 archives"),
        (["3.13", "--target", "pdp11"], 2, "pdp11"),
    ],
)
def test_wrong_use_is_said_with_what_would_be_right(
    server: Server, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    assert main(["fetch", *arguments, "--index", server.url("release")]) == code
    assert message in capsys.readouterr().err


def test_a_flavour_that_is_not_known_is_wrong_use(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["fetch", "3.13", "--flavour", "tiny"])
    assert caught.value.code == 2
    assert "full, install-only, install-only-stripped" in capsys.readouterr().err


def test_a_list_shows_digests_and_the_latest(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    older = NAME.replace("3.13.1", "3.13.0")
    server.files["release/SHA256SUMS"] = sums({**FILES, older: b"x"})
    assert main(["fetch", "--list", "--index", server.url("release"), *HERE]) == 0
    said = capsys.readouterr().out
    assert "3.13.0" in said and hashlib.sha256(FILES[NAME]).hexdigest()[:12] in said
    assert main(["fetch", ">=3.12", "--list", "--latest", "--index", server.url("release"), *HERE]) == 0
    said = capsys.readouterr().out
    assert "3.13.0" not in said and "3.13.1" in said


@pytest.mark.parametrize("word", ["install-only", "install_only", "stripped"])
def test_flavours_have_the_words_of_repack(server: Server, word: str) -> None:
    small = SMALL.replace("freethreaded-install_only", f"install_only{'_stripped' if word == 'stripped' else ''}")
    server.files["release/SHA256SUMS"] = sums({small: FILES[SMALL]})
    server.files[f"release/{small}"] = FILES[SMALL]
    assert main(["fetch", "3.13", "--flavour", word, "--index", server.url("release"), *HERE]) == 0
    assert Path(small).is_file()


def test_what_needs_a_newer_processor_is_said(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = NAME.replace("x86_64", "x86_64_v4")
    server.files |= {"release/SHA256SUMS": sums({new: FILES[NAME]}), f"release/{new}": FILES[NAME]}
    machine = Machine(os=Os.LINUX, arch=Arch.X86_64, level=4, environments=("gnu",))
    monkeypatch.setattr(Machine, "here", lambda: machine)
    assert main(["fetch", "3.13", "--index", server.url("release")]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "level x86-64-v4, which this machine has; for any, say --target x86_64-unknown-linux-gnu" in said
