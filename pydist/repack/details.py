"""`build-details.json` without what was left out.

Source: PEP 739. Its sections and paths other than the interpreter's are optional, but one that is there names a file.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from typing import Any

from pydist.repack.plan import Plan, dropped
from pydist.repack.tree import Tree

__all__ = ["details"]

_PATHS = {"libpython": ("dynamic", "dynamic_stableabi", "static"), "c_api": ("headers", "pkgconfig_path")}
_NEEDED = {"c_api": "headers"}  # a section says nothing without it


def details(tree: Tree, plan: Plan) -> Iterator[tuple[str, bytes]]:
    """The files that name what goes, by their names in the result; what PEP 739 does not know stays as it is."""
    kept = plan.kept
    gone = dropped(tree, kept)
    for source, name in kept.items():
        if posixpath.basename(source) != "build-details.json" or tree.nodes[source].link is not None:
            continue
        try:
            value = json.loads((tree.root / source).read_bytes())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and isinstance(root := value.get("base_prefix"), str):
            prefix = posixpath.join(posixpath.dirname(source), root)
            if _without(value, prefix, gone):
                yield name, (json.dumps(value, indent=2) + "\n").encode()


def _without(value: dict[str, Any], prefix: str, gone: frozenset[str]) -> bool:
    """Take out of `value` the paths below `prefix` that are `gone`, and say whether there were any."""
    found = False
    for section, keys in _PATHS.items():
        holder = value.get(section)
        if not isinstance(holder, dict):
            continue
        for key in keys:
            path = holder.get(key)
            if isinstance(path, str) and posixpath.normpath(posixpath.join(prefix, path)) in gone:
                del holder[key]
                found = True
                if key == _NEEDED.get(section):
                    del value[section]
                    break
    return found
