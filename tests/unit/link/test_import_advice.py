"""An error about a missing module says what to paste."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.link.assemble import Parts
from pydist.link.import_advice import advice
from pydist.link.part import Part, PartFile

METADATA = b"""Name: Foo
Version: 2.1
Requires-Dist: click
Requires-Dist: pyyaml>=6 ; extra == "config"
Requires-Dist: x ; extra == 'other'
"""
FOO = Part(
    name="foo-2.1-py3-none-any.whl",
    files=(PartFile(path="lib/Foo-2.1.dist-info/METADATA", data=memoryview(METADATA), code=memoryview(b"")),),
    facts={"name": "Foo", "version": "2.1", "info": "lib/Foo-2.1.dist-info"},
)
PARTS = Parts(stdlib=Part(name="standard library", files=()), packages=(FOO,), own=Part(name="tool", files=()))


@pytest.mark.parametrize(
    ("module", "owner", "words"),
    [
        ("nowhere", "tool", '--with nowhere (with = ["nowhere"])'),
        ("foo.gone", FOO.name, "no such module in this release of Foo 2.1: another may have it"),
        ("cv2", "tool", "--with opencv-python-headless"),
        ("yaml", FOO.name, "--with 'Foo[config]' or --with PyYAML"),
        ("google.protobuf", FOO.name, "--with protobuf"),
        ("pkg_resources", FOO.name, "--with 'setuptools<81'"),
        ("nowhere", FOO.name, '--allow-missing nowhere (allow-missing = ["nowhere"])'),
    ],
)
def test_the_advice_can_be_pasted(module: str, owner: str, words: str) -> None:
    assert words in advice(module, owner, PARTS, None)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("tkinter", "Tk is for glibc only: --target x86_64-unknown-linux-gnu, or"),
        ("turtle", "--target x86_64-unknown-linux-gnu"),
        ("idlelib", "--target x86_64-unknown-linux-gnu"),
        ("test", "--include 'test/*'"),
        ("winreg", "only Python for Windows has it"),
        ("msvcrt", "only Python for Windows has it"),
        ("_winapi", "only Python for Windows has it"),
        ("_scproxy", "only Python for macOS has it"),
        ("lib2to3", "removed from Python in version 3.13, or"),
        ("urllib2", "removed from Python in version 3.0, or"),
        ("compression", "since version 3.14"),
        ("sqlite3", "this distribution has not got it"),
        ("xml.etree.cElementTree", "this distribution has not got it"),
    ],
)
def test_the_standard_library_is_no_package(module: str, words: str) -> None:
    said = advice(module, "tool", PARTS, None)
    assert words in said
    assert "--with" not in said
    assert f"--allow-missing {module} " in said


def test_packages_that_stand_in_for_what_was_removed_are_named() -> None:
    for name in ("asyncore", "distutils", "imp"):
        said = advice(name, "tool", PARTS, None)
        assert said.startswith("removed from Python in version 3.12; a package stands in for it: --with ")
        assert f"--with {name} " not in said


def test_tk_that_a_distribution_for_glibc_lacks_is_not_promised() -> None:
    assert "another may" in advice("tkinter", "tool", PARTS, None, dynamic=True)


def test_of_a_namespace_each_part_has_its_package() -> None:
    assert "--with protobuf" in advice("google.protobuf", "tool", PARTS, None)
    assert "--with protobuf" in advice("google", "tool", PARTS, None, asked=("google", "google.protobuf"))
    assert "--with google-auth" in advice("google", "tool", PARTS, None, asked=("google.auth.transport",))
    said = advice("google", "tool", PARTS, None, asked=("google.unheard",))
    assert said.startswith("add the package that has google.unheard (--with NAME), or")


def test_what_stands_beside_a_script_is_to_be_included(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("")
    (tmp_path / "folder").mkdir()
    assert "include = ['helper.py']" in advice("helper", "tool", PARTS, tmp_path)
    assert "include = ['folder/*']" in advice("folder", "tool", PARTS, tmp_path)
    assert "--with helper" in advice("helper", FOO.name, PARTS, tmp_path)
