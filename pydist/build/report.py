"""What `pydist build` made: the document of `--json`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydist.build.compare import FileDifference, InputDifference
from pydist.manifest.convert import Digest, doc

__all__ = ["ArchiveFacts", "BuildReport", "RebuildReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFacts:
    """One file that was published."""

    path: str = field(metadata=doc("Where it is."))
    size: int = field(metadata=doc("Size in bytes."))
    sha256: Digest = field(metadata=doc("Digest of its bytes."))


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """One build."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    python_version: str = field(metadata=doc("Full version of Python."))
    target_triple: str = field(metadata=doc("Platform it runs on."))
    build_options: str = field(metadata=doc("As in PYTHON.json."))
    full: ArchiveFacts = field(metadata=doc("The archive with everything that a linker needs."))
    install_only: ArchiveFacts = field(metadata=doc("The archive with nothing but the installed tree."))
    sbom: ArchiveFacts = field(metadata=doc("The CycloneDX bill of materials."))
    provenance: ArchiveFacts = field(metadata=doc("The in-toto statement with SLSA provenance of these files."))
    tree: str = field(metadata=doc("The unpacked distribution in the store: the folder that holds PYTHON.json."))
    extensions: int = field(metadata=doc("Extension modules that are built in."))
    left_out: int = field(metadata=doc("Extension modules that CPython offers and the build does not contain."))
    seconds: float = field(metadata=doc("How long it took; next to nothing when all of it was in the store."))


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildReport:
    """An archive compared with what its own record was built to once more. `first` is the archive, `second` that."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    archive: ArchiveFacts = field(metadata=doc("The archive that was given."))
    rebuilt: ArchiveFacts = field(metadata=doc("What was made; it stays only when a folder was named for it."))
    python_version: str = field(metadata=doc("Full version of Python."))
    target_triple: str = field(metadata=doc("Platform it runs on."))
    build_options: str = field(metadata=doc("As in PYTHON.json."))
    identical: bool = field(metadata=doc("Whether the archives are the same bytes."))
    same_tree: bool = field(metadata=doc("Whether all names, links, modes and contents are the same."))
    inputs: tuple[InputDifference, ...] = field(metadata=doc("What the two were not made from alike, causes first."))
    files: tuple[FileDifference, ...] = field(metadata=doc("Every name that differs."))
    packing: tuple[str, ...] = field(metadata=doc("What differs between the archives beside their files."))
    seconds: float = field(metadata=doc("How long it took."))
