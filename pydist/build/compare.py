"""Two distributions, name by name: what differs. Pure: it judges inventories, and opens nothing.

Invariant: no difference is left out; the order is that of names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydist.archive.entry import Kind
from pydist.build.inventory import Item
from pydist.manifest.convert import doc
from pydist.manifest.record import BuildRecord

__all__ = ["FileDifference", "InputDifference", "compare", "compare_inputs", "compare_packing"]

Change = Literal["missing", "extra", "kind", "link", "mode", "bytes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDifference:
    """One name that is not the same in both. `first` and `second` are the things compared."""

    path: str = field(metadata=doc("Path below python/."))
    change: Change = field(metadata=doc("What differs; `missing`: in the first only, `extra`: in the second only."))
    first: str | None = field(default=None, metadata=doc("What the first has: a size and digest, a mode, a link."))
    second: str | None = field(default=None, metadata=doc("What the second has."))
    origin: str | None = field(default=None, metadata=doc("What the file is made from, where that is known."))
    details: tuple[str, ...] = field(default=(), metadata=doc("How the bytes differ."))


@dataclass(frozen=True, slots=True, kw_only=True)
class InputDifference:
    """One input of the build that is not the same in both."""

    kind: str = field(metadata=doc("toolchain, tool, source, patch, recipe, flags, profile, request or key."))
    name: str = field(metadata=doc("Which one."))
    first: str | None = field(default=None, metadata=doc("What the first was made with."))
    second: str | None = field(default=None, metadata=doc("What the second was made with."))


def compare(first: Mapping[str, Item], second: Mapping[str, Item]) -> list[FileDifference]:
    """Every difference in names, kinds, links, modes and bytes."""
    found = []
    for path in sorted(first.keys() | second.keys()):
        one, other = first.get(path), second.get(path)
        if one and other:
            found += _differences(path, one, other)
        elif one:
            found.append(FileDifference(path=path, change="missing", first=_shown(one)))
        elif other:
            found.append(FileDifference(path=path, change="extra", second=_shown(other)))
    return found


def compare_packing(first: Mapping[str, Item], second: Mapping[str, Item]) -> list[str]:
    """What differs between two archives of one tree beside the tree, in words; empty: only the compression."""
    found = []
    moved = [path for path in first.keys() & second.keys() if first[path].mtime != second[path].mtime]
    if moved:
        path = min(moved)
        times = f"{first[path].mtime} and {second[path].mtime}"
        found.append(f"times of {len(moved)} members, such as {path}: {times} seconds since 1970")
    common = first.keys() & second.keys()
    if sorted(common, key=lambda path: first[path].place) != sorted(common, key=lambda path: second[path].place):
        found.append("order of the members")
    return found


def compare_inputs(first: BuildRecord, second: BuildRecord) -> list[InputDifference]:
    """What the two builds were not made from alike: causes first, the digests that follow from them last."""
    rows: list[tuple[str, Mapping[str, str], Mapping[str, str]]] = [
        (kind, one, other)
        for kind, one, other in zip(_KINDS, _inputs(first), _inputs(second), strict=True)
        # Records of older builders lack some; what is not known is no difference.
        if (one and other) or kind not in ("recipe", "tool")
    ]
    found = []
    for kind, one, other in rows:
        for name in sorted(one.keys() | other.keys()):
            if one.get(name) != other.get(name):
                found.append(InputDifference(kind=kind, name=name, first=one.get(name), second=other.get(name)))
    return found


_KINDS = ("request", "toolchain", "tool", "source", "patch", "recipe", "profile", "flags", "key")


def _inputs(record: BuildRecord) -> tuple[Mapping[str, str], ...]:
    """The inputs of a build as texts by name, one mapping for each of `_KINDS`."""
    return (
        {"python": record.python_version, "target": record.target_triple, "options": record.options},
        {record.toolchain.name: f"{record.toolchain.version}, sha256 {record.toolchain.digest}"},
        record.tools,
        {source.name: f"{source.version}, {source.filename or 'own'}, sha256 {source.sha256}"
         for source in record.sources},
        {f"{patch.component}: {patch.name}": f"sha256 {patch.sha256}" for patch in record.patches},
        {source.name: f"sha256 {source.recipe}" for source in record.sources if source.recipe},
        {"profile": record.profile} if record.profile else {},
        {name: " ".join(words) for name, words in record.flags.items()},
        record.keys,
    )  # fmt: skip


def _differences(path: str, one: Item, other: Item) -> list[FileDifference]:
    if one.kind is not other.kind:
        return [FileDifference(path=path, change="kind", first=str(one.kind), second=str(other.kind))]
    if one.link != other.link:
        return [FileDifference(path=path, change="link", first=one.link, second=other.link)]
    found = []
    # The mode of a symbolic link means nothing on Linux.
    if one.mode != other.mode and one.kind is Kind.FILE:
        found.append(FileDifference(path=path, change="mode", first=f"{one.mode:04o}", second=f"{other.mode:04o}"))
    if one.sha256 != other.sha256:
        found.append(FileDifference(path=path, change="bytes", first=_shown(one), second=_shown(other)))
    return found


def _shown(item: Item) -> str:
    return f"{item.size} bytes, sha256 {item.sha256}" if item.kind is Kind.FILE else f"{item.kind} {item.link}".strip()
