"""What the result says of itself: manifests and records without what was left out.

Invariant: where nothing is left out and nothing changed, documents keep their bytes; a manifest never names a file that
is not there because of us.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydist.errors import Fault, InputError
from pydist.manifest.compact import COMPACT, Compact, compact, dump_compact
from pydist.manifest.record import FileRecord, dump_record
from pydist.policy.categories import categories
from pydist.repack.details import details
from pydist.repack.plan import Plan, dropped
from pydist.repack.profile import Form
from pydist.repack.tree import MANIFEST, RECORD, Tree

__all__ = ["Content", "about", "documents"]


@dataclass(frozen=True, slots=True)
class Content:
    """What a file of the result has in it."""

    sha256: str
    size: int
    mode: int


def documents(tree: Tree, plan: Plan, contents: Mapping[str, Content]) -> Mapping[str, bytes]:
    """The documents that are written anew, by their names in the result; `contents` are its files by name.

    Raises `InputError` when the manifest cannot do without something that is left out.
    """
    if plan.profile.form is Form.INSTALLED:
        made = about(tree, plan)
        return dict(details(tree, plan)) | ({} if made is None else {COMPACT: dump_compact(made)})
    fresh: dict[str, bytes] = {}
    kept = plan.kept
    gone = dropped(tree, kept)
    if gone and tree.manifest is not None:
        fresh[MANIFEST] = _pruned(tree.manifest, _Gone(gone))
    if tree.record is not None:
        known = (*tree.record.files, *tree.record.links)
        files = {name: FileRecord(sha256=item.sha256, size=item.size, mode=item.mode)
                 for name in tree.record.files if (item := contents.get(name)) is not None}  # fmt: skip
        links = {name: text for name, text in tree.record.links.items() if name in kept}
        if gone.intersection(known) or files != tree.record.files:
            fresh[RECORD] = dump_record(replace(tree.record, files=files, links=links))
    return fresh


def about(tree: Tree, plan: Plan) -> Compact | None:
    """What the result says of itself as an installed tree; None where nothing is known of the input."""
    kept = plan.kept
    if tree.loaded is not None and tree.manifest is not None:
        made = compact(tree.loaded, tree.manifest, tree.record, kept.get)
    elif tree.compact is not None:
        there = {name: item for name, item in tree.compact.extensions.items()
                 if item.shared_lib is None or item.shared_lib in kept}  # fmt: skip
        made = replace(tree.compact, extensions=there)
    else:
        return None
    left_out = {*plan.left_out, *made.left_out}
    ordered = (*(name for name in categories() if name in left_out), *sorted(left_out - set(categories())))
    return replace(made, left_out=ordered, stripped=made.stripped or plan.profile.strip)


@dataclass(frozen=True, slots=True)
class _Gone:
    """What is left out: files, and folders all of whose files are."""

    names: frozenset[str]
    faults: list[Fault] = field(default_factory=list)

    def __call__(self, path: object) -> bool:
        return isinstance(path, str) and path.rstrip("/") in self.names


def _pruned(data: bytes, gone: _Gone) -> bytes:
    value = json.loads(data)
    _without(value, gone, ("license_path", "python_stdlib_platform_config"))
    _tcl(value, gone)
    library = value.get("python_paths", {}).get("stdlib") or value.get("python_stdlib") or ""
    packages = value.get("python_stdlib_test_packages")
    if isinstance(packages, list) and library:
        value["python_stdlib_test_packages"] = [
            name for name in packages if not gone(posixpath.join(library, name.replace(".", "/")))
        ]
    parts = value.get("build_info", {})
    _without(parts.get("core", {}), gone, ("shared_lib", "static_lib"))
    for name, variants in list(parts.get("extensions", {}).items()):
        left = [item for item in variants if not gone(item.get("shared_lib"))]
        parts["extensions"][name] = left
        if not left:
            del parts["extensions"][name]
    _named({**value, "python_paths": {}}, "", gone)
    if gone.faults:
        raise InputError("the manifest of a full archive names what is to be left out", gone.faults)
    return (json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _tcl(value: dict[str, Any], gone: Callable[[object], bool]) -> None:
    folder, paths = value.get("tcl_library_path"), value.get("tcl_library_paths")
    if isinstance(folder, str) and isinstance(paths, list):
        left = [path for path in paths if not gone(posixpath.join(folder, path))]
        value["tcl_library_paths"] = left
        if paths and not left:
            del value["tcl_library_path"], value["tcl_library_paths"]


def _without(value: dict[str, Any], gone: Callable[[object], bool], keys: tuple[str, ...]) -> None:
    for key in keys:
        if gone(value.get(key)):
            del value[key]


def _named(value: object, place: str, gone: _Gone) -> None:
    """Gather the places of all texts that name what is gone."""
    if isinstance(value, dict):
        for key, item in value.items():
            _named(item, f"{place}.{key}" if place else key, gone)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _named(item, f"{place}[{number}]", gone)
    elif isinstance(value, str) and value.startswith(("build/", "install/", "licenses/")) and gone(value):
        gone.faults.append(Fault(place, value))
