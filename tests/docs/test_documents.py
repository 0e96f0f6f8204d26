"""The documents are true as far as a program can tell: links, commands, settings, dependencies, generated parts."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pydist.cli.main import _COMMANDS
from pydist.cli.options import words as rules_named
from pydist.link.settings import Settings
from pydist.validate import choose
from pydist.validate.waivers import load_waivers

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md"), *(CHECKOUT / "examples").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def identifier(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(path: Path) -> Iterator[list[str]]:
    """Every `pydist …` command that stands in a block of code, with or without a prompt."""
    fenced = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        text = line.strip().removeprefix("$ ")
        if (fenced or line.startswith("    ")) and text.startswith(("pydist ", ".venv/bin/pydist ")):
            yield shlex.split(text, comments=True)[1:]


@pytest.mark.parametrize("page", PAGES, ids=identifier)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=identifier)
def test_commands_are_ones_that_pydist_understands(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = []
    for words in commands(page):
        if words[0] in ("--help", "--version"):
            continue
        assert words[0] in _COMMANDS, f"no such command: pydist {words[0]}"
        parser = argparse.ArgumentParser(prog=f"pydist {words[0]}")
        importlib.import_module(f"pydist.cli.{words[0]}").configure(parser)
        try:
            args = parser.parse_args(words[1:])
            if words[0] in ("validate", "diff"):
                choose(rules_named(args.select), rules_named(args.ignore))
        except SystemExit as stopped:
            if stopped.code:
                wrong.append(f"{shlex.join(['pydist', *words])}: {capsys.readouterr().err.splitlines()[-1]}")
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=identifier)
def test_toml_blocks_are_settings_or_waivers_that_pydist_understands(page: Path, tmp_path: Path) -> None:
    for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        if "[[waiver]]" in block:
            (tmp_path / "waivers.toml").write_text(block)
            assert load_waivers(tmp_path / "waivers.toml")
        else:
            Settings.parse(tomllib.loads(block), identifier(page))


@pytest.mark.parametrize("page", PAGES, ids=identifier)
def test_paths_in_backticks_exist(page: Path) -> None:
    folders = ("pydist/", "builders/", "tests/", "schema/", "docs/", "examples/", "benchmarks/", "containers/")
    named = re.findall(r"`((?:%s)[\w./*-]*)`" % "|".join(folders), page.read_text(encoding="utf-8"))  # noqa: UP031
    assert not [name for name in named if not list(CHECKOUT.glob(name.rstrip("/") or name))]


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [line for lines in project["dependency-groups"].values() for line in lines if isinstance(line, str)]
    extras = [line for lines in project["project"]["optional-dependencies"].values() for line in lines]
    text = (CHECKOUT / "docs" / "explanation" / "dependencies.md").read_text(encoding="utf-8")
    rows = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE) for name in row.split(",")}
    declared = {Requirement(line).name for line in [*project["project"]["dependencies"], *extras, *groups]}
    assert declared - rows == set()
    assert rows - declared - {"package", "---"} == set(), "described but not declared"


def test_what_is_made_from_the_code_is_up_to_date() -> None:
    command = [sys.executable, str(CHECKOUT / "docs" / "generate.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
