"""What a comparison of two distributions says.

Invariant: field names are the keys of `schema/diff-report-1.schema.json`; everything that differs is in it, nothing is
cut but single values; `equal` is true exactly when nothing is. Texts are those of the distributions: hostile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydist.manifest.convert import doc
from pydist.validate.report import Finding

__all__ = [
    "CategorySize",
    "Change",
    "DiffReport",
    "ExtensionChange",
    "FileChange",
    "FileState",
    "FindingChange",
    "Input",
    "NeedsChange",
    "Presence",
    "Shown",
    "SymbolChange",
    "ValueChange",
]

Presence = Literal["core", "built in", "shared", "absent", "no file"]
Change = Literal["added", "removed", "name", "kind", "content", "mode", "link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One of the two distributions."""

    path: str = field(metadata=doc("The path that was read."))
    files: int = field(metadata=doc("Number of files."))
    bytes: int = field(metadata=doc("Their size."))
    verdict: Literal["good", "bad"] = field(metadata=doc("What `pydist validate --no-run` says."))
    python_version: str | None = field(
        default=None, metadata=doc("Version, as the manifest says or the content tells.")
    )
    target_triple: str | None = field(default=None, metadata=doc("Target, likewise."))
    build_options: str | None = field(default=None, metadata=doc("Options, likewise."))
    read: str | None = field(default=None, metadata=doc("What was read, where that is not all that was given."))


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChange:
    """One value that is not the same in both."""

    path: str = field(metadata=doc("Where it is: key.key[item]; [] is an item of a list whose order does not count."))
    first: str | None = field(default=None, metadata=doc("What the first has, as JSON; absent: nothing."))
    second: str | None = field(default=None, metadata=doc("What the second has."))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """A name that is no folder."""

    kind: Literal["file", "link", "other"] = field(
        metadata=doc("other: a device, a pipe, or a name that points outside.")
    )
    size: int = field(default=0, metadata=doc("Bytes of a file."))
    mode: str | None = field(default=None, metadata=doc("Permissions of a file, octal."))
    sha256: str | None = field(default=None, metadata=doc("Digest of a file."))
    link: str | None = field(default=None, metadata=doc("Target of a link."))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One name that is not the same in both."""

    path: str = field(metadata=doc("Path below python/, that of the first where both have it."))
    renamed: str | None = field(default=None, metadata=doc("Path in the second where it differs by versions or tags."))
    category: str = field(metadata=doc("Kind of content, as in the report of validate."))
    what: tuple[Change, ...] = field(metadata=doc("What differs."))
    first: FileState | None = field(default=None, metadata=doc("What the first has; absent: added."))
    second: FileState | None = field(default=None, metadata=doc("What the second has; absent: removed."))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionChange:
    """An extension module that is not there in the same way in both.

    `no file`: built in or absent; which of them is not known where one of both has no manifest.
    """

    name: str = field(metadata=doc("Name of the module."))
    first: Presence = field(metadata=doc("How the first has it; core: built in, never left out."))
    second: Presence = field(metadata=doc("How the second has it."))


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolChange:
    """What a library or program offers and needs."""

    path: str = field(metadata=doc("Path below python/; empty: the whole distribution, of its surroundings."))
    renamed: str | None = field(default=None, metadata=doc("Path in the second where it differs by versions or tags."))
    exports_added: tuple[str, ...] = field(default=(), metadata=doc("Offered by the second only."))
    exports_removed: tuple[str, ...] = field(default=(), metadata=doc("Offered by the first only."))
    needs_added: tuple[str, ...] = field(default=(), metadata=doc("Needed by the second only."))
    needs_removed: tuple[str, ...] = field(default=(), metadata=doc("Needed by the first only."))


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsChange:
    """What a program or shared library is loaded with."""

    path: str = field(metadata=doc("Path below python/; empty: all files together."))
    renamed: str | None = field(default=None, metadata=doc("Path in the second where it differs by versions or tags."))
    added: tuple[str, ...] = field(default=(), metadata=doc("Libraries that only the second needs."))
    removed: tuple[str, ...] = field(default=(), metadata=doc("Libraries that only the first needs."))
    glibc_first: str | None = field(default=None, metadata=doc("Highest glibc that the first needs, if they differ."))
    glibc_second: str | None = field(default=None, metadata=doc("Highest glibc that the second needs, likewise."))


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySize:
    """What one kind of content takes in both."""

    category: str = field(metadata=doc("Kind of content."))
    files_first: int = field(metadata=doc("Number of files in the first."))
    files_second: int = field(metadata=doc("Number of files in the second."))
    bytes_first: int = field(metadata=doc("Their size in the first."))
    bytes_second: int = field(metadata=doc("Their size in the second."))


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChange:
    """A finding of validate that is not the same in both."""

    first: Finding | None = field(default=None, metadata=doc("What is found in the first; absent: nothing."))
    second: Finding | None = field(default=None, metadata=doc("What is found in the second; absent: nothing."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How the content of one file differs."""

    path: str = field(metadata=doc("Path below python/."))
    lines: tuple[str, ...] = field(metadata=doc("A unified diff of a text, an explanation of anything else."))


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffReport:
    """The output of `pydist diff --json`."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    first: Input = field(metadata=doc("What was given first."))
    second: Input = field(metadata=doc("What was given second."))
    equal: bool = field(metadata=doc("Whether nothing differs."))
    identity: tuple[ValueChange, ...] = field(metadata=doc("Version, target, options and so on, if both say it."))
    manifest: tuple[ValueChange, ...] = field(metadata=doc("Keys of PYTHON.json."))
    files: tuple[FileChange, ...] = field(metadata=doc("Names and what is behind them."))
    extensions: tuple[ExtensionChange, ...] = field(metadata=doc("Extension modules."))
    symbols: tuple[SymbolChange, ...] = field(metadata=doc("What files offer and need, of those that are in both."))
    needs: tuple[NeedsChange, ...] = field(metadata=doc("Libraries and glibc, of files that are in both."))
    sizes: tuple[CategorySize, ...] = field(metadata=doc("Kinds of content whose size or number of files differs."))
    findings: tuple[FindingChange, ...] = field(metadata=doc("Verdicts of rules."))
    shown: tuple[Shown, ...] = field(default=(), metadata=doc("Contents that were asked for."))
