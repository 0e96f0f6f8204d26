"""What the builder publishes is what repacking its full archive gives, byte for byte."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pydist
from pydist.archive.extract import extract
from pydist.archive.source import open_source
from pydist.build.pack import pack
from pydist.build.plan import PACKING
from pydist.build.request import BuildRequest
from pydist.manifest.compact import COMPACT, load_compact
from pydist.policy.names import Flavour
from pydist.repack import Request, repack
from pydist.repack.profile import profile_named
from tests.support import tiny

REQUEST = BuildRequest.parse(python="3.14", target=tiny.TRIPLE, options="noopt+static")
PACKAGE = Path(pydist.__file__).parent


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A folder with both archives of a small distribution."""
    extract(tiny.pack(tmp_path / "a.tar", tiny.distribution()), tmp_path)
    (tmp_path / "out").mkdir()
    pack(tmp_path / "out", tmp_path / "python", REQUEST)
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("flavour", "to"), [(Flavour.FULL, "full"), (Flavour.INSTALL_ONLY, "install-only")], ids=["full", "install-only"]
)
def test_repacking_what_was_built_gives_what_was_published(packed: Path, flavour: Flavour, to: str) -> None:
    published, again = packed / str(REQUEST.archive(flavour)), packed / "again" / str(REQUEST.archive(flavour))
    full = packed / str(REQUEST.archive(Flavour.FULL))
    repack(Request(source=full, profile=profile_named(to), output=str(again)))
    assert again.read_bytes() == published.read_bytes()


def test_the_installed_tree_has_licences_and_says_what_it_is(packed: Path) -> None:
    with open_source(packed / str(REQUEST.archive(Flavour.INSTALL_ONLY))) as source:
        members = {member.entry.path.removeprefix("python/"): member.read() for member in source.members()}
    about = load_compact(members[COMPACT], COMPACT)
    assert (about.python_version, about.target_triple, about.build_options) == ("3.14.7", tiny.TRIPLE, "noopt+static")
    assert members["share/licenses/LICENSE.zlib.txt"] == tiny.LICENCES
    assert not [name for name in members if name.endswith(".a")]


def test_bytecode_of_somebody_who_ran_the_interpreter_in_the_store_is_in_neither_archive(
    packed: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "python/install/lib/python3.14/__pycache__"
    cache.mkdir()
    (cache / "os.cpython-314.pyc").write_bytes(b"2b0e\1" + bytes(11))
    (tmp_path / "second").mkdir()
    pack(tmp_path / "second", tmp_path / "python", REQUEST)
    for path in packed.iterdir():
        assert (tmp_path / "second" / path.name).read_bytes() == path.read_bytes()


def test_the_key_of_the_archives_covers_all_code_that_writes_them() -> None:
    waiting, seen = [PACKAGE / "build/pack.py"], set[Path]()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting.extend(imported(path))
    covered = tuple(str(PACKAGE / part) for part in PACKING)
    assert {path for path in seen if not str(path).startswith(covered)} == set()


def imported(path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        for name in names:
            place = PACKAGE.parent.joinpath(*name.split("."))
            yield from (file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file())
