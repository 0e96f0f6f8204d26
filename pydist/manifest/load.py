"""Bytes of a `PYTHON.json` to a `Manifest`.

Invariant: what is returned has exactly the keys and types of a known format version; whether they are true is for
`pydist.validate` to say. `load` takes version 8 only, `load_any` all versions and makes them one model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydist.errors import Fault, InputError
from pydist.manifest.convert import decode, loads, without_unknown
from pydist.manifest.model import Manifest
from pydist.manifest.quirks import EARLY_KEYS, Quirk, settle
from pydist.manifest.upgrade import Missing, Resolved, upgrade
from pydist.manifest.versions import NEWEST, document_class

__all__ = ["Loaded", "ManifestInvalid", "load", "load_any"]

_NUMBER = re.compile("0|[1-9][0-9]{0,3}")


class ManifestInvalid(InputError):
    """The document is not a manifest (or build record) of the expected form; `faults` lists everything wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A manifest of any version in the form of the newest.

    A required key of `manifest` that the document's `version` does not have, and that nothing in it stands for, has the
    empty value of its type and is named in `missing`: ask `knows` before an empty value is taken for an answer.
    `resolved` are keys that older ones were turned into, `quirks` the known oddities, set right where the table of
    quirks says so; one whose row says `absent` is one only where the archive has no such file, which is not known here.
    `ignored` are the places of keys of a version that is newer than all we know.
    """

    manifest: Manifest
    version: int
    missing: tuple[Missing, ...] = ()
    resolved: tuple[Resolved, ...] = ()
    quirks: tuple[Quirk, ...] = ()
    ignored: tuple[str, ...] = ()

    def knows(self, key: str) -> bool:
        """Whether the document says something at `key`: `crt_features`, `build_info.extensions.*.licenses`."""
        return all(item.key != key for item in self.missing)

    @property
    def lacks(self) -> frozenset[str]:
        """Keys that only newer versions of the format have, and that nothing stands for."""
        return frozenset(item.key for item in self.missing if item.since > self.version)


def load(data: bytes, where: str) -> Manifest:
    """Read a manifest of version 8, strictly and as it stands; `where` names it in messages.

    Raises `ManifestInvalid` with every fault and its place (`build_info.extensions._ssl[0].links[1].path_static`).
    """
    value = _parsed(data, where)
    version = value.get("version") if isinstance(value, dict) else None
    if isinstance(version, str) and version != "8":
        # The other keys differ by version: listing them as faults would hide the one cause.
        text = f"format version {version[:20]!r}; expected '8', the version of all archives published since 2024-09"
        raise ManifestInvalid(f"{where} has an unsupported format", [Fault(f"{where}: version", text)])
    return decode(Manifest, value, where, ManifestInvalid)


def load_any(data: bytes, where: str, *, lenient: bool = False) -> Loaded:
    """Read a manifest of any version; `where` names it in messages.

    With `lenient`, one of a version above 8 is read as 8 and keys that we do not know are `ignored`; versions up to 8
    are always read strictly, because all their keys are known. Raises `ManifestInvalid` with every fault and its place.
    """
    value = _parsed(data, where)
    version = _version(value, where)
    ignored: tuple[str, ...] = ()
    if version > NEWEST:
        if not lenient:
            text = f"format version {version}, newer than {NEWEST}, the newest that we know"
            raise ManifestInvalid(f"{where} has an unsupported format", [Fault(f"{where}: version", text)])
        value, ignored = without_unknown(Manifest, {**value, "version": str(NEWEST)})
    decode(document_class(min(version, NEWEST), early=True), value, where, ManifestInvalid)
    upgraded = upgrade(value, min(version, NEWEST))
    early = tuple(Quirk(EARLY_KEYS, key, "") for key in upgraded.too_early)
    quirks = (*settle(upgraded.document), *early)
    return Loaded(
        manifest=decode(Manifest, upgraded.document, where, ManifestInvalid),
        version=version,
        missing=upgraded.missing,
        resolved=upgraded.resolved,
        quirks=quirks,
        ignored=ignored,
    )


def _parsed(data: bytes, where: str) -> Any:
    try:
        return loads(data, where)
    except InputError as error:
        raise ManifestInvalid(f"{where} cannot be read", [Fault(where, error.message)]) from error


def _version(value: object, where: str) -> int:
    """The format version. Without a usable one, the faults are those of the newest."""
    version = value.get("version") if isinstance(value, dict) else None
    if isinstance(version, str) and _NUMBER.fullmatch(version):
        return int(version)
    if isinstance(version, str):
        text = f"format version {version[:20]!r}; expected a number from 0 to {NEWEST}, as text"
        raise ManifestInvalid(f"{where} has an unsupported format", [Fault(f"{where}: version", text)])
    return NEWEST
