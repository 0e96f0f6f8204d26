"""A document of an older version in the form of the newest: keys that were renamed are moved, what was not stated is
left neutral, and the result says which was which.

Invariant: no value is invented. A required key gets its value from older keys that say the same, or it gets the empty
value of its type and stands in `missing`.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pydist.manifest.convert import fields_of, optional_of
from pydist.manifest.model import BuildInfo, ExtensionInfo, Manifest
from pydist.manifest.versions import NEWEST, Key, load_versions

__all__ = ["Missing", "Resolved", "Upgraded", "upgrade"]

_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:(a|b|rc)(\d{1,2}))?", re.ASCII)
_LEVELS = {"a": ("alpha", 0xA), "b": ("beta", 0xB), "rc": ("candidate", 0xC), None: ("final", 0xF)}
_EXTENSION = "build_info.extensions.*."


@dataclass(frozen=True, slots=True)
class Missing:
    """A key that is not there, the version that has it, and what cannot be said without it."""

    key: str
    since: int
    cost: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """A key that older keys stand for."""

    key: str
    made_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Upgraded:
    """`document` has the form of the newest version; `too_early` are keys that its own version does not have."""

    document: dict[str, Any]
    missing: tuple[Missing, ...]
    resolved: tuple[Resolved, ...]
    too_early: tuple[str, ...]


def upgrade(document: dict[str, Any], version: int) -> Upgraded:
    """Rewrite `document`, which has been checked to have the form of `version`; it is changed."""
    table = load_versions()
    stated = {key for key, value in document.items() if value is not None}
    too_early = tuple(_too_early(document, version))
    for row in table.retired.values():
        if row.name in stated and row.since > version:
            too_early = (*too_early, row.name)
    resolved = [Resolved(key, table.keys[key].made_of) for key in _resolve(document, version)]
    document["version"] = str(NEWEST)
    for name in table.retired:
        document.pop(name, None)
    done = {item.key for item in resolved}
    absent = [
        Missing(key.name, key.since, key.cost)
        for key in table.keys.values()
        if key.cost and key.name not in done and _is_missing(key, document, version)
    ]
    _fill(document, Manifest)
    _fill(document["build_info"], BuildInfo)
    for variants in document["build_info"]["extensions"].values():
        for item in variants:
            _fill(item, ExtensionInfo)
    return Upgraded(document, tuple(absent), tuple(resolved), too_early)


def _too_early(document: dict[str, Any], version: int) -> Iterator[str]:
    for key in load_versions().keys.values():
        if key.since > version and any(value is not None for value in _values(document, key.name)):
            yield key.name


def _is_missing(key: Key, document: dict[str, Any], version: int) -> bool:
    triple = document.get("target_triple")
    if triple and not any(fnmatchcase(triple, pattern) for pattern in key.targets):
        return False
    if key.module is not None and key.module not in document["build_info"]["extensions"]:
        return False
    if key.name.startswith(_EXTENSION):
        # Absent in a version that has the key means: none known. It is a fact about the module and nothing is missing.
        return key.since > version and not any(value is not None for value in _values(document, key.name))
    return all(value is None or (key.empty and value == "") for value in _values(document, key.name))


def _values(document: dict[str, Any], key: str) -> Iterator[Any]:
    """The values that stand at `key`; nothing where the objects it is in have no such key."""
    if key.startswith(_EXTENSION):
        name = key.removeprefix(_EXTENSION)
        for variants in document["build_info"]["extensions"].values():
            yield from (item[name] for item in variants if name in item)
        return
    value: Any = document
    for part in key.split("."):
        if part not in value:
            return
        value = value[part]
    yield value


def _resolve(document: dict[str, Any], version: int) -> list[str]:
    """Fill in what older keys say; the keys that were filled in."""
    made: list[str] = []
    for key, make in _MAKERS.items():
        if load_versions().keys[key].since > version and document.get(key) is None:
            value = make(document)
            if value is not None:
                document[key] = value
                made.append(key)
    return made


def _triple(document: Mapping[str, Any]) -> str | None:
    return load_versions().platforms.get(f"{document.get('os')} {document.get('arch')}")


def _paths(document: Mapping[str, Any]) -> dict[str, str] | None:
    pairs = {"include": document.get("python_include"), "stdlib": document.get("python_stdlib")}
    return {name: path for name, path in pairs.items() if path is not None} or None


def _release(document: Mapping[str, Any]) -> tuple[int, int, int, tuple[str, int], int] | None:
    match = _VERSION.fullmatch(document["python_version"])
    if match is None:
        return None
    major, minor, micro = map(int, match.groups()[:3])
    return (major, minor, micro, _LEVELS[match[4]], int(match[5] or 0)) if max(major, minor, micro) < 256 else None


def _from_release(make: Callable[[int, int, int, tuple[str, int], int], Any]) -> Callable[[Mapping[str, Any]], Any]:
    def made(document: Mapping[str, Any]) -> Any:
        release = _release(document)
        return None if release is None or document.get("python_flavor") != "cpython" else make(*release)

    return made


# In this order: what stands below may be made of what stands above.
_MAKERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "target_triple": _triple,
    "build_options": lambda document: document.get("optimizations"),
    "libpython_link_mode": lambda document: document.get("link_mode"),
    "python_paths": _paths,
    "python_implementation_name": lambda document: document.get("python_flavor"),
    "python_tag": _from_release(lambda major, minor, *_: f"cp{major}{minor}"),
    "python_implementation_cache_tag": _from_release(lambda major, minor, *_: f"cpython-{major}{minor}"),
    "python_major_minor_version": _from_release(lambda major, minor, *_: f"{major}.{minor}"),
    "python_implementation_version": _from_release(
        lambda major, minor, micro, level, serial: [str(major), str(minor), str(micro), level[0], str(serial)]
    ),
    "python_implementation_hex_version": _from_release(
        lambda major, minor, micro, level, serial: major << 24 | minor << 16 | micro << 8 | level[1] << 4 | serial
    ),
}


def _fill(document: dict[str, Any], kind: type) -> None:
    """Give required keys that are not there the empty value of their type."""
    for name, (annotation, required, _) in fields_of(kind).items():
        if required and name not in document:
            document[name] = _empty(annotation)


def _empty(annotation: Any) -> Any:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is tuple:
        return [] if arguments[-1] is Ellipsis else [_empty(item) for item in arguments]
    if origin is Mapping:
        return {}
    return {int: 0, bool: False}.get(optional_of(annotation) or annotation, "")
