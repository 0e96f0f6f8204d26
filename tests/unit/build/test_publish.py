"""Facts about what stands beside the archives of a build."""

from __future__ import annotations

import json
from pathlib import Path

from pydist.build.box import BoxKind
from pydist.build.provenance import Run
from pydist.build.publish import publish
from pydist.build.sbom import SBOM_PATH
from pydist.build.surroundings import Image, Surroundings
from pydist.manifest.record import dump_record
from pydist.policy.names import AssetName, Flavour
from tests.support import proof

REQUEST = proof.GNU_REQUEST


def test_the_statement_names_all_files_and_all_that_they_were_made_with(tmp_path: Path) -> None:
    packed, tree, output = tmp_path / "packed", tmp_path / "python", tmp_path / "dist"
    (tree / "build").mkdir(parents=True)
    (tree / "build" / "pydist.json").write_bytes(dump_record(proof.record(proof.provenance(REQUEST), REQUEST)))
    (tree / SBOM_PATH).write_bytes(b"{}\n")
    packed.mkdir()
    output.mkdir()
    for flavour in (Flavour.FULL, Flavour.INSTALL_ONLY):
        (packed / str(REQUEST.archive(flavour))).write_bytes(flavour.encode())
    run = Run(box=BoxKind.CONTAINER, surroundings=Surroundings(image=Image(tag="box:1", sha256="6" * 64)))
    made = publish(packed, tree, output, REQUEST, tag="1", run=run, sources=proof.archives(REQUEST))
    base = f"cpython-{REQUEST.version}+1-x86_64-unknown-linux-gnu"
    assert Path(made.full.path).name == f"{base}-{REQUEST.options}-full.tar.zst"
    # With the target's own options, too: an index knows of an archive what its name says.
    assert Path(made.install_only.path).name == f"{base}-{REQUEST.options}-install_only.tar.gz"
    assert all(str(AssetName.parse(Path(one.path).name)) for one in (made.full, made.install_only))
    statement = json.loads(Path(made.provenance.path).read_bytes())
    told = {row["name"]: row["digest"]["sha256"] for row in statement["subject"]}
    assert told == {Path(one.path).name: one.sha256 for one in (made.full, made.install_only, made.sbom)}
    names = {row["name"] for row in statement["predicate"]["buildDefinition"]["resolvedDependencies"]}
    assert {"cpython", "tk", "python", "ziglang", "box:1"} <= names
    assert {path.name for path in output.iterdir()} == {*told, Path(made.provenance.path).name}
