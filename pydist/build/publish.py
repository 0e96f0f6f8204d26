"""Puts archives where the user wants them, under the names that the ecosystem knows, with their evidence beside them.

Invariant: a file with a final name is complete.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydist.build.parts import parts, releases
from pydist.build.provenance import Run, Used, statement
from pydist.build.report import ArchiveFacts
from pydist.build.request import BuildRequest
from pydist.build.sbom import SBOM_PATH
from pydist.errors import InputError
from pydist.manifest.record import load_record
from pydist.policy.names import Flavour
from pydist.sources import SourceArchive
from pydist.store import digest_file

__all__ = ["Published", "check_output", "publish"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The files of one build."""

    full: ArchiveFacts
    install_only: ArchiveFacts
    sbom: ArchiveFacts
    provenance: ArchiveFacts


def check_output(output: Path) -> None:
    """Find out now, and not after minutes, whether archives can be put there. Raises `InputError` if not."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output):
            pass
    except OSError as error:
        raise InputError(f"{output}: cannot be written: {error.strerror}; name another folder with --output") from error


def publish(archives: Path, tree: Path, output: Path, request: BuildRequest, *, tag: str, run: Run,
            sources: Mapping[str, SourceArchive]) -> Published:  # fmt: skip
    """Copy the archives in the folder `archives` to the folder `output` and write what belongs to them.

    `tree` is the unpacked distribution; `tag` the release tag in all names;
    `sources` are the archives that all of it was made from, tools included, by component.
    """
    name = request.archive(Flavour.FULL, tag)
    full = _copied(archives / str(request.archive(Flavour.FULL)), output / str(name))
    # Others leave the options of a release's best build out of these names. Ours say them: an index has names only, and
    # `pydist fetch --options` has nothing else to go by.
    name_installed = request.archive(Flavour.INSTALL_ONLY, tag)
    installed = _copied(archives / str(request.archive(Flavour.INSTALL_ONLY)), output / str(name_installed))
    sbom = _written((tree / SBOM_PATH).read_bytes(), output / f"{name.bare}.cdx.json")
    record = load_record((tree / "build" / "pydist.json").read_bytes(), "build/pydist.json")
    used = [Used(recipe=recipe, release=release, archive=sources.get(recipe.name))
            for recipe, release in releases(parts(request))]  # fmt: skip
    proof = statement((full, installed, sbom), record, used, run)
    provenance = _written(proof, output / f"{name.bare}.intoto.json")
    return Published(full=full, install_only=installed, sbom=sbom, provenance=provenance)


def _copied(source: Path, destination: Path) -> ArchiveFacts:
    return _made(destination, lambda fresh: shutil.copyfile(source, fresh))


def _written(data: bytes, destination: Path) -> ArchiveFacts:
    return _made(destination, lambda fresh: fresh.write_bytes(data))


def _made(destination: Path, fill: Callable[[Path], object]) -> ArchiveFacts:
    fresh = destination.with_name(f".{destination.name}.{os.getpid()}")
    try:
        fill(fresh)
        fresh.replace(destination)
    finally:
        fresh.unlink(missing_ok=True)
    return _facts(destination)


def _facts(path: Path) -> ArchiveFacts:
    return ArchiveFacts(path=str(path), size=path.stat().st_size, sha256=digest_file(path))
