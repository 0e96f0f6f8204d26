"""What is in an interpreter is taken from the distribution's own words, with the texts of the licences."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pydist.link.dist import Distribution
from pydist.link.ingredients import ingredients_of
from pydist.link.part import TreeFile
from tests.support import dist


@pytest.fixture
def distribution(tmp_path: Path) -> Distribution:
    root = dist.tree(tmp_path)
    (root / "licenses").mkdir()
    (root / "licenses/LICENSE.zlib.txt").write_text("zlib")
    (root / "licenses/LICENSE.cpython.txt").write_text("python")
    return replace(dist.distribution(), root=root)


def bill(distribution: Distribution, *components: dict[str, Any]) -> None:
    (distribution.root / "build/sbom.cdx.json").write_text(json.dumps({"components": components}))


def properties(**values: str) -> list[dict[str, str]]:
    return [{"name": f"pydist:{name.replace('_', '-')}", "value": value} for name, value in values.items()]


def test_the_components_of_the_bill_are_the_libraries(distribution: Distribution) -> None:
    texts = properties(license_texts="licenses/LICENSE.zlib.txt licenses/lost.txt /etc/passwd ../x")
    bill(
        distribution,
        {"name": "zlib", "version": "1.3", "purl": "pkg:generic/zlib@1.3", "licenses": [{"expression": "Zlib"}],
         "properties": texts},
        {"name": "compiler", "scope": "excluded"},
        {"name": "abc", "licenses": [{"license": {"id": "MIT"}}]},
    )  # fmt: skip
    libraries, files = ingredients_of(distribution, ())
    assert [(item.name, item.version, item.license) for item in libraries] == [
        ("abc", "", "MIT"),
        ("zlib", "1.3", "Zlib"),
    ]
    assert libraries[1].license_texts == ("share/licenses/python/LICENSE.zlib.txt",)
    assert [(file.path, file.data) for file in files] == [("share/licenses/python/LICENSE.zlib.txt", b"zlib")]


def test_parts_of_cpythons_sources_have_their_texts_where_no_bill_names_them(distribution: Distribution) -> None:
    """A file of their own, or the texts of CPython, whose Doc/license.rst has a section for them."""
    (distribution.root / "licenses/LICENSE.hacl-star.txt").write_text("hacl")
    own = properties(license_texts="licenses/LICENSE.cpython.txt")
    bill(
        distribution,
        {"name": "cpython", "bom-ref": "source:cpython", "properties": own},
        {"name": "hacl-star", "bom-ref": "contained:hacl-star", "description": "Part of the sources of CPython"},
        {"name": "mimalloc", "bom-ref": "contained:mimalloc"},
        {"name": "other", "bom-ref": "source:other"},
    )
    libraries, _ = ingredients_of(distribution, ())
    assert {item.name: [text.rpartition("/")[2] for text in item.license_texts] for item in libraries} == {
        "cpython": ["LICENSE.cpython.txt"],
        "hacl-star": ["LICENSE.hacl-star.txt"],
        "mimalloc": ["LICENSE.cpython.txt"],
        "other": [],
    }
    assert [item.description for item in libraries if item.description] == ["Part of the sources of CPython"]


def test_what_stays_out_of_applications_is_not_listed(distribution: Distribution) -> None:
    wheel = "install/lib/python3.14/ensurepip/_bundled/pip-26-py3-none-any.whl"
    bill(distribution, {"name": "pip", "properties": properties(files=wheel)},
         {"name": "hacl", "properties": properties(files="build/Modules/x.o")})  # fmt: skip
    assert [item.name for item in ingredients_of(distribution, ())[0]] == ["hacl"]
    inside = (TreeFile(path="lib/python3.14/ensurepip/_bundled/pip-26-py3-none-any.whl", data=b""),)
    assert [item.name for item in ingredients_of(distribution, inside)[0]] == ["hacl", "pip"]


@pytest.mark.parametrize("text", ["", "{", "{}"])
def test_without_a_bill_the_manifest_tells(distribution: Distribution, text: str) -> None:
    (distribution.root / "build/sbom.cdx.json").write_text(text)
    libraries, _ = ingredients_of(distribution, ())
    names = {item.name: item.license for item in libraries}
    assert names["cpython"] == " AND ".join(distribution.manifest.licenses or ())
    stated = {
        variant.links[0].name if variant.links else name
        for name, variants in distribution.manifest.build_info.extensions.items()
        for variant in variants if variant.licenses or variant.license_paths
    }  # fmt: skip
    assert names.keys() == {"cpython", *stated}
