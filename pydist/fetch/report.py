"""What `pydist fetch` tells programs (schema/fetch-report-1.schema.json)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from pydist.fetch.entry import Entry, Listing
from pydist.fetch.fetch import Fetched
from pydist.manifest.convert import Digest, doc
from pydist.policy.names import Flavour
from pydist.sources.http import shown

__all__ = ["ArchiveRow", "FetchReport", "report_of_fetch", "report_of_list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRow:
    """One archive of an index."""

    name: str = field(metadata=doc("The file's name."))
    version: str = field(metadata=doc("Version of Python."))
    build: str = field(metadata=doc("Release tag, or the moment it was built in old names; may be empty."))
    platform: str = field(metadata=doc("What it runs on, as its name spells it."))
    target: str | None = field(default=None, metadata=doc("The triple of that platform, where pydist knows it."))
    options: tuple[str, ...] = field(metadata=doc("Build options that the name says."))
    flavour: Flavour | None = field(default=None, metadata=doc("How much it has; absent for other things."))
    url: str = field(metadata=doc("Where it is, without a password."))
    sha256: Digest | None = field(default=None, metadata=doc("What the index or, after a fetch, the file says."))


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReport:
    """What an index has, or what was fetched."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    action: Literal["list", "fetch"] = field(metadata=doc("What was asked for."))
    index: str = field(default="", metadata=doc("Where was looked, without a password."))
    archives: tuple[ArchiveRow, ...] = field(metadata=doc("What was found, the best first, or the one fetched."))
    left_out: tuple[str, ...] = field(default=(), metadata=doc("list: what of the index was not believed, and why."))
    path: str | None = field(default=None, metadata=doc("fetch: where the archive is now."))
    verified: bool | None = field(default=None, metadata=doc("fetch: whether the index knew its digest."))
    cached: bool | None = field(default=None, metadata=doc("fetch: whether the store had it."))


def report_of_list(listing: Listing, entries: Iterable[Entry]) -> FetchReport:
    """The chosen `entries` of `listing`."""
    return FetchReport(action="list", index=listing.where, archives=tuple(_row(entry) for entry in entries),
                       left_out=tuple(map(str, listing.left_out)))  # fmt: skip


def report_of_fetch(index: str, fetched: Fetched) -> FetchReport:
    """The one archive that was fetched."""
    row = _row(fetched.entry, fetched.sha256)
    return FetchReport(action="fetch", index=shown(index), archives=(row,), path=str(fetched.path),
                       verified=fetched.verified, cached=fetched.cached)  # fmt: skip


def _row(entry: Entry, sha256: str | None = None) -> ArchiveRow:
    name = entry.name
    return ArchiveRow(
        name=str(name),
        version=entry.version,
        build=name.build,
        platform=name.platform,
        target=name.target.triple if name.target else None,
        options=name.options,
        flavour=name.content,
        url=shown(entry.url),
        sha256=sha256 or entry.sha256,
    )
