"""Facts about bills of materials, held against the schema that CycloneDX publishes."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from pydist.build.sbom import bill_of_materials
from pydist.policy import contents
from tests.support import proof

WHEEL = "install/lib/python3.14/ensurepip/_bundled/pip-1.2.3-py3-none-any.whl"


def made(**changes: Any) -> bytes:
    provenance = proof.provenance()
    contained = {part: found for part in contents.load() if (found := part.found([WHEEL]))}
    return bill_of_materials(dataclasses.replace(proof.record(provenance), **changes), provenance, contained)


@pytest.fixture(scope="module")
def bom() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(made())
    return document


def component(bom: dict[str, Any], ref: str) -> dict[str, Any]:
    (found,) = (part for part in bom["components"] if part["bom-ref"] == ref)
    return dict(found)


def test_it_is_valid_by_the_schema_of_cyclonedx() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(made().decode()) is None


def test_a_document_that_is_not_valid_is_found_out() -> None:
    broken = made().decode().replace('"bomFormat": "CycloneDX"', '"bomFormat": "other"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None


def test_equal_builds_give_equal_bytes_and_others_another_serial_number() -> None:
    assert made() == made()
    other = json.loads(made(options="lto"))
    assert other["serialNumber"] != json.loads(made())["serialNumber"]
    assert other["metadata"]["timestamp"].startswith("2024-01-01T00:00:00")


def test_a_source_is_named_with_version_digest_licence_and_place(bom: dict[str, Any]) -> None:
    openssl = component(bom, "source:openssl")
    release = proof.provenance().releases["openssl"]
    assert openssl["version"] == release.version
    assert openssl["hashes"] == [{"alg": "SHA-256", "content": release.origins[0].sha256}]
    assert openssl["licenses"] == [{"expression": "Apache-2.0"}]
    assert "download_url=https://github.com/openssl" in openssl["purl"], "the same bytes have upstream's name"


def test_an_archive_that_debian_packed_anew_is_said_to_be_one(bom: dict[str, Any]) -> None:
    properties = {row["name"]: row["value"] for row in component(bom, "source:zlib")["properties"]}
    assert properties["pydist:repacked"].startswith("by Debian")
    assert "repacked" not in str(component(bom, "source:openssl"))


def test_patches_are_the_pedigree_of_their_component(bom: dict[str, Any]) -> None:
    provenance = proof.provenance()
    patches = {path.read_bytes() for path in provenance.recipes["cpython"].patches(provenance.releases["cpython"])}
    rows = component(bom, "source:cpython")["pedigree"]["patches"]
    assert {base64.b64decode(row["diff"]["text"]["content"]) for row in rows} == patches
    assert "pedigree" not in component(bom, "source:zlib")


def test_what_the_toolchain_and_cpython_bring_is_in_it(bom: dict[str, Any]) -> None:
    assert component(bom, "toolchain:musl")["scope"] == "required"
    assert component(bom, "tool:ziglang")["scope"] == "excluded"
    assert component(bom, "contained:pip")["purl"] == "pkg:pypi/pip@1.2.3"


def test_parts_of_cpythons_sources_have_a_text_of_their_own_or_cpythons() -> None:
    provenance = proof.provenance()
    record = proof.record(provenance)
    contained = {part: [WHEEL] for part in contents.load() if part.name in ("hacl-star", "mimalloc")}
    bom = json.loads(bill_of_materials(record, provenance, contained))
    texts = {name: next(row["value"] for row in component(bom, name)["properties"] if row["name"].endswith("-texts"))
             for name in ("contained:hacl-star", "contained:mimalloc", "source:cpython")}  # fmt: skip
    assert texts["contained:hacl-star"] == "licenses/LICENSE.hacl-star.txt"
    assert texts["contained:mimalloc"] == texts["source:cpython"] != ""


def test_dependencies_of_a_target_are_those_that_its_recipes_have_for_it(bom: dict[str, Any]) -> None:
    provenance = proof.provenance(proof.GNU_REQUEST)
    document = json.loads(bill_of_materials(proof.record(provenance, proof.GNU_REQUEST), provenance, {}))
    graph = {row["ref"]: set(row.get("dependsOn", ())) for row in document["dependencies"]}
    assert "source:tk" in graph["source:cpython"]
    assert "source:musl" not in graph["source:cpython"]
    assert graph["source:tk"] == {"source:libx11", "source:libxft", "source:tcl"}
    static = {row["ref"]: set(row.get("dependsOn", ())) for row in bom["dependencies"]}
    assert "source:musl" in static["source:cpython"]
    assert "source:tk" not in static["source:cpython"]


def test_dependencies_are_those_of_the_recipes(bom: dict[str, Any]) -> None:
    graph = {row["ref"]: set(row.get("dependsOn", ())) for row in bom["dependencies"]}
    assert graph["source:libedit"] == {"source:ncurses"}
    assert "source:openssl" in graph["source:cpython"]
    assert "toolchain:musl" in graph[str(proof.REQUEST)]
