"""Whatever the bytes, `inspect` answers with a report or with one error."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from pydist.archive.extract import extract
from pydist.errors import InputError
from pydist.link.inspect import Unstated, extract_application, inspect, licence_texts
from pydist.manifest.convert import dumps
from pydist.repack import Request, repack
from pydist.repack.profile import profile_named
from tests.support import tiny
from tests.support.dist import stub, tree
from tests.support.linked import CONTENTS, application

MODULES = tuple(sorted((*tiny.built_in(), "sys", "zlib")))


def test_an_application_is_described(tmp_path: Path) -> None:
    report = inspect(application(tmp_path))
    assert (report.kind, report.contents, report.modules) == ("application", CONTENTS, ("a",))
    assert report.sections is not None
    assert report.sections["code"] == 4


def test_the_files_of_an_application_are_given_back(tmp_path: Path) -> None:
    path = application(tmp_path)
    assert extract_application(path, tmp_path / "out") == 3
    assert (tmp_path / "out/lib/a.py").read_bytes() == b"x = 1\n"
    assert (tmp_path / "out/bin/run").stat().st_mode & 0o111
    with pytest.raises(InputError, match="is there already"):
        extract_application(path, tmp_path / "out")


@pytest.mark.parametrize(
    ("meta", "reason"),
    [
        (b"", "not usable JSON"),
        (b"[]", "expected an object"),
        (b"{}", "contents: name: missing"),
        (b"\xff", "not usable"),
    ],
)
def test_contents_that_are_wrong_are_an_error(tmp_path: Path, meta: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        inspect(application(tmp_path, meta))


def test_another_executable_is_named_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(stub())
    with pytest.raises(InputError, match=r"not one that pydist linked: .*strip takes that away"):
        inspect(tmp_path / "x")


def test_every_changed_byte_of_the_image_is_noticed(tmp_path: Path) -> None:
    data = application(tmp_path).read_bytes()
    start = data.index(b"pydist\x1a\n")
    path = tmp_path / "changed"
    for place in range(start, len(data), 11):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :])
        with pytest.raises(InputError):
            inspect(path)


def test_damage_anywhere_gives_a_report_or_one_error(tmp_path: Path) -> None:
    data = application(tmp_path).read_bytes()
    path = tmp_path / "damaged"
    chance = random.Random(20)  # noqa: S311 - the same damage each time
    for _ in range(400):
        damaged = bytearray(data[: chance.choice([len(data), chance.randrange(len(data))])])
        for _ in range(chance.randrange(4)):
            if damaged:
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        try:
            inspect(path)
        except InputError:
            continue


def test_a_distribution_is_described_as_folder_and_as_archive(tmp_path: Path) -> None:
    root = tree(tmp_path)
    archive = tiny.pack(tmp_path / "d.tar", {"python/PYTHON.json": (root / "PYTHON.json").read_bytes()})
    for path in (tmp_path, root, archive):
        report = inspect(path)
        assert (report.kind, report.interpreter.version) == ("distribution", "3.14.7")
        assert report.extensions == MODULES
    assert inspect(archive).interpreter.licenses == ("CNRI-Python", "Python-2.0", "Zlib")


def test_an_installed_tree_says_what_it_is(tmp_path: Path) -> None:
    full = tiny.pack(tmp_path / "a.tar", tiny.distribution())
    request = Request(source=full, profile=profile_named("minimal"), output=str(tmp_path / "b.tar.gz"))
    extract(Path(repack(request).output), tmp_path / "tree")
    for path in (tmp_path / "b.tar.gz", tmp_path / "tree", tmp_path / "tree/python"):
        report = inspect(path)
        assert (report.kind, report.interpreter.target_triple) == ("installed", tiny.TRIPLE)
        assert (report.extensions, report.left_out) == (MODULES, ("static libraries", "headers"))
        assert report.interpreter.licenses == inspect(full).interpreter.licenses


@pytest.mark.parametrize("data", [b"", b"x", b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08", b"\x7fELF", b"\0" * 1024, b"PK"])
def test_other_files_are_one_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(InputError):
        inspect(tmp_path / "x")


def test_a_file_that_is_no_archive_is_answered_with_what_is_taken(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("print()\n" * 100)
    with pytest.raises(InputError, match=r"not an archive.*expected a file that pydist linked, or a distribution:"):
        inspect(tmp_path / "x")


def test_an_interpreter_is_answered_with_what_to_give_and_a_tree_with_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").write_bytes(stub())
    with pytest.raises(InputError, match="of an installed Python, give the prefix"):
        inspect(tmp_path / "bin/python3")
    with pytest.raises(Unstated):
        inspect(tmp_path)


@pytest.mark.parametrize("text", ["{}", "[]", "", '{"version": "9"}', json.dumps({"version": "8"})])
def test_a_distribution_with_a_wrong_manifest_is_one_error(tmp_path: Path, text: str) -> None:
    archive = tiny.pack(tmp_path / "d.tar", {"python/PYTHON.json": text.encode()})
    with pytest.raises(InputError):
        inspect(archive)


def test_what_is_not_there_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        inspect(tmp_path / "x")
    with pytest.raises(InputError, match="PYTHON"):
        inspect(tmp_path)


def test_a_manifest_alone_is_described_like_its_distribution(tmp_path: Path) -> None:
    path = tmp_path / "manifest"
    path.write_text(json.dumps(tiny.manifest()))
    whole = inspect(tiny.pack(tmp_path / "a.tar", tiny.distribution()))
    assert inspect(path).extensions == whole.extensions
    assert inspect(path).interpreter.version == whole.interpreter.version


def test_the_licence_texts_of_an_application_are_given(tmp_path: Path) -> None:
    assert licence_texts(application(tmp_path)) == {"lib/LICENSE": "do what you like"}
    lost = replace(CONTENTS, packages=(replace(CONTENTS.packages[0], license_texts=("lib/gone\x1b",)),))
    with pytest.raises(InputError, match=r"not in it\n  'lib/gone\\x1b'"):
        licence_texts(application(tmp_path, dumps(lost)))
    with pytest.raises(InputError, match="not an application"):
        licence_texts(tmp_path)
