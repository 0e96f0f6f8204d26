"""The rule that every path in PYTHON.json leads to what it says (`manifest.path`)."""

from __future__ import annotations

from collections.abc import Iterator

from pydist.archive.paths import shown
from pydist.manifest.model import CoreInfo, ExtensionInfo, Manifest
from pydist.validate.facts import Facts
from pydist.validate.report import Finding, found

__all__ = ["judge", "named_paths"]

_FOLDERS = ("python_paths", "python_stdlib_platform_config", "tcl_library")


def judge(facts: Facts) -> Iterator[Finding]:
    """Every path that leads nowhere, and a program that is not executable."""
    manifest = facts.manifest
    if manifest is None or facts.damage is not None:
        return  # what is missing behind the damage says nothing about the manifest
    for place, path in named_paths(manifest):
        real = facts.resolve(path.rstrip("/"))
        if place.startswith(_FOLDERS):
            good, kind = real in facts.folders, "folder"
        else:
            good, kind = real in facts.files, "file"
        if not good:
            yield found("manifest.path", place, f"there is no {kind} {shown(path)}")
    program = facts.files.get(facts.resolve(manifest.python_exe))
    windows = manifest.python_exe.endswith(".exe")
    if program is not None and not windows and not program.mode & 0o100:
        yield found("manifest.path", "python_exe", f"{shown(manifest.python_exe)} is not executable")


def named_paths(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Every path in the manifest with its place."""
    single = ("python_exe", "python_stdlib_platform_config", "run_tests", "license_path", "tcl_library_path")
    for key in single:
        if (value := getattr(manifest, key)) is not None:
            yield key, value
    for name, path in manifest.python_paths.items():
        yield f"python_paths.{name[:80]}", path
    if manifest.tcl_library_path is not None:
        for index, path in enumerate(manifest.tcl_library_paths or ()):
            yield f"tcl_library_paths[{index}]", f"{manifest.tcl_library_path}/{path}"
    build = manifest.build_info
    if build.inittab_object or build.core.objs:  # without objects there is none that could be named
        yield "build_info.inittab_object", build.inittab_object
    yield "build_info.inittab_source", build.inittab_source
    yield from _linked("build_info.core", build.core)
    for name, variants in build.extensions.items():
        for index, item in enumerate(variants):
            place = f"build_info.extensions.{name[:80]}[{index}]"
            yield from _linked(place, item)
            for number, path in enumerate(item.license_paths or ()):
                yield f"{place}.license_paths[{number}]", path


def _linked(place: str, part: CoreInfo | ExtensionInfo) -> Iterator[tuple[str, str]]:
    for index, path in enumerate(part.objs):
        yield f"{place}.objs[{index}]", path
    for index, link in enumerate(part.links):
        for key in ("path_static", "path_dynamic"):
            if value := getattr(link, key):
                yield f"{place}.links[{index}].{key}", value
    for key, library in (("shared_lib", part.shared_lib), ("static_lib", part.static_lib)):
        if library is not None:
            yield f"{place}.{key}", library
