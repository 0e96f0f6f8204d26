"""What `pydist adopt` tells programs (schema/adopt-report-1.schema.json)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydist.manifest.convert import Digest, doc

__all__ = ["Absent", "AdoptReport", "Bundled", "Left", "Remark", "SystemLibrary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Something that the distribution does not say of itself, because nothing tells."""

    key: str = field(metadata=doc("Key of PYTHON.json, or a file of a distribution."))
    why: str = field(metadata=doc("Why it is not known."))
    cost: str = field(metadata=doc("What cannot be done without it."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """A shared library that came along."""

    path: str = field(metadata=doc("Where it is below python/."))
    source: str = field(metadata=doc("Where it was."))
    license_path: str | None = field(default=None, metadata=doc("Path of its licence text; absent: none was found."))


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLibrary:
    """A shared library that the system has to have."""

    name: str = field(metadata=doc("Its file name."))
    needed_by: tuple[str, ...] = field(metadata=doc("Files below python/install that need it."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Something of the installation that did not come along."""

    path: str = field(metadata=doc("Its name below the prefix."))
    reason: str = field(metadata=doc("Why."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A finding of `pydist validate` that is the maker's: how it was compiled, linked or put together before."""

    rule: str = field(metadata=doc("Id of the rule."))
    severity: Literal["error", "warning"] = field(metadata=doc("How serious it is in any other full archive."))
    where: str = field(metadata=doc("File or key."))
    message: str = field(metadata=doc("What was expected and what was found."))


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptReport:
    """What was made of which installation."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    input: str = field(metadata=doc("What was given."))
    prefix: str = field(metadata=doc("The prefix of the Python that was adopted."))
    output: str = field(metadata=doc("The archive or the folder that was written."))
    sha256: Digest | None = field(default=None, metadata=doc("Digest of the archive; absent for a folder."))
    size: int = field(metadata=doc("Its size in bytes; of a folder, that of all files."))
    python_version: str = field(metadata=doc("Version of Python."))
    target_triple: str = field(metadata=doc("Platform it runs on."))
    build_options: str = field(metadata=doc("Build options, as far as they are known."))
    crt_features: tuple[str, ...] = field(metadata=doc("What is required of the C run time."))
    linkable: bool = field(metadata=doc("Whether it has a libpython that an application can be linked with."))
    absent: tuple[Absent, ...] = field(metadata=doc("What is not known, and what that costs."))
    libraries: tuple[Bundled, ...] = field(metadata=doc("Shared libraries that came along."))
    system_libraries: tuple[SystemLibrary, ...] = field(metadata=doc("Shared libraries that the system has to have."))
    left_out: tuple[Left, ...] = field(metadata=doc("What did not come along."))
    search_paths: Mapping[str, str] = field(metadata=doc("Files that were given a new search path for libraries."))
    fixed: tuple[str, ...] = field(metadata=doc("Files that name their own place now, and named the prefix before."))
    remarks: tuple[Remark, ...] = field(metadata=doc("Findings that are the maker's; without them it is good."))
    ran: bool = field(metadata=doc("Whether the result was run, in another place than the original."))
    notes: tuple[str, ...] = field(default=(), metadata=doc("What else there is to know."))
