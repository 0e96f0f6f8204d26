"""A build that was never made, of the real recipes: its provenance, and a record with the sources and patches of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydist.build.evidence import Provenance
from pydist.build.parts import parts, releases
from pydist.build.request import BuildRequest
from pydist.build.trees import recipe_files
from pydist.manifest.record import (
    BuildRecord,
    FileRecord,
    PatchRecord,
    RequestRecord,
    RuntimeRecord,
    SourceRecord,
    ToolchainRecord,
)
from pydist.policy.toolchain import Toolchain
from pydist.sources import SourceArchive
from pydist.store import Key, digest_file
from tests.support.tiny import TRIPLE

DIGEST = "ab" * 32
REQUEST = BuildRequest.parse(python="3.14", target=TRIPLE, options="noopt+static")


GNU_REQUEST = BuildRequest.parse(python="3.14", target="x86_64-unknown-linux-gnu", options="noopt")
"""One that has tools, and components that only some targets have."""


def archives(request: BuildRequest = REQUEST) -> dict[str, SourceArchive]:
    """Every archive from the last of its places, which is Debian's; those of tools too."""
    return {
        recipe.name: SourceArchive(
            component=recipe.name, version=release.version, path=Path("/nowhere"), origin=release.origins[-1]
        )
        for recipe, release in releases(parts(request))
        if release.origins
    }


def provenance(request: BuildRequest = REQUEST) -> Provenance:
    """Of what is in the distribution: tools are not."""
    made = releases(part for part in parts(request) if part.request == request)
    return Provenance(
        recipes={recipe.name: recipe for recipe, _ in made},
        releases={recipe.name: release for recipe, release in made},
        archives=archives(request),
        trees={recipe.name: DIGEST for recipe, release in made if not release.origins},
        toolchain=Toolchain(path=Path("/nowhere/zig"), version="1.0", digest=DIGEST),
        keys={recipe.name: Key.of("component", {"name": recipe.name}) for recipe, _ in made},
    )


def record(made: Provenance, request: BuildRequest = REQUEST) -> BuildRecord:
    """What a build would write about itself."""
    sources = []
    for name, release in sorted(made.releases.items()):
        archive, recipe = made.archives.get(name), made.recipes[name]
        sources.append(
            SourceRecord(
                name=name,
                version=release.version,
                filename=archive.origin.filename if archive else None,
                sha256=archive.origin.sha256 if archive else DIGEST,
                size=archive.origin.size if archive else None,
                licenses=recipe.licenses,
                license_paths=(f"licenses/LICENSE.{name}.txt",),
                recipe=hashlib.sha256(repr(recipe_files(recipe, release)).encode()).hexdigest(),
            )
        )
    return BuildRecord(
        name=str(request),
        python_version=request.version,
        target_triple=str(request.target.target),
        options=str(request.options),
        sources=tuple(sources),
        toolchain=ToolchainRecord(name="ziglang", version="1.0", digest=DIGEST),
        patches=tuple(
            PatchRecord(component=name, name=path.name, sha256=digest_file(path))
            for name, recipe in sorted(made.recipes.items())
            for path in recipe.patches(made.releases[name])
        ),
        flags={},
        link_line=("cc", "-o", "python"),
        extensions_left_out=(),
        files={"install/lib/python3.14/ensurepip/_bundled/pip-1.2.3-py3-none-any.whl":
               FileRecord(sha256=DIGEST, size=1, mode=0o644)},
        keys={name: key.digest for name, key in made.keys.items()},
        request=RequestRecord(python=request.version, target=str(request.target.target), options=str(request.options)),
        tools={"pydist": "0"},
        runtime=(
            RuntimeRecord(name="musl", version="1.2.5", license="MIT", license_paths=("licenses/LICENSE.musl.txt",),
                          files=("crt1.o", "libc.a")),
        ),
    )  # fmt: skip
