"""What `pydist repack` tells programs (schema/repack-report-1.schema.json)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydist.manifest.convert import Digest, doc

__all__ = ["LeftAlone", "RepackReport", "SpaceRow", "StrippedRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceRow:
    """What one kind of content took and takes, in bytes before compression."""

    category: str = field(metadata=doc("Kind of content."))
    files_before: int = field(metadata=doc("Files in the input."))
    bytes_before: int = field(metadata=doc("Their size."))
    files_after: int = field(metadata=doc("Files in the result."))
    bytes_after: int = field(metadata=doc("Their size."))


@dataclass(frozen=True, slots=True, kw_only=True)
class StrippedRow:
    """A file that lost symbols or debugging information."""

    path: str = field(metadata=doc("Its name in the result, below python/."))
    bytes_before: int = field(metadata=doc("Its size in the input."))
    bytes_after: int = field(metadata=doc("Its size now."))
    build_id: str | None = field(default=None, metadata=doc("Its build-id."))
    debug_file: str | None = field(default=None, metadata=doc("What it lost, below the folder of debug files."))


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """A program or library that keeps what it has."""

    path: str = field(metadata=doc("Its name in the result, below python/."))
    reason: str = field(metadata=doc("Why."))


@dataclass(frozen=True, slots=True, kw_only=True)
class RepackReport:
    """What was made of what."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    input: str = field(metadata=doc("The path that was read."))
    output: str = field(metadata=doc("The archive that was written."))
    profile: str = field(metadata=doc("What was asked for with --to."))
    sha256: Digest = field(metadata=doc("Digest of the archive."))
    size: int = field(metadata=doc("Its size in bytes."))
    left_out: tuple[str, ...] = field(metadata=doc("Categories of which something was left out."))
    space: tuple[SpaceRow, ...] = field(metadata=doc("What takes the space, the largest before first."))
    stripped: tuple[StrippedRow, ...] = field(default=(), metadata=doc("Files that were stripped."))
    left_alone: tuple[LeftAlone, ...] = field(default=(), metadata=doc("Files that could not be stripped."))
    fixed: tuple[str, ...] = field(default=(), metadata=doc("Files that --fix changed, in the input's names."))
    notes: tuple[str, ...] = field(default=(), metadata=doc("What else there is to know."))
