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
        ("pkg_resources", FOO.name, "--with 'setuptools<81'"),
        ("nowhere", FOO.name, '--allow-missing nowhere (allow-missing = ["nowhere"])'),
    ],
)
def test_the_advice_can_be_pasted(module: str, owner: str, words: str) -> None:
    assert words in advice(module, owner, PARTS, None)


def test_what_stands_beside_a_script_is_to_be_included(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("")
    (tmp_path / "folder").mkdir()
    assert "include = ['helper.py']" in advice("helper", "tool", PARTS, tmp_path)
    assert "include = ['folder/*']" in advice("folder", "tool", PARTS, tmp_path)
    assert "--with helper" in advice("helper", FOO.name, PARTS, tmp_path)
