"""`build/pydist.json`: what we know of a build beyond the ecosystem's manifest.

Invariant: field names are the JSON keys; paths are relative to the `python/` folder; digests are SHA-256 in hex.
No other tool has to understand this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydist.errors import Fault, InputError
from pydist.manifest.convert import Digest, decode, doc, dumps, loads
from pydist.manifest.load import ManifestInvalid

__all__ = [
    "BILL_PATH",
    "BILL_PREFIX",
    "BitcodeRecord",
    "BuildRecord",
    "FileRecord",
    "LeftOutRecord",
    "PatchRecord",
    "RequestRecord",
    "RuntimeRecord",
    "SourceRecord",
    "ToolchainRecord",
    "dump_record",
    "load_record",
]

BILL_PATH = "build/sbom.cdx.json"
"""Where the bill of materials stands beside the record."""
BILL_PREFIX = "pydist:"
"""In front of the names of properties in it that are ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """An upstream source that was built in."""

    name: str = field(metadata=doc("Name of the component."))
    version: str = field(metadata=doc("Its version."))
    filename: str | None = field(default=None, metadata=doc("Name of the archive; absent: sources of pydist's own."))
    sha256: Digest = field(metadata=doc("Digest of the archive, or of the folder of sources."))
    size: int | None = field(default=None, metadata=doc("Size of the archive in bytes."))
    licenses: tuple[str, ...] = field(metadata=doc("SPDX identifiers."))
    license_paths: tuple[str, ...] = field(metadata=doc("Paths of the licence texts."))
    recipe: Digest | None = field(default=None, metadata=doc("Digest of the recipe's files that the build could read."))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolchainRecord:
    """The compiler and linker."""

    name: str = field(metadata=doc("Name, ziglang."))
    version: str = field(metadata=doc("Version."))
    digest: str = field(metadata=doc("Digest of what was installed."))


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchRecord:
    """A change made to a source before it was built."""

    component: str = field(metadata=doc("Name of the component."))
    name: str = field(metadata=doc("File name of the patch."))
    sha256: Digest = field(metadata=doc("Its digest."))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeRecord:
    """A part of the toolchain that was linked into the interpreter: of the C library, of the compiler's run time."""

    name: str = field(metadata=doc("Its name."))
    version: str = field(metadata=doc("Its version."))
    license: str = field(metadata=doc("SPDX expression."))
    license_paths: tuple[str, ...] = field(metadata=doc("Paths of the licence texts."))
    files: tuple[str, ...] = field(metadata=doc("Names of the archives and objects that the linker took it from."))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """What was asked of the builder: enough to ask it again."""

    python: str = field(metadata=doc("Full version of Python."))
    target: str = field(metadata=doc("Target triple."))
    options: str = field(metadata=doc("Build options."))


@dataclass(frozen=True, slots=True, kw_only=True)
class BitcodeRecord:
    """LLVM bitcode beside the native objects."""

    llvm: str = field(metadata=doc("Version of LLVM that wrote it."))
    objects: Mapping[str, str] = field(metadata=doc("Path of the bitcode by path of the native object."))


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutRecord:
    """An extension module that CPython offers and this build does not contain."""

    name: str = field(metadata=doc("Name of the module."))
    reason: str = field(metadata=doc("Why it is not there."))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """A regular file of the archive."""

    sha256: Digest = field(metadata=doc("Digest of the content."))
    size: int = field(metadata=doc("Size in bytes."))
    mode: int = field(metadata=doc("Permission bits, 420 (0644) or 493 (0755)."))


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecord:
    """How a distribution was made, from what, and what exactly it consists of."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    name: str = field(metadata=doc("Name of the build; archives add a release tag."))
    python_version: str = field(metadata=doc("Full version of Python."))
    target_triple: str = field(metadata=doc("Platform it runs on."))
    options: str = field(metadata=doc("build_options of the manifest."))
    sources: tuple[SourceRecord, ...] = field(metadata=doc("All sources."))
    toolchain: ToolchainRecord = field(metadata=doc("What compiled and linked them."))
    patches: tuple[PatchRecord, ...] = field(metadata=doc("Patches in the order of application."))
    flags: Mapping[str, tuple[str, ...]] = field(metadata=doc("Compiler and linker flags by variable or component."))
    link_line: tuple[str, ...] = field(metadata=doc("Arguments that linked the interpreter, in order."))
    extensions_left_out: tuple[LeftOutRecord, ...] = field(metadata=doc("Modules that are not there, with reasons."))
    files: Mapping[str, FileRecord] = field(metadata=doc("Every regular file but this one and PYTHON.json, by path."))
    links: Mapping[str, str] = field(default_factory=dict, metadata=doc("Symbolic links by path, with their targets."))
    keys: Mapping[str, str] = field(metadata=doc("Digest of the inputs of each step of the build."))
    request: RequestRecord | None = field(default=None, metadata=doc("What `pydist build` was asked for."))
    tools: Mapping[str, str] = field(
        default_factory=dict, metadata=doc("Versions of pydist and of the packages that write these documents.")
    )
    runtime: tuple[RuntimeRecord, ...] = field(default=(), metadata=doc("Parts of the toolchain that are linked in."))
    sbom: str | None = field(default=None, metadata=doc("Path of the CycloneDX bill of materials."))
    profile: Digest | None = field(default=None, metadata=doc("Digest of the profile that the code is optimised by."))
    bitcode: BitcodeRecord | None = field(default=None, metadata=doc("Bitcode of the objects, when there is any."))
    glibc_floor: str | None = field(default=None, metadata=doc("Oldest glibc that it runs on; absent without glibc."))


def load_record(data: bytes, where: str) -> BuildRecord:
    """Read a build record. Raises `ManifestInvalid` with every fault."""
    try:
        value = loads(data, where)
    except InputError as error:
        raise ManifestInvalid(f"{where} cannot be read", [Fault(where, error.message)]) from error
    return decode(BuildRecord, value, where, ManifestInvalid)


def dump_record(record: BuildRecord) -> bytes:
    """Canonical JSON, as `pydist.manifest.dump.dump` writes it."""
    return dumps(record)
