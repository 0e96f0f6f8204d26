"""What is not known of an adopted distribution, and what that costs: the rows of `absent.toml` that hold.

Invariant: every required key that was written without knowledge has a row in the report.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydist.adopt.describe import Tree, shows_api
from pydist.adopt.report import Absent
from pydist.manifest.model import Manifest
from pydist.manifest.versions import load_versions

__all__ = ["absent"]


def absent(tree: Tree, manifest: Manifest) -> tuple[Absent, ...]:
    """In the order of the table."""
    rows = _table()
    known = dict((*_of_build(tree, manifest), *_of_python(tree, manifest)))
    return tuple(
        Absent(key=key, why=known[key] or row["why"], cost=row.get("cost") or load_versions().keys[key].cost or "")
        for key, row in rows.items()
        if key in known
    )


def _of_build(tree: Tree, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Keys of build_info that are not known, with the reason where it is not always the same."""
    core, extensions = manifest.build_info.core, manifest.build_info.extensions
    if not core.objs:
        yield "build_info.core.objs", tree.objects.reason
        yield "build_info.inittab_object", ""
    if core.static_lib is None:
        yield "build_info.core.static_lib", ""
    if any(not item.objs and not item.in_core for variants in extensions.values() for item in variants):
        yield "build_info.extensions.*.objs", ""
    yield "build_info.extensions.*.links", ""
    if not any(item.licenses for variants in extensions.values() for item in variants):
        yield "build_info.extensions.*.licenses", ""
    if tree.inittab.made:
        yield "build_info.inittab_source", ""
    yield "build_info.inittab_cflags", ""
    yield "build/pydist.json", ""


def _of_python(tree: Tree, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """The same of what is outside of build_info."""
    if tree.compact is None and not {"pgo", "debug"} & set(manifest.build_options.split("+")):
        yield "build_options", ""
    if manifest.license_path is None:
        yield "license_path", ""
    elif manifest.licenses is None:
        yield "licenses", ""
    if "include" not in manifest.python_paths:
        yield "python_paths.include", ""
    if manifest.python_stdlib_platform_config is None:
        yield "python_stdlib_platform_config", ""
    if not shows_api(tree, manifest):
        yield "python_symbol_visibility", ""
    if "test" not in manifest.python_stdlib_test_packages:
        yield "run_tests", ""
    if "_tkinter" in manifest.build_info.extensions:
        yield "tcl_library_path", ""


@functools.cache
def _table() -> Mapping[str, Mapping[str, str]]:
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return {key: {"why": "", **row} for key, row in tomllib.loads(text).items()}
