"""What an index says of one archive, whichever format it has.

Invariant: an `Entry` has a name that cannot lead out of a folder, an address that may be read, and a digest of the
right form or none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote, urljoin, urlsplit

from packaging.version import Version

from pydist.errors import Fault, InputError
from pydist.policy.names import AssetName

__all__ = ["Entry", "Gathering", "Listing"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One archive. `version` is Python's, `url` http, https or file, `sha256` in hex or None where nobody said it."""

    name: AssetName
    version: str
    url: str
    sha256: str | None

    @cached_property
    def order(self) -> Version:
        """The version as one that can be compared."""
        return Version(self.version.removesuffix("+"))

    @property
    def words(self) -> frozenset[str]:
        """The options that the name says."""
        return frozenset(self.name.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The archives of an index. `left_out` says what of it was not understood or not believed, and why."""

    where: str
    entries: tuple[Entry, ...]
    left_out: tuple[Fault, ...]


@dataclass(slots=True)
class Gathering:
    """Entries on their way into a `Listing`; `where` is the address of the index, or `file:` of a local one."""

    where: str
    _entries: dict[str, Entry] = field(default_factory=dict)
    _faults: list[Fault] = field(default_factory=list)

    def add(self, place: str, *, url: object, sha256: object, version: str | None = None) -> None:
        """Check what stands at `place` of the index. `version` is needed where the name of the archive has none."""
        try:
            entry = self._entry(url, sha256, version)
            before = self._entries.setdefault(entry.url, entry)
            if before.sha256 != entry.sha256:
                del self._entries[entry.url]
                raise InputError(f"{entry.name} has two digests: {before.sha256} and {entry.sha256}")
        except InputError as error:
            self.leave_out(place, error.message)

    def leave_out(self, place: str, message: str) -> None:
        self._faults.append(Fault(place[:200], message))

    def listing(self, shown: str) -> Listing:
        """All that was believed. Raises `InputError` when that is nothing."""
        if not self._entries:
            raise InputError(f"{shown}: names no distribution of CPython", self._faults[:50])
        return Listing(where=shown, entries=tuple(self._entries.values()), left_out=tuple(self._faults))

    def _entry(self, url: object, sha256: object, version: str | None) -> Entry:
        if not isinstance(url, str):
            raise InputError(f"url: expected a string, found {url!r:.80}")
        if sha256 is not None and not (isinstance(sha256, str) and re.fullmatch(r"[0-9a-fA-F]{64}", sha256)):
            raise InputError(f"sha256: expected 64 hexadecimal digits, found {sha256!r:.80}")
        address = self._address(url)
        name = AssetName.parse(unquote(urlsplit(address).path.rpartition("/")[2]))
        known = name.version or version
        if known is None:
            raise InputError(f"{name}: neither its name nor the index says the version of Python")
        if version is not None and known != version:
            raise InputError(f"{name}: the index says that it is Python {version}")
        return Entry(name=name, version=known, url=address, sha256=sha256.lower() if sha256 else None)

    def _address(self, url: str) -> str:
        allowed = ("https", "http", "file") if self.where.startswith("file:") else ("https", "http")
        try:
            address = urljoin(self.where, url)
            place = urlsplit(address)
            good = place.scheme in allowed and (place.scheme == "file" or bool(place.hostname))
        except ValueError:
            good = False
        # An index from the network must not have files of this machine read.
        if not good or len(url) > 2000 or not url.isprintable():
            raise InputError(f"url: expected an address of {' or '.join(allowed)}, found {url!r:.200}")
        return address
