"""The versions of the format: the table `versions.toml` with types, and one class of documents for each version.

Invariant: the class of version 8 is `Manifest` itself; those of older versions are made from it and the table, so a key
and its meaning are written down once.
"""

from __future__ import annotations

import dataclasses
import functools
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydist.manifest.convert import doc, fields_of, optional_of
from pydist.manifest.model import Manifest

__all__ = ["NEWEST", "Key", "Retired", "Version", "Versions", "document_class", "load_versions"]

NEWEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """`early` is the newest version whose keys archives of this one may carry, because a number was not raised."""

    number: int
    since: str
    archives: str
    what: str
    early: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that came after version 0; `cost` is None where it is optional by nature and nothing is lost. `empty`: an
    empty value says that it is not known."""

    name: str
    since: int
    cost: str | None
    made_of: tuple[str, ...]
    targets: tuple[str, ...]
    module: str | None
    empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A key, a text, that was there in versions `since` to `until`."""

    name: str
    since: int
    until: int
    into: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """The whole table. `platforms` is the triple by `os arch`."""

    versions: Mapping[int, Version]
    keys: Mapping[str, Key]
    retired: Mapping[str, Retired]
    platforms: Mapping[str, str]


@functools.cache
def load_versions() -> Versions:
    """The table of `versions.toml`."""
    table = tomllib.loads(Path(__file__).with_name("versions.toml").read_text(encoding="utf-8"))
    versions = {
        int(number): Version(number=int(number), **{"early": int(number), **row})
        for number, row in table["versions"].items()
    }
    keys = {
        name: Key(
            name=name,
            since=row["since"],
            cost=row.get("cost"),
            made_of=tuple(row.get("from", ())),
            targets=tuple(row.get("targets", ("*",))),
            module=row.get("module"),
            empty=row.get("empty", False),
        )
        for name, row in table["keys"].items()
    }
    retired = {
        name: Retired(name=name, **{**row, "into": tuple(row["into"])}) for name, row in table["retired"].items()
    }
    return Versions(versions=versions, keys=keys, retired=retired, platforms=table["platforms"])


@functools.cache
def document_class(version: int, early: bool = False) -> type:
    """The class of documents of `version`, 0 to 8; with `early` it takes the keys that some archives carried too soon.

    It is a frozen dataclass for `pydist.manifest.convert.decode` and `pydist.manifest.schema.schema_of`.
    """
    return Manifest if version == NEWEST else _made(Manifest, "", version, early)


def _made(kind: type, prefix: str, version: int, early: bool) -> type:
    """`kind` with the keys of `version`; `prefix` is its place in the document, with a dot behind."""
    table = load_versions()
    newest = table.versions[version].early if early else version
    fields: list[tuple[str, Any, Any]] = []
    for name, (annotation, required, description) in fields_of(kind).items():
        place = f"{prefix}{name}"
        since = table.keys[place].since if place in table.keys else 0
        if since <= newest:
            inner = Literal[str(version)] if place == "version" else _inside(annotation, place, version, early)
            fields.append(_field(name, inner, required and since <= version, description))
    for row in table.retired.values() if not prefix else ():
        if row.since <= newest and version <= row.until:
            fields.append(_field(row.name, str, row.since <= version, row.what))
    namespace = {"__doc__": kind.__doc__}
    return dataclasses.make_dataclass(kind.__name__, fields, namespace=namespace, frozen=True, slots=True, kw_only=True)


def _field(name: str, annotation: Any, required: bool, description: str) -> tuple[str, Any, Any]:
    if required:
        return name, annotation, dataclasses.field(metadata=doc(description))
    optional = annotation if optional_of(annotation) is not None else annotation | None
    return name, optional, dataclasses.field(default=None, metadata=doc(description))


def _inside(annotation: Any, place: str, version: int, early: bool) -> Any:
    """`annotation` with the classes inside it made for `version`."""
    if dataclasses.is_dataclass(annotation):
        return _made(typing.cast("type", annotation), f"{place}.", version, early)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple[_inside(arguments[0], place, version, early), ...]  # type: ignore[misc]
    if origin is Mapping:
        return Mapping[str, _inside(arguments[1], f"{place}.*", version, early)]  # type: ignore[misc]
    return annotation
