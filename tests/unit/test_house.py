"""Rules about the files themselves: their length, and what must never stand in them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
CODE = {".py", ".c", ".h", ".sh"}
LONGEST, LONGEST_TEST = 350, 500

# Written in pieces so that this file does not name what it forbids.
REGISTRIES = re.compile(
    "|".join([r"[a-z]+\.debian" + r"\.org", "python" + r"hosted\.org", r"\bpypi" + r"\.org", "npmjs" + r"\.(org|com)"])
)


def tracked() -> list[Path]:
    """The files of the checkout as git knows them, or all of them where there is no git."""
    try:
        command = ["git", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
        files = [CHECKOUT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        parts = ("pydist", "builders", "tests", "docs", "examples", "benchmarks", "containers")
        files = [path for part in parts for path in (CHECKOUT / part).rglob("*")]
    return [path for path in files if path.is_file() and "__pycache__" not in path.parts]


def test_no_source_file_is_longer_than_one_idea() -> None:
    lengths = {
        path.relative_to(CHECKOUT): len(path.read_bytes().splitlines())
        for path in tracked()
        if path.suffix in CODE and "patches" not in path.parts
    }
    limit = {path: LONGEST_TEST if path.parts[0] == "tests" else LONGEST for path in lengths}
    assert not {str(path): length for path, length in lengths.items() if length > limit[path]}


@pytest.mark.parametrize("suffix", ["Makefile", ".py", ".c", ".h", ".sh", ".toml", ".md", ".json", ".patch", ".lock"])
def test_no_file_names_the_host_of_a_registry(suffix: str) -> None:
    """The ordinary clients know their hosts; a name in a file breaks on every machine that uses a mirror."""
    found = [
        f"{path.relative_to(CHECKOUT)}: {match.group()}"
        for path in tracked()
        if path.name.endswith(suffix)
        for match in REGISTRIES.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(CHECKOUT))
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(CHECKOUT).parts[0] in {"pydist", "benchmarks"}
        if (text := path.read_text(encoding="utf-8").lstrip()) and not text.startswith(('"""', 'r"""'))
    ]
    assert not silent
