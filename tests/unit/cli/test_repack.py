"""`pydist repack` on the command line: what it prints, what it refuses, what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pydist.archive.entry import Kind
from pydist.archive.source import open_source
from pydist.cli.main import main
from tests.support import tiny, trees
from tests.support.elf import make_elf


@pytest.fixture
def full(tmp_path: Path) -> Path:
    return tiny.pack(tmp_path / "cpython-3.14.7+1-x86_64-unknown-linux-musl-noopt+static-full.tar", tiny.distribution())


def test_the_report_is_json_and_the_archive_is_where_it_says(full: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["repack", str(full), "--to", "full", "-o", f"{full.parent}/out/", "--json", "-q"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert Path(report["output"]).is_file()
    assert Path(report["output"]).name == "cpython-3.14.7+1-x86_64-unknown-linux-musl-noopt+static-full.tar.zst"
    assert report["size"] == Path(report["output"]).stat().st_size


def test_people_see_what_takes_the_space(full: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = full.parent / "small.zip"
    assert main(["repack", str(full), "--to", "full", "-o", str(output)]) == 0
    said = capsys.readouterr().out
    assert "static libraries" in said and str(output) in said and "sha256" in said
    with open_source(full) as source:
        files = [member.entry.size for member in source.members() if member.entry.kind is Kind.FILE]
    numbers = next(line for line in said.splitlines() if " all " in line).translate(str.maketrans("│,", "  ")).split()
    assert numbers[:3] == ["all", str(len(files)), str(sum(files) // 1000)]


def test_who_wants_it_quiet_sees_the_result_alone(full: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = full.parent / "small.zip"
    assert main(["repack", str(full), "--to", "full", "-o", str(output), "-q"]) == 0
    said = capsys.readouterr()
    first, second = said.out.splitlines()
    assert first == f"{output}  {output.stat().st_size:,} bytes"
    assert second.startswith("sha256 ")
    assert said.err == ""


def test_programs_that_cannot_be_stripped_share_a_line(full: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(_manifest: dict[str, Any], content: tiny.Members) -> None:
        content |= {f"python/install/lib/{name}.dylib": b"\xcf\xfa\xed\xfe" + bytes(600) for name in "abc"}

    source = tiny.pack(full.parent / "more.tar", tiny.distribution(change))
    assert main(["repack", str(source), "--to", "stripped", "-o", str(full.parent / "a.zip")]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("Mach-O") == 1 and "lib/a.dylib and 2 more: Mach-O" in said


def test_a_fault_that_the_input_has_not_is_not_published(full: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = full.parent / "out" / "cpython-3.13.1+1-x86_64-unknown-linux-musl-noopt+static-full.tar.gz"
    assert main(["repack", str(full), "--to", "full", "-o", str(output)]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "identity.name" in said and "3.13.1" in said
    assert not list(output.parent.iterdir())


def test_places_that_cannot_be_written_are_said(full: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (full.parent / "file").write_bytes(b"")
    assert main(["repack", str(full), "--to", "full", "-o", str(full.parent / "file" / "a.tar.gz")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_faults_of_the_input_are_not_ours(full: Path) -> None:
    def bad(_manifest: dict[str, Any], content: tiny.Members) -> None:
        content["python/install/bin/python3.14"] = make_elf(stack_flags=7)

    source = tiny.pack(full.parent / "bad.tar", tiny.distribution(bad))
    assert main(["repack", str(source), "--to", "full", "-o", f"{full.parent}/out/"]) == 0


@pytest.mark.parametrize(
    "words, said",
    [
        (["--to", "full", "--drop", "licences"], "cannot be left out"),
        (["--to", "full", "--drop", "nonsense"], "not known"),
        (["--to", "full", "-o", "name.rar"], "which format"),
        (["--to", "full", "-o", "name.zip", "--format", "tar.gz"], "expected one of them"),
        (["--to", "full", "--debug-files", "x"], "strips nothing"),
    ],
)
def test_wrong_use_is_said(full: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert main(["repack", str(full), *words]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_what_is_no_distribution_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tiny.pack(tmp_path / "a.tar", {"python/readme": b""})
    assert main(["repack", str(source), "--to", "minimal", "-o", str(tmp_path / "b.tar.gz")]) == 2
    assert "no distribution" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [source]


def test_a_renamed_archive_is_called_what_the_judge_learns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = trees.tar(tmp_path / "theirs", trees.unix() | {"bin/python3.14": trees.elf(glibc="GLIBC_2.17")})
    assert main(["repack", str(theirs), "--to", "install-only", "-o", f"{tmp_path}/out/"]) == 0, capsys.readouterr().err
    made = [path.name for path in (tmp_path / "out").iterdir()]
    assert made == ["cpython-3.14.7-x86_64-unknown-linux-gnu-install_only.tar.gz"]


def test_a_tree_that_nobody_can_name_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = tiny.pack(tmp_path / "theirs.tar", {"python/bin/python3": b"x"})
    assert main(["repack", str(theirs), "--to", "install-only", "-o", f"{tmp_path}/out/"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "which version and target" in said and "--output" in said and "unpack" not in said
