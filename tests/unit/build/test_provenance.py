"""Facts about provenance statements, read by in-toto's own library."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

from pydist.build.box import BoxKind
from pydist.build.parts import parts, releases
from pydist.build.provenance import BUILD_TYPE, Run, Used, statement
from pydist.build.report import ArchiveFacts
from pydist.build.request import BuildRequest
from pydist.build.surroundings import Image, Program, Surroundings
from pydist.policy import recipes
from tests.support import proof

FILES = (
    ArchiveFacts(path="/somewhere/of/mine/a-full.tar.zst", size=1, sha256="1" * 64),
    ArchiveFacts(path="/somewhere/of/mine/a-install_only.tar.gz", size=2, sha256="2" * 64),
)
PROGRAMS = Surroundings(programs={"make": Program(sha256="4" * 64, version="GNU Make 4.3"),
                                  "sh": Program(sha256="5" * 64, version="")})  # fmt: skip
HOST = Run(box=BoxKind.HOST, surroundings=PROGRAMS)
IMAGE = Image(tag="pydist-box:1", sha256="6" * 64)
CONTAINER = Run(box=BoxKind.CONTAINER, surroundings=Surroundings(image=IMAGE))


def made(run: Run = HOST, request: BuildRequest = proof.REQUEST, **changes: Any) -> bytes:
    record = dataclasses.replace(proof.record(proof.provenance(request), request), **changes)
    archives = proof.archives(request)
    used = [
        Used(recipe=recipe, release=release, archive=archives.get(recipe.name))
        for recipe, release in releases(parts(request))
    ]
    return statement(FILES, record, used, run)


def dependencies(statement: bytes) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(statement)["predicate"]["buildDefinition"]["resolvedDependencies"]}


@pytest.fixture(scope="module")
def definition() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made())["predicate"]["buildDefinition"]
    return found


def test_in_toto_accepts_the_statement_and_slsa_its_predicate() -> None:
    parsed = json_format.Parse(made(), statement_pb2.Statement())
    Statement.copy_from_pb(parsed).validate()
    assert parsed.predicate_type == "https://slsa.dev/provenance/v1"
    predicate = json.dumps(json.loads(made())["predicate"])
    read = json_format.Parse(predicate, provenance_pb2.Provenance())
    assert read.build_definition.build_type == BUILD_TYPE
    assert read.run_details.builder.id == "pkg:pypi/pydist#box/host"


def test_subjects_are_the_files_by_name_and_digest_without_their_folder() -> None:
    assert json.loads(made())["subject"] == [
        {"name": "a-full.tar.zst", "digest": {"sha256": "1" * 64}},
        {"name": "a-install_only.tar.gz", "digest": {"sha256": "2" * 64}},
    ]
    assert b"somewhere" not in made()


def test_parameters_are_what_was_asked_for(definition: dict[str, Any]) -> None:
    assert definition["externalParameters"] == {
        "python": proof.REQUEST.version,
        "target": "x86_64-unknown-linux-musl",
        "options": "noopt+static",
    }
    with_profile = json.loads(made(profile="3" * 64))["predicate"]["buildDefinition"]["externalParameters"]
    assert with_profile["profile"] == {"sha256": "3" * 64}


def test_every_source_patch_and_the_toolchain_is_a_dependency(definition: dict[str, Any]) -> None:
    provenance = proof.provenance()
    found = {row["name"]: row for row in definition["resolvedDependencies"]}
    assert found["openssl"]["digest"] == {"sha256": provenance.archives["openssl"].origin.sha256}
    assert found["ziglang"]["uri"] == "pkg:pypi/ziglang@1.0"
    for patch in provenance.recipes["cpython"].patches(provenance.releases["cpython"]):
        row = found[f"cpython: {patch.name}"]
        assert row["uri"].endswith(f"#builders/cpython/{patch.relative_to(provenance.recipes['cpython'].folder)}")
        assert len(row["digest"]["sha256"]) == 64
    assert found["ndbm"]["uri"].endswith("#builders/ndbm/src")


def test_what_scripts_ran_is_a_dependency_marked_as_a_tool() -> None:
    found = dependencies(made(request=proof.GNU_REQUEST))
    origin = recipes.load("python").releases[0].origins[-1]
    assert found["python"]["digest"] == {"sha256": origin.sha256}
    assert found["python"]["annotations"] == {"use": "tool"}
    assert origin.sha256 in found["python"]["uri"]
    assert "annotations" not in found["libxcb"]
    assert "python" not in dependencies(made())


def test_a_patch_of_a_tool_is_a_dependency_too() -> None:
    inside = tuple(row for row in proof.record(proof.provenance()).sources if row.name != "ncurses")
    rest = tuple(row for row in proof.record(proof.provenance()).patches if row.component != "ncurses")
    assert dependencies(made(sources=inside, patches=rest)).keys() == dependencies(made()).keys()


def test_the_image_of_a_container_is_a_dependency_with_its_digest() -> None:
    assert dependencies(made(CONTAINER))["pydist-box:1"]["digest"] == {"sha256": "6" * 64}
    assert dependencies(made(CONTAINER)).keys() - dependencies(made()).keys() == {"pydist-box:1"}


def test_programs_of_the_host_are_told_with_their_versions(definition: dict[str, Any]) -> None:
    assert definition["internalParameters"]["programs"] == {
        "make": {"sha256": "4" * 64, "version": "GNU Make 4.3"},
        "sh": {"sha256": "5" * 64},
    }
    assert "programs" not in json.loads(made(CONTAINER))["predicate"]["buildDefinition"]["internalParameters"]


def test_two_runs_give_one_statement_but_for_the_box_and_times_that_were_asked_for() -> None:
    assert made() == made()
    times = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 1, 2, 3, 5, 5, tzinfo=UTC)
    other = json.loads(made(Run(box=BoxKind.CONTAINER, surroundings=PROGRAMS, times=times)))
    assert other["predicate"]["runDetails"]["metadata"]["startedOn"] == "2026-01-02T03:04:05Z"
    assert other["predicate"]["runDetails"]["builder"]["id"] == "pkg:pypi/pydist#box/container"
    assert "metadata" not in json.loads(made())["predicate"]["runDetails"]
    assert other["predicate"]["buildDefinition"] == json.loads(made())["predicate"]["buildDefinition"]
